/**
 * Ends the call of an element that left the page.
 *
 * Owns: how long an element may be out of the page. A move can take several tasks: Turbo, morphing routers and portals take the
 * element out of one tree and put it into the next one later. Does not own: the end of the page itself, at which the session hangs up.
 */
import type { CallKeeper } from './host.js';

/** Milliseconds out of the page after which the call ends; the attribute `removal-delay` changes it. */
const REMOVAL_DELAY = 400;

/** Watches the element for as long as it exists. */
export function endOnRemoval(calls: CallKeeper): void {
  const { host } = calls;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // The document of an iframe or a closed window keeps its elements, which stay connected to it.
  const isInPage = (): boolean => host.isConnected && host.ownerDocument.defaultView !== null;
  const leave = (): void => {
    clearTimeout(timer);
    const delay = Number.parseFloat(host.getAttribute('removal-delay') ?? '');
    timer = setTimeout(() => isInPage() || void calls.close('removed'), delay >= 0 ? delay : REMOVAL_DELAY);
  };
  const hostConnected = (): void => {
    const { defaultView } = host.ownerDocument;
    if (defaultView !== window) defaultView?.addEventListener('pagehide', leave);
  };
  host.addController({ hostConnected, hostDisconnected: leave });
  // Removed while the code was loading.
  if (host.hasUpdated && !isInPage()) leave();
}

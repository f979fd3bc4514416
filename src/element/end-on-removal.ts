/**
 * Ends the call of an element that was removed from the page.
 *
 * Owns: how long an element may be detached. A move can take several tasks: Turbo, morphing routers and portals remove the
 * element from one tree and insert it into another one later. Does not own: the end of the page itself, when the session hangs up.
 */
import type { CallKeeper } from './host.js';

/** Milliseconds after removal until the call ends; the attribute `removal-delay` overrides it. */
const REMOVAL_DELAY = 400;

/** Watches the element for its whole lifetime. */
export function endOnRemoval(calls: CallKeeper): void {
  const { host } = calls;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // Elements stay connected to the document of a removed iframe or a closed window.
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

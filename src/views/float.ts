/** Keeps a floating launcher or panel in the browser's top layer, where no ancestor or other layer of the page can clip or cover it. */
import type { LitElement } from 'lit';
import type { Placement } from '../contract/index.js';

/**
 * The popover is manual: only the widget opens and closes it. Browsers without popovers use `position: fixed`. Moving an element in the
 * document closes its popover, so it is shown again on each connection. The top layer is a stack: the view moves to its top when it
 * starts to be rendered (an ancestor dialog was opened) and when an ancestor becomes fullscreen. Other modal dialogs and
 * fullscreen elements make it inert, which a popover cannot change.
 */
export function float(view: LitElement & { readonly placement: Placement }): void {
  const show = (): void => {
    const floats = view.placement !== 'inline';
    view.popover = floats ? 'manual' : null;
    // In a document without a window, `togglePopover()` throws.
    if (floats && view.isConnected && view.ownerDocument.defaultView) (view as Partial<HTMLElement>).togglePopover?.(true);
  };
  const raise = (): void => {
    view.popover = null;
    show();
  };
  const onFullscreen = ({ target }: Event): void => {
    if ((target as Node).contains((view.getRootNode() as ShadowRoot).host)) raise();
  };
  // The DOM of a test tool may have no layout.
  if (globalThis.IntersectionObserver) new IntersectionObserver(raise).observe(view);
  view.addController({
    hostConnected: () => {
      show();
      document.addEventListener('fullscreenchange', onFullscreen);
    },
    hostDisconnected: () => document.removeEventListener('fullscreenchange', onFullscreen),
    hostUpdated: show,
  });
}

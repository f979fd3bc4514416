/** Keeps a floating launcher or panel in the browser's top layer, where no ancestor and no layer of the page reaches it. */
import type { LitElement } from 'lit';
import type { Placement } from '../contract/index.js';

/**
 * The popover is manual: only the widget opens and closes it. Browsers without popovers use `position: fixed`. A move in the
 * document closes a popover, so each connection shows it again. The top layer is a stack: the view goes to its top when it
 * starts to be rendered (a dialog around it was opened) and when an element around it takes the whole screen. Modal dialogs and
 * fullscreen elements that are not around it make it inert, which no popover can change.
 */
export function float(view: LitElement & { readonly placement: Placement }): void {
  const show = (): void => {
    const floats = view.placement !== 'inline';
    view.popover = floats ? 'manual' : null;
    // A document without a window shows nothing, and refuses.
    if (floats && view.isConnected && view.ownerDocument.defaultView) (view as Partial<HTMLElement>).togglePopover?.(true);
  };
  const raise = (): void => {
    view.popover = null;
    show();
  };
  const onFullscreen = ({ target }: Event): void => {
    if ((target as Node).contains((view.getRootNode() as ShadowRoot).host)) raise();
  };
  // The DOM of a test may have no layout.
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

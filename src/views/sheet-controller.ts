/**
 * A floating panel on a small screen: a full sheet, and therefore modal, so that focus stays inside and the page behind it is inert.
 * Owns when the panel's `<dialog>` is modal, and the space for an on-screen keyboard. Does not own closing the panel.
 */
import type { LitElement, ReactiveController } from 'lit';
import { sheetScreens } from './panel-styles.js';

/** Sets `--_top` and `--_keyboard` on its view: the hidden parts of the layout viewport. */
export class SheetController implements ReactiveController {
  readonly #view: LitElement;
  #media: MediaQueryList | undefined;
  #viewport: VisualViewport | null | undefined;
  /** Whether the view is rendered: a modal dialog that the page hides would still make the page inert. */
  #shown = false;

  constructor(view: LitElement) {
    this.#view = view;
    view.addController(this);
    const look = (entries: IntersectionObserverEntry[]): void => {
      this.#shown = entries.at(-1)?.isIntersecting ?? false;
      this.hostUpdated();
    };
    // The DOM of a test tool may have no layout.
    if (globalThis.IntersectionObserver) new IntersectionObserver(look).observe(view);
  }

  hostConnected(): void {
    const page = this.#view.ownerDocument.defaultView;
    this.#media = page?.matchMedia?.(sheetScreens.cssText);
    this.#media?.addEventListener('change', this.#follow);
    this.#viewport = page?.visualViewport;
    for (const type of ['resize', 'scroll']) this.#viewport?.addEventListener(type, this.#makeRoom);
    this.#makeRoom();
  }

  hostDisconnected(): void {
    this.#media?.removeEventListener('change', this.#follow);
    for (const type of ['resize', 'scroll']) this.#viewport?.removeEventListener(type, this.#makeRoom);
    this.#shown = false;
  }

  hostUpdated(): void {
    const view = this.#view;
    const dialog = view.renderRoot.querySelector('dialog');
    const modal = this.#shown && !!this.#media?.matches;
    if (!dialog || !view.isConnected || (dialog.open && dialog.matches(':modal') === modal)) return;
    // Closing and showing a dialog moves the focus, which has to stay where it is: on a button of the panel, or in the field.
    const { activeElement } = view.getRootNode() as ShadowRoot;
    const focused = ((view.renderRoot as ShadowRoot).activeElement ?? (view.contains(activeElement) && activeElement)) as
      HTMLElement | false;
    if (dialog.open) dialog.close();
    if (modal) dialog.showModal();
    else dialog.setAttribute('open', '');
    if (focused || modal) (focused || dialog).focus({ preventScroll: true });
  }

  readonly #follow = (): void => this.hostUpdated();

  /** Ignores pinch zoom, where hidden parts are the visitor's choice. */
  readonly #makeRoom = (): void => {
    const viewport = this.#viewport;
    if (!viewport || viewport.scale > 1.01) return;
    const { offsetTop, height } = viewport;
    const hidden = this.#view.ownerDocument.documentElement.clientHeight - offsetTop - height;
    this.#view.style.setProperty('--_top', `${String(Math.max(0, offsetTop))}px`);
    this.#view.style.setProperty('--_keyboard', `${String(Math.max(0, hidden))}px`);
  };
}

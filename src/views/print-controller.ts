/** Reports to its view while the page is printed. Owns the listeners; what the view then shows is the view's own. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/**
 * `beforeprint` comes before the browser lays out the pages, `afterprint` after; the media query covers print previews of
 * developer tools. `changed` has to update the view before it returns.
 */
export class PrintController implements ReactiveController {
  /** True while the page is printed. */
  printing = false;
  readonly #changed: () => void;
  /** The DOM of a test may have no media queries. */
  readonly #media = globalThis.matchMedia?.('print') ?? (new EventTarget() as MediaQueryList);

  constructor(host: ReactiveControllerHost, changed: () => void) {
    this.#changed = changed;
    host.addController(this);
  }

  hostConnected(): void {
    addEventListener('beforeprint', this.#begin);
    addEventListener('afterprint', this.#follow);
    this.#media.addEventListener('change', this.#follow);
    this.printing = this.#media.matches;
  }

  hostDisconnected(): void {
    removeEventListener('beforeprint', this.#begin);
    removeEventListener('afterprint', this.#follow);
    this.#media.removeEventListener('change', this.#follow);
  }

  readonly #begin = (): void => this.#set(true);
  readonly #follow = (): void => this.#set(this.#media.matches);

  #set(printing: boolean): void {
    if (printing === this.printing) return;
    this.printing = printing;
    this.#changed();
  }
}

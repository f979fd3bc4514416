/** Notifies its view when the page is printed. Owns the listeners; the view decides what it shows then. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/**
 * `beforeprint` fires before the browser lays out the pages, `afterprint` afterwards; the media query covers print emulation in
 * developer tools. `changed` must update the view synchronously.
 */
export class PrintController implements ReactiveController {
  /** True while the page is being printed. */
  printing = false;
  readonly #changed: () => void;
  /** The DOM of a test tool may have no media queries. */
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

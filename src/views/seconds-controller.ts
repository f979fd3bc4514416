import type { ReactiveController, ReactiveControllerHost } from 'lit';

/**
 * Asks its view for an update at the next full second, as long as the view says that a clock is on show. Owns one timer;
 * there is none while nothing ticks, while the document is hidden, or once the view has left the page.
 */
export class SecondsController implements ReactiveController {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #host: ReactiveControllerHost;
  readonly #anchor: () => number | undefined;

  /** `anchor`: the moment (`performance.now()`) from which or to which full seconds are counted, or nothing. */
  constructor(host: ReactiveControllerHost, anchor: () => number | undefined) {
    this.#host = host;
    this.#anchor = anchor;
    host.addController(this);
  }

  readonly #tick = (): void => this.#host.requestUpdate();

  hostConnected(): void {
    document.addEventListener('visibilitychange', this.#tick);
    this.#tick();
  }

  hostDisconnected(): void {
    document.removeEventListener('visibilitychange', this.#tick);
    clearTimeout(this.#timer);
  }

  hostUpdated(): void {
    clearTimeout(this.#timer);
    const anchor = this.#anchor();
    if (anchor === undefined || document.hidden) return;
    const past = (((performance.now() - anchor) % 1000) + 1000) % 1000;
    this.#timer = setTimeout(this.#tick, 1001 - past);
  }
}

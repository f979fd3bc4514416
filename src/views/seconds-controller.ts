import type { ReactiveController, ReactiveControllerHost } from 'lit';

/**
 * Requests an update of its view every full second while the view shows a clock. Owns one timer;
 * there is none while nothing ticks, while the document is hidden, or once the view is disconnected.
 */
export class SecondsController implements ReactiveController {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #host: ReactiveControllerHost;
  readonly #anchor: () => number | undefined;

  /** `anchor`: the time (`performance.now()`) from or to which full seconds are counted; `undefined` if nothing ticks. */
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

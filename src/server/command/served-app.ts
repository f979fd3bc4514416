/**
 * The app that serves requests. A reload replaces it between two requests, without closing a connection: requests in progress and live
 * calls stay with the app that accepted them, and its settings.
 */
import type { Clock } from '../contract/clock.js';
import type { Operator } from '../contract/operator.js';
import type { VoiceServer } from '../index.js';

/** Milliseconds after which a replaced app has no calls: the longest call, and the time to place and settle it. */
const LONGEST_CALL = 3_600_000 + 300_000;

/** See the head of the file. */
export class ServedApp {
  /** Resolves when there is an app. */
  readonly opened: Promise<VoiceServer>;
  readonly #clock: Clock;
  readonly #replaced = new Set<VoiceServer>();
  #resolveOpened = (_: VoiceServer): void => undefined;
  #current: VoiceServer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.opened = new Promise((resolve) => (this.#resolveOpened = resolve));
  }

  /** Sets the first app. */
  open(app: VoiceServer): void {
    this.#current = app;
    this.#resolveOpened(app);
  }

  /** Requests that arrive before the first app exists wait for it. */
  fetch(request: Request, env?: object): Response | Promise<Response> {
    return this.#current ? this.#current.fetch(request, env) : this.opened.then((app) => app.fetch(request, env));
  }

  /** Only used after `opened`. */
  get operator(): Operator {
    if (!this.#current) throw new Error('There is no app yet.');
    return this.#current.operator;
  }

  /** Serves all further requests with another app on the same state. */
  replace(next: VoiceServer): void {
    const before = this.#current;
    this.#current = next;
    if (!before) throw new Error('There is no app to replace.');
    before.retire();
    this.#replaced.add(before);
    this.#clock.after(LONGEST_CALL, () => {
      if (this.#replaced.delete(before)) void before.close();
    });
  }

  /** Hands over or ends the calls of all apps. */
  async close(): Promise<void> {
    await Promise.all([...(this.#current ? [this.#current] : []), ...this.#replaced].map((app) => app.close()));
    this.#replaced.clear();
  }
}

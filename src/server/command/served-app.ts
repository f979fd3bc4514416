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
  readonly #clock: Clock;
  readonly #replaced = new Set<VoiceServer>();
  #current: VoiceServer;

  constructor(app: VoiceServer, clock: Clock) {
    this.#current = app;
    this.#clock = clock;
  }

  fetch(request: Request, env?: object): Response | Promise<Response> {
    return this.#current.fetch(request, env);
  }

  get operator(): Operator {
    return this.#current.operator;
  }

  /** Serves all further requests with another app on the same state. */
  replace(next: VoiceServer): void {
    const before = this.#current;
    this.#current = next;
    before.retire();
    this.#replaced.add(before);
    this.#clock.after(LONGEST_CALL, () => {
      if (this.#replaced.delete(before)) void before.close();
    });
  }

  /** Hands over or ends the calls of all apps. */
  async close(): Promise<void> {
    await Promise.all([this.#current, ...this.#replaced].map((app) => app.close()));
    this.#replaced.clear();
  }
}

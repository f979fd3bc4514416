/**
 * The telephone network of a sandbox: places calls and remembers them. What the API does to a call that rings comes in
 * by `phone-routes.ts`.
 */
import { ApiError } from './api-error.js';
import { PlacedCall } from './phone-call.js';
import type { PhoneParts } from './phone-call.js';
import type { PhoneCall, PhoneCallOptions } from './phone-types.js';

/** The public face. */
export interface Phone {
  /** Placed calls, oldest first. */
  readonly calls: readonly PhoneCall[];
  /**
   * Places a call: it rings, and the webhook is sent.
   *
   * @example
   * ```ts
   * const caller = sandbox.phone.call({ to: '+4930123456', webhookUrl, secret: 'whsec_…', audio: ['Hello, is anybody there?', 500] });
   * const call = await caller.answered;
   * await caller.waitForSound();
   * caller.press('1#');
   * caller.hangUp();
   * ```
   *
   * @throws TypeError when a server is played that takes no phone calls, or for keys that are none
   * @throws WavError for a file that is no usable WAV
   */
  call(options: PhoneCallOptions): PhoneCall;
}

/** See the head of the file. */
export class PhoneNetwork implements Phone {
  readonly #parts: PhoneParts;
  readonly #there: () => boolean;
  readonly #most: number;
  #calls: PlacedCall[] = [];

  /** `there` says whether the server that is played takes phone calls; `most` calls are remembered. */
  constructor(parts: PhoneParts, there: () => boolean, most: number) {
    this.#parts = parts;
    this.#there = there;
    this.#most = most;
  }

  get calls(): readonly PlacedCall[] {
    return this.#calls;
  }

  call(options: PhoneCallOptions): PlacedCall {
    if (!this.#there()) throw new TypeError('Only the profile ga takes phone calls.');
    const call = new PlacedCall(options, this.#parts);
    this.#calls.push(call);
    while (this.#calls.length > this.#most) {
      const oldest = this.#calls.findIndex(({ state }) => state === 'ended');
      if (oldest < 0) break;
      this.#calls.splice(oldest, 1);
    }
    return call;
  }

  /** A call that is not over, by its id. @throws ApiError 404 */
  demand(id: string): PlacedCall {
    const call = this.#calls.find((one) => one.id === id);
    if (call === undefined || call.state === 'ended') {
      throw new ApiError({ status: 404, message: `No session found for call_id '${id}'.`, code: 'call_id_not_found' });
    }
    return call;
  }

  /** Forgets all calls; those that ring end. */
  reset(): void {
    for (const call of this.#calls) call.dispose();
    this.#calls = [];
  }
}

/**
 * The sandbox's telephone network: places calls and keeps them. The API's operations on ringing calls are in
 * `http/phone-actions.ts`.
 */
import { ApiError } from '../protocol/api-error.js';
import { PlacedCall } from './placed-call.js';
import type { PhoneParts } from './placed-call.js';
import type { PhoneCall, PhoneCallOptions } from './phone-call.js';

/** Phone calls, as tests place them. */
export interface Phone {
  /** Placed calls, oldest first. */
  readonly calls: readonly PhoneCall[];
  /**
   * Places a call: it starts ringing and its webhook is sent.
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
   * @throws TypeError if the profile does not support phone calls, or for invalid keys
   * @throws WavError for an unusable WAV file
   */
  call(options: PhoneCallOptions): PhoneCall;
}

/** The telephone network as the core and its routes use it. */
export interface PhoneLines extends Phone {
  readonly calls: readonly PlacedCall[];
  call(options: PhoneCallOptions): PlacedCall;
  /** An active call by its id. @throws ApiError 404 */
  require(id: string): PlacedCall;
  /** Removes all calls; ringing ones end. */
  reset(): void;
}

/** Creates the network of a sandbox; the arguments are those of `PhoneNetwork`. */
export type PhoneLinesFactory = (parts: PhoneParts, there: () => boolean, most: number) => PhoneLines;

/** Keeps the placed calls of one sandbox. */
export class PhoneNetwork implements PhoneLines {
  readonly #parts: PhoneParts;
  readonly #there: () => boolean;
  readonly #most: number;
  #calls: PlacedCall[] = [];

  /** `there` returns whether the current profile supports phone calls; `most` is the number of calls kept. */
  constructor(parts: PhoneParts, there: () => boolean, most: number) {
    this.#parts = parts;
    this.#there = there;
    this.#most = most;
  }

  get calls(): readonly PlacedCall[] {
    return this.#calls;
  }

  call(options: PhoneCallOptions): PlacedCall {
    if (!this.#there()) throw new TypeError('Only the profile ga supports phone calls.');
    const call = new PlacedCall(options, this.#parts);
    this.#calls.push(call);
    while (this.#calls.length > this.#most) {
      const oldest = this.#calls.findIndex(({ state }) => state === 'ended');
      if (oldest < 0) break;
      this.#calls.splice(oldest, 1);
    }
    return call;
  }

  /** An active call by its id. @throws ApiError 404 */
  require(id: string): PlacedCall {
    const call = this.#calls.find((one) => one.id === id);
    if (call === undefined || call.state === 'ended') {
      throw new ApiError({ status: 404, message: `No session found for call_id '${id}'.`, code: 'call_id_not_found' });
    }
    return call;
  }

  /** Removes all calls; ringing ones end. */
  reset(): void {
    for (const call of this.#calls) call.dispose();
    this.#calls = [];
  }
}

/**
 * One phone call, from the first ring to its end: the caller's side, and the API operations available while it rings.
 * Once accepted, its session is a regular `Call`, and both end together. Tests see this class as `PhoneCall`.
 */
import { ApiError } from '../protocol/api-error.js';
import type { Call } from '../call/call.js';
import { Timers } from '../clock.js';
import type { Clock } from '../clock.js';
import { newId } from '../protocol/ids.js';
import type { Synthesise } from '../session/write-item.js';
import { joinPcm } from '../media/join-pcm.js';
import { pcmFromWav } from '../media/wav.js';
import { SAMPLE_RATE } from '../media/peer.js';
import { PhoneLine, overTheLine } from './phone-line.js';
import type { PhoneCall, PhoneCallOptions, PhoneEnd, PhoneSound, WebhookAnswer, WebhookForgery } from './phone-call.js';
import { deliverWebhook, sipHeaders } from './webhook.js';
import type { WebhookCall } from './webhook.js';
import type { LevelSample } from '../media/recording.js';

/** What a phone call needs from its sandbox. */
export interface PhoneParts {
  clock: Clock;
  speak: Synthesise;
  keepSeconds: number;
}

const KEYS = /^[0-9*#A-D]*$/;
const NO_LEVELS: readonly LevelSample[] = [];

/** One placed call. */
export class PlacedCall implements PhoneCall {
  readonly id = newId('rtc');
  readonly to: string;
  readonly from: string;
  readonly delivered: Promise<WebhookAnswer>;
  readonly answered: Promise<Call>;
  readonly ended: Promise<PhoneEnd>;
  readonly #parts: PhoneParts;
  readonly #timers: Timers;
  readonly #webhook: WebhookCall;
  readonly #sounds: Promise<Int16Array>;
  readonly #keys: string;
  /** Aborted when the sandbox closes, to stop waiting for webhook responses. */
  readonly #gone = new AbortController();
  #call: Call | undefined;
  #line: PhoneLine | undefined;
  #end: PhoneEnd | undefined;
  #pressed = '';
  #target: string | undefined;
  #resolve!: { answered(call: Call): void; unanswered(error: Error): void; ended(end: PhoneEnd): void };

  constructor(options: PhoneCallOptions, parts: PhoneParts) {
    const { to, from = '+4915112345678', audio = [], keys = '', ringSeconds = 30, webhook } = options;
    this.to = to;
    this.from = from;
    this.#keys = demandKeys(keys);
    this.#parts = parts;
    this.#timers = new Timers(parts.clock);
    this.answered = new Promise((answered, unanswered) => {
      this.#resolve = { ...this.#resolve, answered, unanswered };
    });
    this.ended = new Promise((ended) => {
      this.#resolve = { ...this.#resolve, ended };
    });
    // Avoid an unhandled rejection if no test awaits it.
    this.answered.catch(() => undefined);
    this.#sounds = this.#soundOf(audio);
    this.#sounds.catch(() => undefined);
    this.#webhook = {
      callId: this.id,
      id: newId('wh', 32),
      eventId: newId('evt', 32),
      createdAt: parts.clock.now(),
      options,
      headers: sipHeaders({ ...options, from }, newId('sip')),
    };
    this.#timers.after(ringSeconds * 1000, () => {
      if (this.#call === undefined) this.#finish({ by: 'unanswered' });
    });
    this.delivered = this.deliver(webhook);
  }

  // ---- API operations -----------------------------------------------------------------------------------------

  /** Accepts the call: `begin` creates the session's call with this id. */
  accept(begin: (id: string) => Call): void {
    if (this.#call !== undefined)
      throw new ApiError({ status: 409, message: `The call '${this.id}' has already been accepted.`, code: 'call_already_accepted' });
    const call = begin(this.id);
    this.#call = call;
    const line = new PhoneLine(
      {
        onOpen: () => undefined,
        onMessage: () => undefined,
        onAudio: (frame) => {
          call.hear(frame);
        },
        nextFrame: () => call.nextFrame(),
        onClose: () => undefined,
      },
      () => this.#parts.clock.now(),
      this.#parts.keepSeconds,
    );
    this.#line = line;
    call.attachPeer(line);
    call.openChannel();
    void call.ended.then((reason) => {
      if (reason === 'referred') this.#finish({ by: 'referred', target: this.#target ?? '' });
      else this.#finish({ by: reason === 'client-closed' || reason === 'never-connected' ? 'caller' : reason });
    });
    this.#resolve.answered(call);
    void this.#begin(line);
  }

  async #begin(line: PhoneLine): Promise<void> {
    const pcm = await this.#sounds.catch(() => new Int16Array(0));
    await line.say(overTheLine(pcm));
    if (this.state === 'talking') this.press(this.#keys);
  }

  /** The API rejects the call. */
  reject(status: number): void {
    if (this.#call !== undefined)
      throw new ApiError({ status: 409, message: `The call '${this.id}' has already been accepted.`, code: 'call_already_accepted' });
    this.#finish({ by: 'rejected', status });
  }

  /** Refers the caller to another address. */
  refer(target: string): void {
    this.#target = target;
    this.#call?.end('referred');
  }

  /** Frees everything when the sandbox closes or resets. */
  dispose(): void {
    this.#gone.abort();
    if (this.#call === undefined) this.#finish({ by: 'sandbox-closed' });
  }

  #finish(end: PhoneEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#timers.clear();
    this.#resolve.unanswered(new Error(`The call was not accepted: ${JSON.stringify(end)}`));
    this.#resolve.ended(end);
  }

  // ---- the caller's side, documented in phone-call.ts --------------------------------------------------------

  get state(): PhoneCall['state'] {
    if (this.#end !== undefined || this.#call?.state === 'ended') return 'ended';
    return this.#call === undefined ? 'ringing' : 'talking';
  }

  get end(): PhoneEnd | undefined {
    return this.#end;
  }

  get pressed(): string {
    return this.#pressed;
  }

  deliver(forgery?: WebhookForgery): Promise<WebhookAnswer> {
    return deliverWebhook(this.#webhook, this.#parts.clock.now(), this.#gone.signal, forgery);
  }

  async say(audio: PhoneSound | readonly PhoneSound[]): Promise<void> {
    const pcm = await this.#soundOf(audio);
    await this.#demandLine().say(overTheLine(pcm));
  }

  press(keys: string): void {
    for (const event of demandKeys(keys)) {
      this.#demandLine();
      this.#pressed += event;
      this.#call?.toneReceived(event);
    }
  }

  hangUp(): void {
    if (this.#call === undefined) this.#finish({ by: 'caller' });
    else this.#call.end('client-closed');
  }

  get levels(): readonly LevelSample[] {
    return this.#line?.levels ?? NO_LEVELS;
  }

  heard({ since = 0 }: { since?: number } = {}): Int16Array {
    return this.#line?.heard(since) ?? new Int16Array(0);
  }

  heardLevel({ since = 0 }: { since?: number } = {}): number {
    return this.#line?.heardLevel(since) ?? -100;
  }

  async waitForSound({ after = 0, timeoutMs = 10_000 }: { after?: number; timeoutMs?: number } = {}): Promise<number> {
    await this.answered;
    return this.#demandLine().waitForSound(after, timeoutMs);
  }

  async waitForSilence({
    after = 0,
    ms = 500,
    timeoutMs = 10_000,
  }: { after?: number; ms?: number; timeoutMs?: number } = {}): Promise<number> {
    await this.answered;
    return this.#demandLine().waitForSilence(after, ms, timeoutMs);
  }

  #demandLine(): PhoneLine {
    if (this.#line === undefined) throw new TypeError('The call has not been answered yet.');
    return this.#line;
  }

  /** Rejects immediately for an unusable file. @throws WavError */
  #soundOf(audio: PhoneSound | readonly PhoneSound[]): Promise<Int16Array> {
    const sounds = Array.isArray(audio) ? (audio as readonly PhoneSound[]) : [audio as PhoneSound];
    return Promise.all(sounds.map((sound) => this.#pcmOf(sound))).then(joinPcm);
  }

  #pcmOf(sound: PhoneSound): Promise<Int16Array> {
    if (typeof sound === 'string') return this.#parts.speak(sound);
    if (typeof sound === 'number') return Promise.resolve(new Int16Array(Math.round((sound * SAMPLE_RATE) / 1000)));
    return Promise.resolve(sound instanceof Int16Array ? sound : pcmFromWav(sound));
  }
}

function demandKeys(keys: string): string {
  if (!KEYS.test(keys)) throw new TypeError(`'${keys}' contains keys that a phone does not have: use 0 to 9, *, # and A to D.`);
  return keys;
}

/**
 * The sound of one call at this end: what is heard of the visitor, and of the agent.
 *
 * Owns: microphone and loudspeaker, the page's claim on the microphone, muting, the meter. Does not own: where the sound
 * goes and comes from (`connection.ts`), when an answer is cut (`live-call.ts`).
 */
import type { Levels } from '../contract/call.js';
import type { MicrophoneState } from '../contract/states.js';
import type { LevelMeter } from '../media/level-meter.js';
import { claimMicrophone } from '../media/microphone-claim.js';
import { Microphone } from '../media/microphone.js';
import { Speaker } from '../media/speaker.js';
import type { LiveCallSetup } from './live-call-setup.js';
import { listensItself, transportKind } from './route.js';

const SILENCE: Levels = Object.freeze({ input: 0, output: 0 });

type CallSoundSetup = Pick<LiveCallSetup, 'environment' | 'options' | 'microphone' | 'muted' | 'kept' | 'change' | 'onDisplaced'>;

/** See the head of the file. */
export class CallSound {
  /** `undefined`: by text alone, or the transport listens itself. */
  readonly microphone: Microphone | undefined;
  readonly speaker: Speaker;
  readonly element: HTMLAudioElement;
  muted: boolean;
  readonly #setup: CallSoundSetup;
  #lost = false;
  #unclaim: (() => void) | undefined;
  #meter: LevelMeter | undefined;
  #meterComing: Promise<void> | undefined;
  #released = false;

  constructor(setup: CallSoundSetup) {
    this.#setup = setup;
    const { environment, options, kept } = setup;
    const own = setup.microphone && !listensItself(options);
    this.muted = setup.muted;
    this.microphone = kept ? kept.microphone : own ? new Microphone(environment, options.mediaStream) : undefined;
    this.microphone?.mute(setup.muted);
    this.#unclaim = kept?.unclaim;
    this.element = kept?.audio ?? options.audioElement ?? environment.createAudio();
    this.speaker = new Speaker({
      element: this.element,
      timers: environment,
      now: () => environment.now(),
      // Over a WebSocket the sound is cut where it is queued: nothing of it can come late.
      ...(transportKind(options) === 'webrtc' ? {} : { lateFrames: 0 }),
      onBlocked: (blocked) => setup.change({ type: 'sound', blocked }),
    });
  }

  /** What the visitor is told of the microphone. */
  get state(): MicrophoneState {
    const { microphone, options } = this.#setup;
    if (!microphone || this.#lost || !(this.microphone || listensItself(options))) return 'unavailable';
    return this.muted ? 'muted' : 'live';
  }

  /** The page's microphone is this call's from now on; an earlier holder gives its own up. */
  claim(): void {
    this.#unclaim ??= claimMicrophone(this.#setup.onDisplaced);
  }

  mute(on: boolean): void {
    this.muted = on;
    this.microphone?.mute(on);
  }

  /** The microphone was unplugged, or its permission taken away. */
  lose(): void {
    this.#lost = true;
  }

  levels(): Levels {
    if (this.#released) return SILENCE;
    this.#meterComing ??= this.#makeMeter();
    return this.#meter?.read() ?? SILENCE;
  }

  /** What the next connection of the same call goes on with. */
  keep(): { microphone: Microphone | undefined; unclaim: (() => void) | undefined; audio: HTMLAudioElement } {
    this.microphone?.park();
    return { microphone: this.#lost ? undefined : this.microphone, unclaim: this.#unclaim, audio: this.element };
  }

  /** Lets everything go, but for what another connection goes on with. */
  async release(goesOn: boolean): Promise<void> {
    this.#released = true;
    if (!goesOn && !this.#setup.kept) {
      this.microphone?.release();
      this.#unclaim?.();
    }
    this.speaker.release();
    await this.#meter?.release();
  }

  /** Loaded with the first reading: it is an ornament, and must not delay the connection. */
  async #makeMeter(): Promise<void> {
    const { LevelMeter } = await import('../media/level-meter.js').catch(() => ({ LevelMeter: undefined }));
    if (LevelMeter && !this.#released) this.#meter = new LevelMeter(this.microphone?.track, this.speaker.track);
  }
}

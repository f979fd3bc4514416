/**
 * The sound of one call at this end: what is heard of the visitor, and of the agent.
 *
 * Owns: microphone and loudspeaker, the page's claim on the microphone, muting, the meter, what the visitor is told of all
 * this. Does not own: where the sound goes and comes from (`connection.ts`), when an answer is cut (`live-call.ts`), when a lost
 * device is taken again (`device-watch.ts`).
 */
import type { Levels } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { MicrophoneChange, MicrophoneState } from '../contract/states.js';
import type { LevelMeter } from '../media/level-meter.js';
import { claimMicrophone } from '../media/microphone-claim.js';
import { Microphone } from '../media/microphone.js';
import { Speaker } from '../media/speaker.js';
import type { Transport } from '../transport/transport.js';
import type { DeviceWatch, WatchedSound } from './device-watch.js';
import type { LiveCallSetup } from './live-call-setup.js';
import { listensItself } from './route.js';
import { transportKind } from './transport-code.js';

const SILENCE: Levels = Object.freeze({ input: 0, output: 0 });

interface CallSoundSetup extends Pick<LiveCallSetup, 'environment' | 'options' | 'microphone' | 'muted' | 'kept' | 'change' | 'onDisplaced' | 'onError'> {
  transport(): Transport | undefined;
}

/** See the head of the file. */
export class CallSound implements WatchedSound {
  /** `undefined`: by text alone, or the transport listens itself. */
  readonly microphone: Microphone | undefined;
  readonly speaker: Speaker;
  readonly element: HTMLAudioElement;
  muted: boolean;
  readonly #setup: CallSoundSetup;
  #watch: DeviceWatch | undefined;
  #watchComing: Promise<void> | undefined;
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
      onBlocked: () => this.showBlocked(),
    });
  }

  /** What the visitor is told of the microphone. */
  get state(): MicrophoneState {
    const { microphone } = this;
    if (!microphone && !(this.#setup.microphone && listensItself(this.#setup.options))) return 'unavailable';
    if (microphone && (!microphone.live || this.#watch?.lost)) return 'lost';
    if (this.muted) return 'muted';
    if (microphone?.track?.muted) return 'system-muted';
    return this.#watch?.stalled ? 'suspended' : 'live';
  }

  /** Nothing is heard until the visitor presses something. */
  get blocked(): boolean {
    return this.speaker.blocked || this.#watch?.stalled === true;
  }

  /** The page's microphone is this call's from now on; an earlier holder gives its own up. */
  claim(): void {
    this.#unclaim ??= claimMicrophone(this.#setup.onDisplaced);
  }

  mute(on: boolean): void {
    this.muted = on;
    this.microphone?.mute(on);
  }

  /** The microphone ended, or the system muted or unmuted it. */
  readonly hear = (): void => {
    this.#watch?.lookAtMicrophone();
    this.showMicrophone();
  };

  /**
   * A microphone that ended while the call was made is opened again, so that no call begins with one that is not live.
   * @throws VoiceAgentError `mic_missing` where the browser would have to ask again, or there is none
   */
  async settle(): Promise<void> {
    const { microphone } = this;
    if (!microphone || microphone.live || this.#setup.kept) return;
    if (await microphone.granted()) await this.#setup.transport()?.useMicrophone(await microphone.open(this.hear));
    if (!microphone.live) throw new VoiceAgentError('mic_missing');
  }

  /** The call is live: its devices are watched from now on. */
  watch(): Promise<void> {
    this.#watchComing ??= this.#makeWatch();
    return this.#watchComing;
  }

  /** Takes the microphone again after it was lost; the browser may ask. */
  async retake(): Promise<void> {
    await this.watch();
    await this.#watch?.retake();
  }

  /** Takes the sound of a live call by voice from this stream of the page's own from now on. */
  async use(stream: MediaStream): Promise<void> {
    if (!this.microphone || !this.#watchComing) return;
    await this.watch();
    await this.#watch?.use(stream);
  }

  /** Plays what the browser refused to, or something stopped; call it inside a user gesture. */
  resume(): Promise<void> {
    this.#meter?.wake();
    this.#setup.transport()?.resumeSound?.();
    return this.speaker.resume();
  }

  levels(): Levels {
    if (this.#released) return SILENCE;
    this.#meterComing ??= this.#makeMeter();
    return this.#meter?.read() ?? SILENCE;
  }

  /** What the next connection of the same call goes on with. */
  keep(): { microphone: Microphone | undefined; unclaim: (() => void) | undefined; audio: HTMLAudioElement } {
    this.microphone?.park();
    return { microphone: this.microphone, unclaim: this.#unclaim, audio: this.element };
  }

  /** Lets everything go, but for what another connection goes on with. */
  async release(goesOn: boolean): Promise<void> {
    this.#released = true;
    this.#watch?.release();
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
    if (LevelMeter && !this.#released) this.#meter = new LevelMeter(() => this.microphone?.track, this.speaker.track);
  }

  /** Without its code the call goes on; a press that needs it asks for it again. */
  async #makeWatch(): Promise<void> {
    const { DeviceWatch } = await import('./device-watch.js').catch(() => ({ DeviceWatch: undefined }));
    if (!DeviceWatch) this.#watchComing = undefined;
    if (!DeviceWatch || this.#released) return;
    this.#watch = new DeviceWatch(this, this.#setup);
  }

  /** Tells whether anything is heard. */
  showBlocked(): void {
    this.#setup.change({ type: 'sound', blocked: this.blocked });
  }

  /** Tells what the microphone does, and what became of it. */
  showMicrophone(change?: MicrophoneChange): void {
    this.#setup.change({ type: 'microphone', microphone: this.state, change });
  }
}

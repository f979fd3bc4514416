/**
 * The local audio of one call: the visitor's microphone and the agent's voice.
 *
 * Owns: microphone and loudspeaker, the page's claim on the microphone, muting, the level meter, reporting their state.
 * Does not own: the connection (`connection.ts`), when an answer is cut (`answering.ts`), when a lost device is reacquired
 * (`device-watch.ts`).
 */
import type { Levels } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { MicrophoneChange, MicrophoneState } from '../contract/states.js';
import type { LevelMeter } from '../media/level-meter.js';
import { claimMicrophone } from '../media/microphone-claim.js';
import { Microphone } from '../media/microphone.js';
import { Speaker } from '../media/speaker.js';
import type { CallContext } from './call-context.js';
import type { DeviceWatch, WatchedSound } from './device-watch.js';
import { hasOwnMicrophone } from './call-address.js';
import { transportKind } from './load-transport.js';

const SILENCE: Levels = Object.freeze({ input: 0, output: 0 });

/** See the head of the file. */
export class CallSound implements WatchedSound {
  /** `undefined` for a text-only call, or if the transport has its own microphone. */
  readonly microphone: Microphone | undefined;
  readonly speaker: Speaker;
  readonly element: HTMLAudioElement;
  muted: boolean;
  readonly #call: CallContext;
  #watch: DeviceWatch | undefined;
  #watchComing: Promise<void> | undefined;
  #unclaim: (() => void) | undefined;
  #meter: LevelMeter | undefined;
  #meterComing: Promise<void> | undefined;
  #released = false;

  constructor(call: CallContext) {
    this.#call = call;
    const { environment, options, kept, muted, bus } = call.setup;
    const own = call.setup.microphone && !hasOwnMicrophone(options);
    this.muted = muted;
    this.microphone = kept ? kept.microphone : own ? new Microphone(environment, options.mediaStream) : undefined;
    this.microphone?.mute(muted);
    this.#unclaim = kept?.unclaim;
    this.element = kept?.audio ?? options.audioElement ?? environment.createAudio();
    this.speaker = new Speaker({
      element: this.element,
      timers: environment,
      now: () => environment.now(),
      // Other audio comes from a context of the page. It is cut in its queue, so no late frames can arrive.
      ...(transportKind(options) === 'webrtc' ? {} : { lateFrames: 0, muted: !environment.playsContextTracks }),
      onBlocked: () => this.reportBlocked(),
    });
    bus.on('track', (track) => call.transcribes || this.speaker.attach(track));
  }

  /** The state of the microphone. */
  get state(): MicrophoneState {
    const { microphone } = this;
    const { microphone: spoken, options } = this.#call.setup;
    if (!microphone && !(spoken && hasOwnMicrophone(options))) return 'unavailable';
    if (microphone && (!microphone.live || this.#watch?.lost)) return 'lost';
    if (this.muted) return 'muted';
    if (microphone?.track?.muted) return 'system-muted';
    return this.#watch?.stalled ? 'suspended' : 'live';
  }

  /** True while the browser blocks playback until a user gesture. */
  get blocked(): boolean {
    return this.speaker.blocked || this.#watch?.stalled === true;
  }

  /** Claims the page's microphone for this call; the call that held it before ends. */
  claim(): void {
    this.#unclaim ??= claimMicrophone(this.#call.setup.onDisplaced);
  }

  mute(on: boolean): void {
    const { transport, setup } = this.#call;
    this.muted = on;
    this.microphone?.mute(on);
    if (!this.#released) transport?.muteInput?.(on || !setup.microphone);
    this.reportMicrophone();
  }

  /** Call when the microphone ended, or the system muted or unmuted it. */
  readonly updateMicrophone = (): void => {
    this.#watch?.checkMicrophone();
    this.reportMicrophone();
  };

  /**
   * Reopens a microphone that ended while the call was connecting, so that no call starts without a live one.
   * @throws VoiceAgentError `mic_missing` if the browser would have to prompt again, or there is no microphone
   */
  async settle(): Promise<void> {
    const { microphone } = this;
    if (!microphone || microphone.live || this.#call.setup.kept) return;
    if (await microphone.granted()) await this.#call.transport?.useMicrophone(await microphone.open(this.updateMicrophone));
    if (!microphone.live) throw new VoiceAgentError('mic_missing');
  }

  /** Starts watching the devices; call it once the call is live. */
  watch(): Promise<void> {
    this.#watchComing ??= this.#makeWatch();
    return this.#watchComing;
  }

  /** Reacquires a lost microphone; the browser may prompt. */
  async retake(): Promise<void> {
    await this.watch();
    await this.#watch?.retake();
  }

  /** Switches the input of a live voice call to this stream from the page. */
  async use(stream: MediaStream): Promise<void> {
    if (!this.microphone || !this.#watchComing) return;
    await this.watch();
    await this.#watch?.use(stream);
  }

  /** Resumes blocked or stopped playback; call it inside a user gesture. */
  resume(): Promise<void> {
    this.#meter?.wake();
    this.#call.transport?.resumeSound?.();
    return this.speaker.resume();
  }

  levels(): Levels {
    if (!this.#call.live) return SILENCE;
    this.#meterComing ??= this.#makeMeter();
    return this.#meter?.read() ?? SILENCE;
  }

  /** The parts that the next connection of the same call reuses. */
  keep(): { microphone: Microphone | undefined; unclaim: (() => void) | undefined; audio: HTMLAudioElement } {
    this.microphone?.park();
    return { microphone: this.microphone, unclaim: this.#unclaim, audio: this.element };
  }

  /** Releases everything; `goesOn`: except the parts that the next connection reuses. */
  async release(goesOn: boolean): Promise<void> {
    this.#released = true;
    this.#watch?.release();
    if (!goesOn && !this.#call.setup.kept) {
      this.microphone?.release();
      this.#unclaim?.();
    }
    this.speaker.release();
    await this.#meter?.release();
  }

  /** Loaded on the first reading, so that it does not delay the connection. */
  async #makeMeter(): Promise<void> {
    const { LevelMeter } = await import('../media/level-meter.js').catch(() => ({ LevelMeter: undefined }));
    if (LevelMeter && !this.#released) this.#meter = new LevelMeter(() => this.microphone?.track, this.speaker.track);
  }

  /** If its code fails to load, the call continues; the next use that needs it tries again. */
  async #makeWatch(): Promise<void> {
    const { DeviceWatch } = await import('./device-watch.js').catch(() => ({ DeviceWatch: undefined }));
    if (!DeviceWatch) this.#watchComing = undefined;
    if (!DeviceWatch || this.#released) return;
    this.#watch = new DeviceWatch(this, this.#call);
  }

  /** Reports whether playback is blocked. */
  reportBlocked(): void {
    this.#call.setup.bus.emit('change', { type: 'sound', blocked: this.blocked });
  }

  /** Reports the microphone's state, and a change of its device. */
  reportMicrophone(change?: MicrophoneChange): void {
    this.#call.setup.bus.emit('change', { type: 'microphone', microphone: this.state, change });
  }
}

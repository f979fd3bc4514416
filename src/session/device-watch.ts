/**
 * Keeps the devices of a live call working: reacquires a lost microphone, and detects when playback stops. Loaded once a
 * call is connected, because it is not needed before.
 *
 * Not everything that stops a device fires an event: a page may stop its own track, an audio context may never start, an
 * element may get another source. So it polls, and events only trigger an immediate check.
 *
 * Owns: when the microphone is requested again, the time limit for its device, the playback checks.
 * Does not own: the track (`media/microphone.ts`), the element (`media/speaker.ts`), the status (`call-sound.ts`).
 */
import { VoiceAgentError, type ErrorCode } from '../contract/errors.js';
import type { MicrophoneChange } from '../contract/states.js';
import { liveTrack, type Microphone } from '../media/microphone.js';
import type { Speaker } from '../media/speaker.js';
import type { CallContext } from './call-context.js';

/** Milliseconds between two checks: a problem seen by two checks is reported, within 2 s. */
const PACE = 700;
/** Automatic requests after a loss. Devices need a moment to appear, and some browsers need one to notice that they are gone. */
const REQUESTS = 3;
/** Milliseconds between two automatic requests; doubled after each failure, up to the second value. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 8_000;
/** Milliseconds for a permitted device to open. */
const LIMIT = 10_000;
/** Events after which an element may have stopped playing. */
const STOPS = ['pause', 'emptied', 'error'];

/** The watched parts of a call's audio. */
export interface WatchedSound {
  /** `undefined` for a text-only call, or if the transport has its own microphone. */
  readonly microphone: Microphone | undefined;
  readonly speaker: Speaker;
  readonly element: HTMLAudioElement;
  /** True while the browser blocks playback until a user gesture. */
  readonly blocked: boolean;
  /** Call on each event of the microphone's track. */
  updateMicrophone(): void;
  /** The microphone was lost (`used` is absent), was reacquired, or changed its state. */
  reportMicrophone(change?: MicrophoneChange): void;
  /** `blocked` may have changed. */
  reportBlocked(): void;
  resume(): Promise<void>;
}

/** Watches the devices of one connection; see the head of the file. */
export class DeviceWatch {
  readonly #sound: WatchedSound;
  readonly #call: CallContext;
  readonly #stops: (() => void)[];
  #timer: unknown;
  /** The element did not play at the last check. */
  #silent = false;
  /** The transport's audio did not run at the last check. */
  #idle = false;
  #stalled = false;
  /** Label of the lost microphone; `undefined` while there is one. */
  #lost: string | undefined;
  #taking: Promise<void> | undefined;
  #refuse: (error: VoiceAgentError) => void = () => undefined;
  #requests = 0;
  #pause = FIRST_PAUSE;
  #waiting: unknown;
  #reportedCode: ErrorCode | undefined;
  #released = false;

  constructor(sound: WatchedSound, call: CallContext) {
    this.#sound = sound;
    this.#call = call;
    const { environment } = call.setup;
    const { element } = sound;
    const look = (): void => this.#checkSpeaker();
    for (const type of STOPS) element.addEventListener(type, look);
    this.#stops = [
      () => STOPS.forEach((type) => element.removeEventListener(type, look)),
      environment.onAttention(() => sound.blocked && void sound.resume()),
      environment.onDeviceChange(() => this.#retryRequest()),
    ];
    this.#check();
  }

  /** The browser does not run the audio that the transport plays and captures itself. */
  get stalled(): boolean {
    return this.#stalled;
  }

  /** The microphone is lost, or its replacement is not sent yet. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** Checks the microphone now, on one of its events. */
  checkMicrophone(): void {
    const { microphone } = this.#sound;
    if (!microphone || microphone.live || this.#released) return;
    if (this.#lost === undefined) {
      this.#lost = microphone.track?.label ?? '';
      this.#requests = REQUESTS;
      this.#pause = FIRST_PAUSE;
      this.#call.transport?.useMicrophone(null).catch(() => undefined);
      this.#reportLoss();
      if (!microphone.given) return void this.#request();
    }
    if (!microphone.given) return;
    if (liveTrack(microphone.given)) void this.#reacquire();
    else this.#fail(new VoiceAgentError('mic_missing', { message: 'The track of mediaStream ended: set mediaStream to another stream.' }));
  }

  /** Reacquires the lost microphone, or another one; the browser may prompt. */
  async retake(): Promise<void> {
    // One request at a time.
    await this.#taking;
    if (this.#lost === undefined) return;
    this.#reportLoss();
    await this.#reacquire();
  }

  /** Switches the input to this stream from the page. */
  async use(stream: MediaStream): Promise<void> {
    const { microphone } = this.#sound;
    if (!microphone) return;
    this.#refuse(new VoiceAgentError('aborted'));
    await this.#taking;
    microphone.drop();
    microphone.given = stream;
    if (this.#lost !== undefined || !liveTrack(stream)) return this.checkMicrophone();
    await this.#connect(microphone);
    this.#sound.reportMicrophone();
  }

  release(): void {
    const { environment } = this.#call.setup;
    this.#released = true;
    for (const stop of this.#stops) stop();
    environment.clearTimeout(this.#timer);
    environment.clearTimeout(this.#waiting);
    this.#refuse(new VoiceAgentError('aborted'));
  }

  #check(): void {
    const { transport, setup } = this.#call;
    this.#timer = setup.environment.setTimeout(() => this.#check(), PACE);
    this.checkMicrophone();
    this.#checkSpeaker();
    const idle = transport?.soundRuns === false;
    const stalled = idle && this.#idle;
    this.#idle = idle;
    if (stalled === this.#stalled) return;
    this.#stalled = stalled;
    this.#sound.reportBlocked();
    this.#sound.reportMicrophone();
  }

  /**
   * The system (a phone call, a media key) or the page may pause the element, or the page may change its source: the first check
   * plays it again, the second one reports it as blocked.
   */
  #checkSpeaker(): void {
    const { speaker } = this.#sound;
    const silent = !speaker.plays;
    if (!silent) speaker.setBlocked(false);
    else if (this.#silent) speaker.setBlocked(true);
    else if (!speaker.blocked) void speaker.resume();
    this.#silent = silent;
  }

  /** A device appeared or permission was granted: tries again, after the pause since the previous request. */
  #retryRequest(): void {
    this.#requests ||= 1;
    void this.#request();
  }

  /** Requests the microphone automatically: only if the browser shows no prompt, and with a limited rate. */
  async #request(): Promise<void> {
    const { microphone } = this.#sound;
    const { environment } = this.#call.setup;
    if (!microphone || this.#taking || this.#waiting !== undefined || this.#lost === undefined || this.#requests < 1) return;
    this.#requests--;
    this.#waiting = environment.setTimeout(() => {
      this.#waiting = undefined;
      if (this.#requests < 1) this.#pause = FIRST_PAUSE;
      void this.#request();
    }, this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    if (await microphone.granted(() => this.#retryRequest())) await this.#reacquire();
    else this.#fail(new VoiceAgentError('mic_dismissed', { message: 'The microphone ended, and the browser requires permission again.' }));
  }

  #reacquire(): Promise<void> {
    this.#taking ??= this.#open().finally(() => (this.#taking = undefined));
    return this.#taking;
  }

  async #open(): Promise<void> {
    const { microphone } = this.#sound;
    const lost = this.#lost;
    if (!microphone || lost === undefined || this.#released) return;
    const end = this.#limit(microphone);
    try {
      await Promise.race([this.#connect(microphone), new Promise<never>((_, refuse) => (this.#refuse = refuse))]);
      if (!microphone.live) throw new VoiceAgentError('mic_missing');
      this.#lost = undefined;
      this.#sound.reportMicrophone({ lost, used: microphone.track?.label ?? '' });
    } catch (reason) {
      this.#fail(VoiceAgentError.from(reason, 'mic_busy'));
    } finally {
      end();
    }
  }

  async #connect(microphone: Microphone): Promise<void> {
    const track = await microphone.open(() => this.#sound.updateMicrophone());
    await this.#call.transport?.useMicrophone(track);
  }

  /** Gives up on a device that does not respond. There is no time limit while a permission prompt is open. */
  #limit(microphone: Microphone): () => void {
    const { environment } = this.#call.setup;
    let timer: unknown;
    const wait = (): void => {
      timer = environment.setTimeout(() => {
        if (!microphone.unanswered) return wait();
        microphone.drop();
        this.#refuse(new VoiceAgentError('mic_unresponsive'));
      }, LIMIT);
    };
    wait();
    return () => environment.clearTimeout(timer);
  }

  #fail(error: VoiceAgentError): void {
    // `aborted`: superseded by another request, or the call ended.
    if (this.#released || this.#lost === undefined || error.code === 'aborted' || this.#reportedCode === error.code) return;
    this.#reportLoss(error);
    this.#call.setup.bus.emit('error', error);
  }

  /** Reports the loss; `error`: why the microphone could not be reacquired, absent while that is being tried. */
  #reportLoss(error?: VoiceAgentError): void {
    const { microphone } = this.#sound;
    this.#reportedCode = error?.code;
    this.#sound.reportMicrophone({ lost: this.#lost ?? '', ...(error && { error }), ...(microphone?.given && { given: true }) });
  }
}

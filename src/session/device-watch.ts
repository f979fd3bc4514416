/**
 * Keeps the devices of a live call in use: takes a lost microphone again, and notices when the sound stops. Loaded once a
 * call is connected, because no call needs it before.
 *
 * Not everything that stops a device has an event: a page that stops its own track, a context that never begins to run, an
 * element that gets another source. So it looks, and events only make it look at once.
 *
 * Owns: when the microphone is asked for again, the time that its device may take, the look at the sound.
 * Does not own: the track (`media/microphone.ts`), the element (`media/speaker.ts`), the status (`call-sound.ts`).
 */
import { VoiceAgentError, type ErrorCode } from '../contract/errors.js';
import type { MicrophoneChange } from '../contract/states.js';
import { liveTrack, type Microphone } from '../media/microphone.js';
import type { Speaker } from '../media/speaker.js';
import type { Transport } from '../transport/transport.js';
import type { Environment } from './environment.js';

/** Milliseconds between two looks: what is wrong at two of them is reported, within 2 s. */
const PACE = 700;
/** Requests without a press after a loss. Devices need a moment to be there, some browsers to know that they are gone. */
const REQUESTS = 3;
/** Milliseconds between two requests without a press; twice as many after each failure, up to the second figure. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 8_000;
/** Milliseconds that an allowed device may take. */
const LIMIT = 10_000;
/** Events of an element after which it may not play any more. */
const STOPS = ['pause', 'emptied', 'error'];

/** The sound of a call, as far as it is watched. */
export interface WatchedSound {
  /** `undefined`: a call by text, or the transport listens itself. */
  readonly microphone: Microphone | undefined;
  readonly speaker: Speaker;
  readonly element: HTMLAudioElement;
  /** Nothing is heard until the visitor presses something. */
  readonly blocked: boolean;
  /** To be called at each event of the microphone's track. */
  hear(): void;
  /** The microphone went (`used` is absent), is there again, or does something else than before. */
  showMicrophone(change?: MicrophoneChange): void;
  /** `blocked` may have become another. */
  showBlocked(): void;
  resume(): Promise<void>;
}

/** What the watch needs from outside. Nothing is called after `release()`. */
export interface DeviceWatchSetup {
  readonly environment: Pick<Environment, 'setTimeout' | 'clearTimeout' | 'onDeviceChange' | 'onAttention'>;
  transport(): Transport | undefined;
  /** The microphone is lost and cannot be taken without the visitor. */
  onError(error: VoiceAgentError): void;
}

/** The watch of one connection; see the head of the file. */
export class DeviceWatch {
  readonly #sound: WatchedSound;
  readonly #setup: DeviceWatchSetup;
  readonly #stops: (() => void)[];
  #timer: unknown;
  /** The element did not play at the latest look. */
  #silent = false;
  /** The transport's sound did not run at the latest look. */
  #idle = false;
  #stalled = false;
  /** Name of the microphone that went; `undefined` while there is one. */
  #lost: string | undefined;
  #taking: Promise<void> | undefined;
  #refuse: (error: VoiceAgentError) => void = () => undefined;
  #requests = 0;
  #pause = FIRST_PAUSE;
  #waiting: unknown;
  #told: ErrorCode | undefined;
  #released = false;

  constructor(sound: WatchedSound, setup: DeviceWatchSetup) {
    this.#sound = sound;
    this.#setup = setup;
    const { element } = sound;
    const look = (): void => this.#lookAtSpeaker();
    for (const type of STOPS) element.addEventListener(type, look);
    this.#stops = [
      () => STOPS.forEach((type) => element.removeEventListener(type, look)),
      setup.environment.onAttention(() => sound.blocked && void sound.resume()),
      setup.environment.onDeviceChange(() => this.#hope()),
    ];
    this.#look();
  }

  /** The browser does not run the sound that the transport plays and captures itself. */
  get stalled(): boolean {
    return this.#stalled;
  }

  /** There is no microphone, or the call does not send it yet. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** Looks at the microphone now: one of its events was heard. */
  lookAtMicrophone(): void {
    const { microphone } = this.#sound;
    if (!microphone || microphone.live || this.#released) return;
    if (this.#lost === undefined) {
      this.#lost = microphone.track?.label ?? '';
      this.#requests = REQUESTS;
      this.#pause = FIRST_PAUSE;
      this.#setup.transport()?.useMicrophone(null).catch(() => undefined);
      this.#show();
      if (!microphone.given) return void this.#request();
    }
    if (!microphone.given) return;
    if (liveTrack(microphone.given)) void this.#take();
    else this.#fail(new VoiceAgentError('mic_missing', { message: 'The track of mediaStream ended: set mediaStream to another stream.' }));
  }

  /** Takes the lost microphone again, or another one; the browser may ask. */
  async retake(): Promise<void> {
    // One request at a time.
    await this.#taking;
    if (this.#lost === undefined) return;
    this.#show();
    await this.#take();
  }

  /** Takes the sound from this stream of the page's own from now on. */
  async use(stream: MediaStream): Promise<void> {
    const { microphone } = this.#sound;
    if (!microphone) return;
    this.#refuse(new VoiceAgentError('aborted'));
    await this.#taking;
    microphone.drop();
    microphone.given = stream;
    if (this.#lost !== undefined || !liveTrack(stream)) return this.lookAtMicrophone();
    await this.#connect(microphone);
    this.#sound.showMicrophone();
  }

  release(): void {
    const { environment } = this.#setup;
    this.#released = true;
    for (const stop of this.#stops) stop();
    environment.clearTimeout(this.#timer);
    environment.clearTimeout(this.#waiting);
    this.#refuse(new VoiceAgentError('aborted'));
  }

  #look(): void {
    const { environment, transport } = this.#setup;
    this.#timer = environment.setTimeout(() => this.#look(), PACE);
    this.lookAtMicrophone();
    this.#lookAtSpeaker();
    const idle = transport()?.soundRuns === false;
    const stalled = idle && this.#idle;
    this.#idle = idle;
    if (stalled === this.#stalled) return;
    this.#stalled = stalled;
    this.#sound.showBlocked();
    this.#sound.showMicrophone();
  }

  /**
   * The system pauses the element (a phone call, a media key), or the page does, or gives it another source: at the first look
   * it is played again, at the second one reported as blocked.
   */
  #lookAtSpeaker(): void {
    const { speaker } = this.#sound;
    const silent = !speaker.plays;
    if (!silent) speaker.setBlocked(false);
    else if (this.#silent) speaker.setBlocked(true);
    else if (!speaker.blocked) void speaker.resume();
    this.#silent = silent;
  }

  /** A device came, or the permission: worth a request, once those before are far enough away. */
  #hope(): void {
    this.#requests ||= 1;
    void this.#request();
  }

  /** Asks for the microphone without a press: only where the browser shows no prompt, and not more often than is of use. */
  async #request(): Promise<void> {
    const { microphone } = this.#sound;
    const { environment } = this.#setup;
    if (!microphone || this.#taking || this.#waiting !== undefined || this.#lost === undefined || this.#requests < 1) return;
    this.#requests--;
    this.#waiting = environment.setTimeout(() => {
      this.#waiting = undefined;
      if (this.#requests < 1) this.#pause = FIRST_PAUSE;
      void this.#request();
    }, this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    if (await microphone.granted(() => this.#hope())) await this.#take();
    else this.#fail(new VoiceAgentError('mic_dismissed', { message: 'The microphone ended, and the browser asks before it opens one.' }));
  }

  #take(): Promise<void> {
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
      this.#sound.showMicrophone({ lost, used: microphone.track?.label ?? '' });
    } catch (reason) {
      this.#fail(VoiceAgentError.from(reason, 'mic_busy'));
    } finally {
      end();
    }
  }

  async #connect(microphone: Microphone): Promise<void> {
    const track = await microphone.open(() => this.#sound.hear());
    await this.#setup.transport()?.useMicrophone(track);
  }

  /** Gives up on a device that does not answer. There is no time limit while the browser asks the visitor. */
  #limit(microphone: Microphone): () => void {
    const { environment } = this.#setup;
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
    // `aborted`: another request, or the end of the call, has taken its place.
    if (this.#released || this.#lost === undefined || error.code === 'aborted' || this.#told === error.code) return;
    this.#show(error);
    this.#setup.onError(error);
  }

  /** Shows the loss, and why it lasts; without a reason one is looked for. */
  #show(error?: VoiceAgentError): void {
    const { microphone } = this.#sound;
    this.#told = error?.code;
    this.#sound.showMicrophone({ lost: this.#lost ?? '', ...(error && { error }), ...(microphone?.given && { given: true }) });
  }
}

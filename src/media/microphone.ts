/**
 * The visitor's microphone for one call, or for the calls that follow each other after a loss.
 *
 * Owns: the track that it opened (stopped in `release()`), muting, the error code for each reason why there is none.
 * Does not own: a stream that the page brought: it is muted and unmuted, never stopped. When a lost microphone is opened
 * again (`session/device-watch.ts`).
 */
import { VoiceAgentError, type ErrorCode } from '../contract/errors.js';

/** What the microphone needs of the browser. */
export interface MicrophoneSource {
  /** `undefined` where the page is not secure. */
  readonly mediaDevices: Pick<MediaDevices, 'getUserMedia'> | undefined;
  /** `undefined` where the browser has none; asked for the state of `microphone` only. */
  readonly permissions: Pick<Permissions, 'query'> | undefined;
  /** False on pages that are neither https nor localhost. */
  readonly secure: boolean;
  /** False where the embedding page's Permissions-Policy forbids the microphone; `undefined` where nobody can tell. */
  microphoneAllowed(): boolean | undefined;
}

/** Speech: one channel, cleaned by the browser, so that the agent does not hear itself. */
const CONSTRAINTS: MediaStreamConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
};

/** Events of a track after which it may do something else than before. */
const CHANGES = ['ended', 'mute', 'unmute'];

const CODES: Readonly<Record<string, ErrorCode>> = {
  NotAllowedError: 'mic_denied',
  SecurityError: 'policy_blocked',
  NotFoundError: 'mic_missing',
  OverconstrainedError: 'mic_missing',
  NotReadableError: 'mic_busy',
  AbortError: 'mic_busy',
};

/** One conversation's microphone; opened once per call, and again after its track has ended. */
export class Microphone {
  /** The page's own stream: never stopped. */
  given: MediaStream | undefined;
  readonly #source: MicrophoneSource;
  #track: MediaStreamTrack | undefined;
  #permission: PermissionStatus | undefined;
  /** Counts the openings; the stream of one that was given up is stopped when it arrives. */
  #openings = 0;
  #asking = false;
  #muted = false;
  #released = false;
  #onChange: (() => void) | undefined;

  constructor(source: MicrophoneSource, given?: MediaStream) {
    this.#source = source;
    this.given = given;
  }

  /** The latest track, also after it has ended; `undefined` before `open()` and after `release()`. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  /** True while the track delivers sound, or would if it were not muted. */
  get live(): boolean {
    return this.#track?.readyState === 'live';
  }

  /** True while the browser owes an answer although it need not ask the visitor: the device does not respond. */
  get unanswered(): boolean {
    return this.#asking && this.#permission?.state === 'granted';
  }

  /** What is known without asking anybody: the reason why no microphone can be had here. */
  obstacle(): VoiceAgentError | undefined {
    if (this.given) return undefined;
    if (!this.#source.secure) return new VoiceAgentError('insecure_context');
    if (this.#source.microphoneAllowed() === false) return new VoiceAgentError('policy_blocked');
    return this.#source.mediaDevices ? undefined : new VoiceAgentError('unsupported');
  }

  /**
   * Whether `open()` will show no prompt.
   * @param onGranted the permission is granted later, until `release()`
   */
  async granted(onGranted?: () => void): Promise<boolean> {
    if (this.given || this.live) return true;
    try {
      // Its state follows what the visitor decides.
      const status = (this.#permission ??= await this.#source.permissions?.query({ name: 'microphone' }));
      if (status) status.onchange = () => !this.#released && status.state === 'granted' && onGranted?.();
      return status?.state === 'granted';
    } catch {
      return false; // Browsers that do not know this permission's name.
    }
  }

  /**
   * Opens the microphone, muted from its first sample if `mute(true)` was called before. One that is still open from the
   * call before goes on as it is.
   * @param onChange the track ended without us (unplugged, or the permission was taken away), or the system muted or
   * unmuted it
   * @throws VoiceAgentError `mic_denied`, `mic_dismissed`, `mic_missing`, `mic_busy`, `policy_blocked`; `aborted` when
   * released meanwhile (a late grant is given back at once)
   */
  async open(onChange: () => void): Promise<MediaStreamTrack> {
    const opening = ++this.#openings;
    if (this.#track && this.live) return this.#hold(this.#track, onChange);
    const stream = this.given ?? (await this.#ask());
    const track = liveTrack(stream);
    const late = this.#released || opening !== this.#openings;
    if (track && !late) return this.#hold(track, onChange);
    if (stream !== this.given) for (const left of stream.getTracks()) left.stop();
    throw new VoiceAgentError(late ? 'aborted' : 'mic_missing');
  }

  /** Stays open between two calls of one conversation; nothing is reported when it is lost meanwhile. */
  park(): void {
    // A device that answers only now is given back.
    this.#openings++;
    this.#onChange = undefined;
    if (this.#permission) this.#permission.onchange = null;
  }

  /** Cuts or opens the visitor's voice at once. */
  mute(on: boolean): void {
    this.#muted = on;
    if (this.#track) this.#track.enabled = !on;
  }

  /** Stops what was opened here, now or when it arrives late. The page's own stream only gets its voice back. */
  release(): void {
    this.#released = true;
    this.drop();
  }

  /** Lets the track go, and a request that is under way; `open()` may follow. */
  drop(): void {
    this.park();
    const track = this.#track;
    this.#track = undefined;
    if (!track) return;
    if (!this.given) track.stop();
    else if (this.#muted) track.enabled = true;
  }

  #hold(track: MediaStreamTrack, onChange: () => void): MediaStreamTrack {
    this.#track = track;
    track.enabled = !this.#muted;
    this.#onChange = onChange;
    // Adding a listener again has no effect.
    for (const type of CHANGES) track.addEventListener(type, this.#hear);
    return track;
  }

  readonly #hear = ({ type, target }: Event): void => {
    // An earlier one, or one that was let go of.
    if (target !== this.#track) return;
    if (type === 'ended' && !this.given) this.#track?.stop();
    this.#onChange?.();
  };

  async #ask(): Promise<MediaStream> {
    this.#asking = true;
    try {
      if (!this.#source.mediaDevices) throw new VoiceAgentError('unsupported');
      return await this.#source.mediaDevices.getUserMedia(CONSTRAINTS);
    } catch (cause) {
      throw this.#explain(cause);
    } finally {
      this.#asking = false;
    }
  }

  #explain(cause: unknown): VoiceAgentError {
    const { name = '', message = '' } = (cause ?? {}) as { name?: string; message?: string };
    const code = CODES[name] ?? 'mic_busy';
    if (code === 'mic_denied') {
      if (this.#source.microphoneAllowed() === false) return new VoiceAgentError('policy_blocked', { cause });
      // Chromium's words for a prompt that was closed without an answer; other browsers do not tell.
      if (/dismissed/i.test(message)) return new VoiceAgentError('mic_dismissed', { cause });
    }
    return VoiceAgentError.from(cause, code);
  }
}

/** The track of a stream that delivers sound. */
export const liveTrack = (stream: MediaStream): MediaStreamTrack | undefined => stream.getAudioTracks().find(({ readyState }) => readyState === 'live');

/**
 * The visitor's microphone for one call, across its connections.
 *
 * Owns: the track that it opened (stopped in `release()`), muting, the error code for each failure.
 * Does not own: a stream from the page, which is muted and unmuted but never stopped; when a lost microphone is reopened
 * (`session/device-watch.ts`).
 */
import { VoiceAgentError, type ErrorCode } from '../contract/errors.js';

/** The browser features that the microphone uses. */
export interface MicrophoneSource {
  /** `undefined` if the page is not a secure context. */
  readonly mediaDevices: Pick<MediaDevices, 'getUserMedia'> | undefined;
  /** `undefined` if the browser has no Permissions API; only queried for `microphone`. */
  readonly permissions: Pick<Permissions, 'query'> | undefined;
  /** False on pages that are neither https nor localhost. */
  readonly secure: boolean;
  /** False if the embedding page's Permissions-Policy forbids the microphone; `undefined` if unknown. */
  microphoneAllowed(): boolean | undefined;
}

/** For speech: one channel, with echo cancellation, so that the agent does not hear itself. */
const CONSTRAINTS: MediaStreamConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
};

/** Events of a track after which its state may have changed. */
const CHANGES = ['ended', 'mute', 'unmute'];

const CODES: Readonly<Record<string, ErrorCode>> = {
  NotAllowedError: 'mic_denied',
  SecurityError: 'policy_blocked',
  NotFoundError: 'mic_missing',
  OverconstrainedError: 'mic_missing',
  NotReadableError: 'mic_busy',
  AbortError: 'mic_busy',
};

/** The microphone of a call; opened once, and again after its track has ended. */
export class Microphone {
  /** The page's own stream; never stopped. */
  given: MediaStream | undefined;
  readonly #source: MicrophoneSource;
  #track: MediaStreamTrack | undefined;
  #permission: PermissionStatus | undefined;
  /** Counts calls of `open()`; the stream of a superseded call is stopped when it arrives. */
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

  /** True while the track delivers audio, or would if it were not muted. */
  get live(): boolean {
    return this.#track?.readyState === 'live';
  }

  /** True while the device does not respond: `getUserMedia()` is pending although permission is granted. */
  get unanswered(): boolean {
    return this.#asking && this.#permission?.state === 'granted';
  }

  /** The reason why no microphone is available, as far as known without a prompt. */
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
      // A live object: its state follows the visitor's decisions.
      const status = (this.#permission ??= await this.#source.permissions?.query({ name: 'microphone' }));
      if (status) status.onchange = () => !this.#released && status.state === 'granted' && onGranted?.();
      return status?.state === 'granted';
    } catch {
      return false; // The browser does not support this permission name.
    }
  }

  /**
   * Opens the microphone, muted from its first sample if `mute(true)` was called before. A track that is still live from the
   * previous connection is reused.
   * @param onChange called when the track ended on its own (unplugged, or the permission was revoked), or the system muted or
   * unmuted it
   * @throws VoiceAgentError `mic_denied`, `mic_dismissed`, `mic_missing`, `mic_busy`, `policy_blocked`; `aborted` if released in
   * the meantime (a stream that arrives late is stopped at once)
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

  /** Keeps the track open between two connections of a call; a loss in the meantime is not reported. */
  park(): void {
    // Invalidates a pending `open()`: its stream is stopped when it arrives.
    this.#openings++;
    this.#onChange = undefined;
    if (this.#permission) this.#permission.onchange = null;
  }

  /** Mutes or unmutes the visitor at once. */
  mute(on: boolean): void {
    this.#muted = on;
    if (this.#track) this.#track.enabled = !on;
  }

  /** Stops the opened track, also if it arrives late. The page's own stream is only unmuted. */
  release(): void {
    this.#released = true;
    this.drop();
  }

  /** Releases the track and a pending request; `open()` may be called again. */
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
    // Adding the same listener again has no effect.
    for (const type of CHANGES) track.addEventListener(type, this.#applyTrackEvent);
    return track;
  }

  readonly #applyTrackEvent = ({ type, target }: Event): void => {
    // An earlier or released track.
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
      throw this.#toError(cause);
    } finally {
      this.#asking = false;
    }
  }

  #toError(cause: unknown): VoiceAgentError {
    const { name = '', message = '' } = (cause ?? {}) as { name?: string; message?: string };
    const code = CODES[name] ?? 'mic_busy';
    if (code === 'mic_denied') {
      if (this.#source.microphoneAllowed() === false) return new VoiceAgentError('policy_blocked', { cause });
      // Chromium's message for a dismissed prompt; other browsers do not distinguish it.
      if (/dismissed/i.test(message)) return new VoiceAgentError('mic_dismissed', { cause });
    }
    return VoiceAgentError.from(cause, code);
  }
}

/** The live audio track of a stream. */
export const liveTrack = (stream: MediaStream): MediaStreamTrack | undefined =>
  stream.getAudioTracks().find(({ readyState }) => readyState === 'live');

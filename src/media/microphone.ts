/**
 * The visitor's microphone for one call, or for the calls that follow each other after a loss.
 *
 * Owns: the track that it opened (stopped in `release()`), muting, the words for why there is none.
 * Does not own: a stream that the page brought: it is muted and unmuted, never stopped.
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

const CODES: Readonly<Record<string, ErrorCode>> = {
  NotAllowedError: 'mic_denied',
  SecurityError: 'policy_blocked',
  NotFoundError: 'mic_missing',
  OverconstrainedError: 'mic_missing',
  NotReadableError: 'mic_busy',
  AbortError: 'mic_busy',
};

/** One conversation's microphone; `open()` is called once per call. */
export class Microphone {
  readonly #source: MicrophoneSource;
  readonly #given: MediaStream | undefined;
  #track: MediaStreamTrack | undefined;
  #muted = false;
  #released = false;
  #onLost: (() => void) | undefined;

  constructor(source: MicrophoneSource, given?: MediaStream) {
    this.#source = source;
    this.#given = given;
  }

  /** The open track, or `undefined` before and after. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  /** What is known without asking anybody: the reason why no microphone can be had here. */
  obstacle(): VoiceAgentError | undefined {
    if (this.#given) return undefined;
    if (!this.#source.secure) return new VoiceAgentError('insecure_context');
    if (this.#source.microphoneAllowed() === false) return new VoiceAgentError('policy_blocked');
    return this.#source.mediaDevices ? undefined : new VoiceAgentError('unsupported');
  }

  /** Whether `open()` will show no prompt. */
  async granted(): Promise<boolean> {
    if (this.#given || this.#track?.readyState === 'live') return true;
    try {
      const status = await this.#source.permissions?.query({ name: 'microphone' });
      return status?.state === 'granted';
    } catch {
      return false; // Browsers that do not know this permission's name.
    }
  }

  /**
   * Opens the microphone, muted from its first sample if `mute(true)` was called before. One that is still open from the
   * call before goes on as it is.
   * @param onLost the track ended without us: unplugged, or the permission was taken away
   * @throws VoiceAgentError `mic_denied`, `mic_dismissed`, `mic_missing`, `mic_busy`, `policy_blocked`; `aborted` when
   * released meanwhile (a late grant is given back at once)
   */
  async open(onLost: () => void): Promise<MediaStreamTrack> {
    this.park();
    if (this.#track?.readyState === 'live') return this.#hold(this.#track, onLost);
    const stream = this.#given ?? (await this.#ask());
    const [track] = stream.getAudioTracks();
    if (this.#released) {
      if (!this.#given) stopAll(stream);
      throw new VoiceAgentError('aborted');
    }
    if (!track || track.readyState === 'ended') throw new VoiceAgentError('mic_missing');
    return this.#hold(track, onLost);
  }

  /** Stays open between two calls of one conversation; nobody is told when it is lost meanwhile. */
  park(): void {
    if (this.#onLost) this.#track?.removeEventListener('ended', this.#onLost);
    this.#onLost = undefined;
  }

  /** Cuts or opens the visitor's voice at once. */
  mute(on: boolean): void {
    this.#muted = on;
    if (this.#track) this.#track.enabled = !on;
  }

  /** Stops what was opened here, now or when it arrives late. The page's own stream only gets its voice back. */
  release(): void {
    this.#released = true;
    this.park();
    const track = this.#track;
    this.#track = undefined;
    if (!track) return;
    if (!this.#given) track.stop();
    else if (this.#muted) track.enabled = true;
  }

  #hold(track: MediaStreamTrack, onLost: () => void): MediaStreamTrack {
    this.#track = track;
    track.enabled = !this.#muted;
    this.#onLost = onLost;
    track.addEventListener('ended', onLost);
    return track;
  }

  async #ask(): Promise<MediaStream> {
    try {
      if (!this.#source.mediaDevices) throw new VoiceAgentError('unsupported');
      return await this.#source.mediaDevices.getUserMedia(CONSTRAINTS);
    } catch (cause) {
      throw this.#explain(cause);
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

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * Plays the agent's voice.
 *
 * Owns: the audio element (its own, never in the document, or the page's), whether the browser blocks playback, and the local cut
 * of an interrupted answer.
 * Does not own: the track's lifetime (the connection ends it), when an answer is interrupted, when to check whether it still plays
 * (`session/device-watch.ts`).
 */

/** Milliseconds during which frames of a cut answer may still leave the browser's jitter buffer (WebRTC). */
const LATE_FRAMES = 120;

/** Dependencies and callbacks of the speaker. */
export interface SpeakerSetup {
  readonly element: HTMLAudioElement;
  readonly timers: { setTimeout(callback: () => void, milliseconds: number): unknown; clearTimeout(timer: unknown): void };
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** Milliseconds during which audio of a cut answer may still arrive. Default: the value for WebRTC. */
  readonly lateFrames?: number;
  /** True if the transport plays the track itself: mutes the element until `release()`. Default false. */
  readonly muted?: boolean;
  /** The element does not play, because the browser blocks it or something stopped it (`true`), or plays again (`false`). */
  onBlocked(blocked: boolean): void;
}

/** The loudspeaker of one call. */
export class Speaker {
  readonly #setup: SpeakerSetup;
  #track: MediaStreamTrack | undefined;
  #stream: MediaStream | undefined;
  /** Set while the element is muted: whether its owner had muted it. */
  #mutedBefore: boolean | undefined;
  #blocked = false;
  #released = false;
  #cutAt: number | undefined;
  #opening: unknown;

  constructor(setup: SpeakerSetup) {
    this.#setup = setup;
  }

  /** The track of the agent's voice, for a meter. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  /** True while the element does not play and will not start on its own. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** True from `cut()` until the next answer is audible. */
  get isCut(): boolean {
    return this.#cutAt !== undefined;
  }

  /** Plays this track. */
  attach(track: MediaStreamTrack): void {
    if (this.#released) return;
    this.#track = track;
    track.enabled = this.#cutAt === undefined;
    const { element } = this.#setup;
    if (this.#setup.muted) {
      this.#mutedBefore ??= element.muted;
      element.muted = true;
    }
    element.autoplay = true;
    this.#stream = element.srcObject = new MediaStream([track]);
    void this.resume();
  }

  /** False while there is something to play but the element does not play it. */
  get plays(): boolean {
    return !this.#stream || (this.#isOurs && !this.#setup.element.paused);
  }

  /** Sets whether playback is blocked, as measured by the caller. */
  setBlocked(blocked: boolean): void {
    if (this.#released || blocked === this.#blocked) return;
    this.#blocked = blocked;
    this.#setup.onBlocked(blocked);
  }

  /** Tries to play; inside a user gesture, blocked playback succeeds. Never rejects. */
  async resume(): Promise<void> {
    const { element } = this.#setup;
    try {
      if (this.#stream && !this.#isOurs) element.srcObject = this.#stream;
      await element.play();
      this.setBlocked(false);
    } catch (reason) {
      // Other errors (such as a stream that was replaced or removed in the meantime) are unrelated to autoplay permission.
      if ((reason as { name?: string } | null)?.name === 'NotAllowedError') this.setBlocked(true);
    }
  }

  /** Silences playback at once, until `open()`. */
  cut(): void {
    this.#setup.timers.clearTimeout(this.#opening);
    this.#opening = undefined;
    this.#cutAt = this.#setup.now();
    if (this.#track) this.#track.enabled = false;
  }

  /** Unmutes for the next answer, as soon as no frame of the cut one can be left in the browser's buffer. */
  open(): void {
    if (this.#cutAt === undefined || this.#opening !== undefined) return;
    const wait = this.#cutAt + (this.#setup.lateFrames ?? LATE_FRAMES) - this.#setup.now();
    if (wait <= 0) this.#openNow();
    else this.#opening = this.#setup.timers.setTimeout(() => this.#openNow(), wait);
  }

  /** Releases the element. */
  release(): void {
    this.#released = true;
    this.#setup.timers.clearTimeout(this.#opening);
    this.#track = this.#stream = undefined;
    const { element } = this.#setup;
    if (!element.paused) element.pause();
    element.srcObject = null;
    if (this.#mutedBefore !== undefined) element.muted = this.#mutedBefore;
  }

  #openNow(): void {
    this.#opening = undefined;
    this.#cutAt = undefined;
    if (this.#track) this.#track.enabled = true;
  }

  /** False if the element has another source or failed, so that its source must be set again. */
  get #isOurs(): boolean {
    const { srcObject, error } = this.#setup.element;
    return srcObject === this.#stream && !error;
  }
}

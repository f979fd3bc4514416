/**
 * Plays the agent's voice.
 *
 * Owns: the audio element (its own, never in the document, or the page's), whether the browser lets it sound, and the
 * local cut of an interrupted answer.
 * Does not own: the track's life (the connection ends it), when an answer is interrupted, when to look whether it still plays
 * (`session/device-watch.ts`).
 */

/** Milliseconds that frames of a cut answer may still come out of the browser's jitter buffer (WebRTC). */
const LATE_FRAMES = 120;

/** What the speaker needs from outside. */
export interface SpeakerSetup {
  readonly element: HTMLAudioElement;
  readonly timers: { setTimeout(callback: () => void, milliseconds: number): unknown; clearTimeout(timer: unknown): void };
  /** Milliseconds of a steady clock. */
  now(): number;
  /** Milliseconds that sound of a cut answer may still arrive. Default: what a WebRTC connection needs. */
  readonly lateFrames?: number;
  /** The element does not play, because the browser refuses or something stopped it (`true`), or plays after all (`false`). */
  onBlocked(blocked: boolean): void;
}

/** The loudspeaker of one call. */
export class Speaker {
  readonly #setup: SpeakerSetup;
  #track: MediaStreamTrack | undefined;
  #stream: MediaStream | undefined;
  #blocked = false;
  #released = false;
  #cutAt: number | undefined;
  #opening: unknown;

  constructor(setup: SpeakerSetup) {
    this.#setup = setup;
  }

  /** The agent's voice, for a meter. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  /** True while the element does not play, and does not begin to by itself. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** True between `cut()` and the moment the next answer is let through. */
  get isCut(): boolean {
    return this.#cutAt !== undefined;
  }

  /** Plays this track from now on. */
  attach(track: MediaStreamTrack): void {
    if (this.#released) return;
    this.#track = track;
    track.enabled = this.#cutAt === undefined;
    const { element } = this.#setup;
    element.autoplay = true;
    this.#stream = element.srcObject = new MediaStream([track]);
    void this.resume();
  }

  /** False while there is something to play and the element does not. */
  get plays(): boolean {
    return !this.#stream || (this.#isOurs && !this.#setup.element.paused);
  }

  /** Records whether the element plays, as its caller has measured. */
  setBlocked(blocked: boolean): void {
    if (this.#released || blocked === this.#blocked) return;
    this.#blocked = blocked;
    this.#setup.onBlocked(blocked);
  }

  /** Tries to play; inside a user gesture it succeeds where it was refused before. Never rejects. */
  async resume(): Promise<void> {
    const { element } = this.#setup;
    try {
      if (this.#stream && !this.#isOurs) element.srcObject = this.#stream;
      await element.play();
      this.setBlocked(false);
    } catch (reason) {
      // Other reasons (a stream that was replaced or removed meanwhile) say nothing about permission.
      if ((reason as { name?: string } | null)?.name === 'NotAllowedError') this.setBlocked(true);
    }
  }

  /** Silence at once, until `open()`. */
  cut(): void {
    this.#setup.timers.clearTimeout(this.#opening);
    this.#opening = undefined;
    this.#cutAt = this.#setup.now();
    if (this.#track) this.#track.enabled = false;
  }

  /** Lets the next answer through, as soon as no frame of the cut one can be left in the browser's buffer. */
  open(): void {
    if (this.#cutAt === undefined || this.#opening !== undefined) return;
    const wait = this.#cutAt + (this.#setup.lateFrames ?? LATE_FRAMES) - this.#setup.now();
    if (wait <= 0) this.#openNow();
    else this.#opening = this.#setup.timers.setTimeout(() => this.#openNow(), wait);
  }

  /** Lets go of the element. */
  release(): void {
    this.#released = true;
    this.#setup.timers.clearTimeout(this.#opening);
    this.#track = this.#stream = undefined;
    const { element } = this.#setup;
    if (!element.paused) element.pause();
    element.srcObject = null;
  }

  #openNow(): void {
    this.#opening = undefined;
    this.#cutAt = undefined;
    if (this.#track) this.#track.enabled = true;
  }

  /** Something else took the element, or it failed: its source has to be set anew. */
  get #isOurs(): boolean {
    const { srcObject, error } = this.#setup.element;
    return srcObject === this.#stream && !error;
  }
}

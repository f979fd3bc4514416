/**
 * The loudness of a room when nobody speaks.
 *
 * Owns: an estimate by minimum statistics. Speech has gaps between words, steady noise has none, so the quietest
 * moment of the last seconds is the noise. It needs no decision about speech, which would have to be right before the
 * floor is.
 */

/** Frames of one stretch whose minimum is kept: 1.5 s. */
const STRETCH_FRAMES = 75;
/** Finished stretches remembered; with the running one they cover 4.5 to 6 s. A tone may sound that long as a voice. */
const STRETCHES = 3;
/** Frames averaged before the minimum, so that one lost or muted frame does not count as the room. */
const SMOOTH_FRAMES = 3;
/** Bounds in dBFS. Below the first no microphone is, above the second it is not noise any more. */
const LOWEST = -65;
const HIGHEST = -35;
/** Upper bound until all stretches are full: until then a voice may be all that was ever heard. */
const HIGHEST_AT_FIRST = -45;

/** Estimates the noise floor of one microphone. */
export class NoiseFloor {
  readonly #levels: number[] = [];
  readonly #minima: number[] = [];
  #minimum = Infinity;
  #frames = 0;

  /** The floor in dBFS, between -65 and -35. */
  get level(): number {
    // A room that turns out quieter counts at once, a louder one when the older stretches are forgotten.
    const bound = this.#minima.length < STRETCHES ? HIGHEST_AT_FIRST : HIGHEST;
    return Math.min(bound, Math.max(LOWEST, Math.min(this.#minimum, ...this.#minima)));
  }

  /** Takes the level of the next frame in dBFS. */
  push(level: number): void {
    this.#levels.push(Math.max(LOWEST, level));
    if (this.#levels.length > SMOOTH_FRAMES) {
      this.#levels.shift();
    }
    if (this.#levels.length === SMOOTH_FRAMES) {
      this.#minimum = Math.min(this.#minimum, this.#levels.reduce((sum, value) => sum + value, 0) / SMOOTH_FRAMES);
    }
    this.#frames += 1;
    if (this.#frames % STRETCH_FRAMES === 0) {
      this.#minima.push(this.#minimum);
      if (this.#minima.length > STRETCHES) {
        this.#minima.shift();
      }
      this.#minimum = Infinity;
    }
  }
}

/**
 * The background noise level of a room.
 *
 * Owns: an estimate by minimum statistics. Speech has gaps between words and steady noise has none, so the quietest
 * moment of the last seconds is the noise. It does not depend on speech detection, which itself depends on the floor.
 */

/** Frames of one stretch, whose minimum is kept: 1.5 s. */
const STRETCH_FRAMES = 75;
/** Number of finished stretches kept; with the current one they cover 4.5 to 6 s. A tone counts as a voice for that long. */
const STRETCHES = 3;
/** Frames averaged before taking the minimum, so that one lost or muted frame does not lower it. */
const SMOOTH_FRAMES = 3;
/** Bounds in dBFS. No microphone is quieter than the first; anything louder than the second is not noise. */
const LOWEST = -65;
const HIGHEST = -35;
/** Upper bound until all stretches are full: until then, the input may have been only speech. */
const HIGHEST_AT_FIRST = -45;

/** Estimates the noise floor of one microphone. */
export class NoiseFloor {
  readonly #levels: number[] = [];
  readonly #minima: number[] = [];
  #minimum = Infinity;
  #frames = 0;

  /** The floor in dBFS, between -65 and -35. */
  get level(): number {
    // A quieter room takes effect immediately, a louder one once the older stretches are dropped.
    const bound = this.#minima.length < STRETCHES ? HIGHEST_AT_FIRST : HIGHEST;
    return Math.min(bound, Math.max(LOWEST, Math.min(this.#minimum, ...this.#minima)));
  }

  /** Adds the level of the next frame in dBFS. */
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

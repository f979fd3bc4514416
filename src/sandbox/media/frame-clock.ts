/**
 * The 20 ms clock shared by all calls of the process.
 *
 * Owns: when each call's next frame is due, one shared timer, and lateness statistics. Does not own frames: the clock
 * calls back, the call encodes and sends.
 *
 * - One timer, not one per call: 40 separate intervals would drift apart or coincide at random. Each call gets a phase
 *   in the middle of the widest free gap of the 20 ms, so that encoding is spread evenly and never comes in bursts.
 * - The schedule is absolute (`start + n × 20 ms`), so a late wake-up delays one frame and not the ones after it.
 * - After a stall, at most `maxBurst` frames of a call are caught up on; older ones are skipped and reported to the
 *   call, whose RTP time must follow real time.
 */

import { FRAME_MS } from './peer.js';

/** How late frames were, in milliseconds from their due time to the end of the call's send. */
export interface Lateness {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Number of frames measured. */
  readonly count: number;
  /** Frames that were never sent because the process stalled for longer than `maxBurst` frames. */
  readonly skipped: number;
}

/** Time and wake-ups for a clock. Tests pass a fake one. */
export interface TimeSource {
  /** Monotonic milliseconds with fractions. */
  now(): number;
  /** Calls back once after about `ms` milliseconds; returns a function that cancels it. */
  wake(callback: () => void, ms: number): () => void;
}

/** Settings of a clock. */
export interface FrameClockOptions {
  readonly time?: TimeSource;
  /** Maximum number of frames of one call sent back to back after a stall. Default 3. */
  readonly maxBurst?: number;
}

/** Called once per frame. `skipped` is the number of frames skipped before this one after a stall. */
export type FrameCallback = (skipped: number) => void;

interface Entry {
  readonly phase: number;
  readonly callback: FrameCallback;
  due: number;
}

/** Width of a histogram cell in milliseconds. */
const CELL_MS = 0.05;
/** Cells of the histogram: 0 to 100 ms; the last one counts everything later. */
const CELLS = 2000;
const realTime: TimeSource = {
  now: () => performance.now(),
  wake: (callback, ms) => {
    if (ms <= 0) {
      const immediate = setImmediate(callback);
      return () => {
        clearImmediate(immediate);
      };
    }
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Gives every call its frame callback every 20 ms. It keeps the process alive only while it has calls. */
export class FrameClock {
  readonly #time: TimeSource;
  readonly #maxBurst: number;
  readonly #entries: Entry[] = [];
  readonly #cells = new Uint32Array(CELLS);
  #count = 0;
  #max = 0;
  #skipped = 0;
  #cancelWake: (() => void) | undefined;
  #running = false;

  constructor(options: FrameClockOptions = {}) {
    this.#time = options.time ?? realTime;
    this.#maxBurst = Math.max(1, options.maxBurst ?? 3);
  }

  /** Number of calls on the clock. */
  get calls(): number {
    return this.#entries.length;
  }

  /**
   * Adds a call. Its first frame is due within 20 ms.
   *
   * A callback that throws is removed, and its error is rethrown outside the clock, where it ends the process like any
   * uncaught error: it is a bug in the sandbox, not something a client can cause.
   *
   * @returns a function that removes the call; safe to call twice and from within the callback.
   */
  add(callback: FrameCallback): () => void {
    const phase = this.#freePhase();
    const now = this.#time.now();
    const due = now + ((((phase - now) % FRAME_MS) + FRAME_MS) % FRAME_MS);
    const entry: Entry = { phase, callback, due };
    this.#entries.push(entry);
    this.#arm();
    return () => {
      this.#remove(entry);
    };
  }

  /** How late frames have been since the start or since `resetLateness`. Accurate to 0.05 ms. */
  lateness(): Lateness {
    return {
      p50: this.#percentile(0.5),
      p99: this.#percentile(0.99),
      max: this.#max,
      count: this.#count,
      skipped: this.#skipped,
    };
  }

  /** Resets the lateness statistics. */
  resetLateness(): void {
    this.#cells.fill(0);
    this.#count = 0;
    this.#max = 0;
    this.#skipped = 0;
  }

  #percentile(share: number): number {
    const wanted = Math.ceil(this.#count * share);
    let seen = 0;
    for (let cell = 0; cell < CELLS; cell += 1) {
      seen += this.#cells[cell] ?? 0;
      if (seen >= wanted && seen > 0) {
        return cell === CELLS - 1 ? this.#max : Math.min((cell + 1) * CELL_MS, this.#max);
      }
    }
    return 0;
  }

  /** The middle of the widest gap between used phases. */
  #freePhase(): number {
    const phases = this.#entries.map((entry) => entry.phase).sort((a, b) => a - b);
    let best = 0;
    let widest = -1;
    for (const [index, phase] of phases.entries()) {
      const next = phases[index + 1] ?? (phases[0] ?? 0) + FRAME_MS;
      if (next - phase > widest) {
        widest = next - phase;
        best = (phase + (next - phase) / 2) % FRAME_MS;
      }
    }
    return best;
  }

  #remove(entry: Entry): void {
    const index = this.#entries.indexOf(entry);
    if (index < 0) {
      return;
    }
    this.#entries.splice(index, 1);
    if (this.#entries.length === 0) {
      this.#cancelWake?.();
      this.#cancelWake = undefined;
    }
  }

  #nextEntry(): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.#entries) {
      if (next === undefined || entry.due < next.due) {
        next = entry;
      }
    }
    return next;
  }

  #arm(): void {
    if (this.#running) {
      return;
    }
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    const next = this.#nextEntry();
    if (next !== undefined) {
      const wait = next.due - this.#time.now();
      // Timers truncate to whole milliseconds; rounding up avoids waking too early.
      this.#cancelWake = this.#time.wake(this.#wake, Math.ceil(Math.max(0, wait)));
    }
  }

  readonly #wake = (): void => {
    this.#cancelWake = undefined;
    this.#running = true;
    let now = this.#time.now();
    // Bounded, so that I/O is not starved if frames take longer than real time.
    for (let frames = 0; frames < this.#entries.length * this.#maxBurst; frames += 1) {
      const entry = this.#nextEntry();
      if (entry === undefined || entry.due > now) {
        break;
      }
      this.#run(entry, now);
      now = this.#time.now();
    }
    this.#running = false;
    this.#arm();
  };

  #run(entry: Entry, now: number): void {
    // Frames due by now, including this one; only the last `maxBurst` of them are sent.
    const behind = Math.floor((now - entry.due) / FRAME_MS) + 1;
    const skipped = Math.max(0, behind - this.#maxBurst);
    const due = entry.due + skipped * FRAME_MS;
    entry.due = due + FRAME_MS;
    this.#skipped += skipped;
    try {
      entry.callback(skipped);
    } catch (error) {
      this.#remove(entry);
      queueMicrotask(() => {
        throw error;
      });
      return;
    }
    const late = Math.max(0, this.#time.now() - due);
    const cell = Math.min(CELLS - 1, Math.floor(late / CELL_MS));
    this.#cells[cell] = (this.#cells[cell] ?? 0) + 1;
    this.#count += 1;
    this.#max = Math.max(this.#max, late);
  }
}

/** The clock shared by all calls of this process. */
export const sharedFrameClock = new FrameClock();

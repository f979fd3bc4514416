/**
 * Whether the network takes what a call sends. A WebSocket says neither that it has stopped nor that it flows again: all
 * there is to see is how much waits, and whether that became less between two looks.
 *
 * Owns: the patience with a network that takes too little or nothing. Does not own: the socket, what is sent.
 */
import type { Timers } from './transport.js';

/** Bytes that wait above which the microphone pauses: some 4 s of its sound, too late to be of use. */
const MOST_WAITING = 262_144;
/** Bytes that wait above which the network is late (2 s of sound), and below which it flows again. */
const LATE = 131_072;
const FLOWING = 16_384;
/** Milliseconds that it may be late before the visitor is told: a picture on its way needs that, too. */
const PATIENCE = 1_000;
/** Milliseconds in which not a byte leaves, after which the call counts as lost: TCP itself would wait for minutes. */
const STANDSTILL = 20_000;

/** What an outflow watches and whom it tells. Nothing is told after `stop()`. */
export interface OutflowSetup {
  readonly timers: Timers;
  /** Bytes that wait to be sent. */
  waiting(): number;
  onStalled(stalled: boolean): void;
  onLost(): void;
}

/** See the head of the file. */
export class Outflow {
  readonly #setup: OutflowSetup;
  #left = 0;
  #moved = false;
  #late: unknown;
  #lost: unknown;

  constructor(setup: OutflowSetup) {
    this.#setup = setup;
  }

  /** Looks at what waits, before something is sent or when time has passed. True: as much waits as ever should. */
  look(): boolean {
    const waiting = this.#setup.waiting();
    if (waiting < this.#left) this.#moved = true;
    this.#left = waiting;
    const { timers } = this.#setup;
    if (waiting < FLOWING) this.#calm();
    else if (waiting > LATE && this.#late === undefined) this.#late = timers.setTimeout(() => this.#stall(), PATIENCE);
    return waiting > MOST_WAITING;
  }

  /** Notes that something was sent. */
  sent(): void {
    this.#left = this.#setup.waiting();
  }

  stop(): void {
    const { timers } = this.#setup;
    timers.clearTimeout(this.#late);
    timers.clearTimeout(this.#lost);
    this.#late = this.#lost = undefined;
  }

  #stall(): void {
    // It may have drained while nobody looked.
    this.look();
    if (this.#late === undefined) return;
    this.#setup.onStalled(true);
    this.#wait();
  }

  #wait(): void {
    this.#moved = false;
    this.#lost = this.#setup.timers.setTimeout(() => {
      this.look();
      if (this.#lost === undefined) return;
      if (this.#moved) this.#wait();
      else this.#setup.onLost();
    }, STANDSTILL);
  }

  #calm(): void {
    const told = this.#lost !== undefined;
    this.stop();
    if (told) this.#setup.onStalled(false);
  }
}

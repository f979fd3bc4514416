/**
 * Detects whether the network keeps up with what a call sends. A WebSocket reports neither a stall nor its end: only the amount
 * of buffered data is visible, and whether it decreases between two checks.
 *
 * Owns: the time limits for a slow or stalled network. Does not own: the socket, what is sent.
 */
import type { CallBus } from '../../contract/call-bus.js';
import type { Timers } from '../transport.js';

/** Buffered bytes above which the microphone pauses: some 4 s of audio, too late to be useful. */
const MOST_WAITING = 262_144;
/** Buffered bytes above which the network counts as late (2 s of audio), and below which it has recovered. */
const LATE = 131_072;
const FLOWING = 16_384;
/** Milliseconds that it may be late before a stall is reported: sending an image takes that long, too. */
const PATIENCE = 1_000;
/** Milliseconds without any progress after which the call counts as lost; TCP itself would wait for minutes. */
const STANDSTILL = 20_000;

/** Dependencies and callbacks of `SendBuffer`. No callback is called after `stop()`. */
export interface SendBufferSetup {
  readonly timers: Timers;
  /** The number of buffered bytes. */
  waiting(): number;
  /** Receives `stalled`. */
  readonly bus: Pick<CallBus, 'emit'>;
  onLost(): void;
}

/** See the head of the file. */
export class SendBuffer {
  readonly #setup: SendBufferSetup;
  #left = 0;
  #moved = false;
  #late: unknown;
  #lost: unknown;

  constructor(setup: SendBufferSetup) {
    this.#setup = setup;
  }

  /** Checks the buffered amount, before sending or after a delay. True if the buffer is full. */
  check(): boolean {
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
    // It may have drained since the last check.
    this.check();
    if (this.#late === undefined) return;
    this.#setup.bus.emit('stalled', true);
    this.#wait();
  }

  #wait(): void {
    this.#moved = false;
    this.#lost = this.#setup.timers.setTimeout(() => {
      this.check();
      if (this.#lost === undefined) return;
      if (this.#moved) this.#wait();
      else this.#setup.onLost();
    }, STANDSTILL);
  }

  #calm(): void {
    const stalled = this.#lost !== undefined;
    this.stop();
    if (stalled) this.#setup.bus.emit('stalled', false);
  }
}

/** The frame clock with simulated time. */

import { describe, expect, it } from 'vitest';
import { FrameClock } from '../../../src/sandbox/media/frame-clock.js';
import type { TimeSource } from '../../../src/sandbox/media/frame-clock.js';

/** Time that only the test advances. Wakes fire up to `grain` late, like real timers. */
class TestTime implements TimeSource {
  #now = 1000;
  #alarm: { at: number; callback: () => void } | undefined;
  wakes = 0;

  now(): number {
    return this.#now;
  }

  wake(callback: () => void, ms: number): () => void {
    const alarm = { at: this.#now + ms, callback };
    this.#alarm = alarm;
    return () => {
      if (this.#alarm === alarm) {
        this.#alarm = undefined;
      }
    };
  }

  get idle(): boolean {
    return this.#alarm === undefined;
  }

  /** Advances time within a callback, as work does. */
  spend(ms: number): void {
    this.#now += ms;
  }

  /** Runs everything due until then. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (this.#alarm !== undefined && this.#alarm.at <= end) {
      const { at, callback } = this.#alarm;
      this.#alarm = undefined;
      this.#now = Math.max(this.#now, at);
      this.wakes += 1;
      callback();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** Simulates a stalled process: due wakes fire only afterwards. */
  stall(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }
}

describe('FrameClock', () => {
  it('calls back every 20 ms without drift, even though work takes time', () => {
    const time = new TestTime();
    const clock = new FrameClock({ time });
    const at: number[] = [];
    clock.add(() => {
      at.push(time.now());
      time.spend(1.7);
    });
    time.advance(10_000);
    expect(at.length).toBeGreaterThanOrEqual(500);
    const first = at[0] ?? 0;
    for (const [index, now] of at.entries()) {
      expect(now - (first + 20 * index)).toBeLessThan(2);
      expect(now).toBeGreaterThanOrEqual(first + 20 * index);
    }
  });

  it('spreads calls over the 20 ms interval', () => {
    const time = new TestTime();
    const clock = new FrameClock({ time });
    const first = new Map<number, number>();
    for (let call = 0; call < 40; call += 1) {
      clock.add(() => {
        first.set(call, first.get(call) ?? time.now() % 20);
      });
    }
    time.advance(40);
    const cells = new Map<number, number>();
    for (const phase of first.values()) {
      cells.set(Math.floor(phase), (cells.get(Math.floor(phase)) ?? 0) + 1);
    }
    expect(first.size).toBe(40);
    expect(Math.max(...cells.values())).toBeLessThanOrEqual(4);
  });

  it('catches up with at most three frames after a stall and reports the others as skipped', () => {
    const time = new TestTime();
    const clock = new FrameClock({ time });
    const skips: number[] = [];
    clock.add((skipped) => {
      skips.push(skipped);
    });
    time.advance(100);
    const before = skips.length;
    time.stall(1000);
    const made = skips.slice(before);
    expect(made.length).toBeLessThanOrEqual(3);
    expect(made.reduce((sum, skipped) => sum + skipped + 1, 0)).toBe(50);
    expect(clock.lateness().skipped).toBe(47);
    // Frames and skipped frames together match real time.
    time.advance(200);
    expect(skips.slice(before).reduce((sum, skipped) => sum + skipped + 1, 0)).toBe(60);
  });

  it('measures how late frames were', () => {
    const time = new TestTime();
    const clock = new FrameClock({ time });
    expect(clock.lateness()).toEqual({ p50: 0, p99: 0, max: 0, count: 0, skipped: 0 });
    let frames = 0;
    clock.add(() => {
      frames += 1;
      time.spend(frames === 200 ? 7 : 0.4);
    });
    time.advance(4000);
    const { p50, p99, max, count } = clock.lateness();
    expect(count).toBe(frames);
    expect(p50).toBeGreaterThan(0.3);
    expect(p50).toBeLessThan(1.5);
    expect(p99).toBeLessThan(2);
    expect(max).toBeGreaterThanOrEqual(7);
    clock.resetLateness();
    expect(clock.lateness().count).toBe(0);
  });

  it('has no timer without calls, even if a call is removed in its own callback', () => {
    const time = new TestTime();
    const clock = new FrameClock({ time });
    let calls = 0;
    const leave = clock.add(() => {
      calls += 1;
      leave();
      leave();
    });
    time.advance(100);
    expect(calls).toBe(1);
    expect(clock.calls).toBe(0);
    expect(time.idle).toBe(true);
    const leaveLater = clock.add(() => undefined);
    expect(time.idle).toBe(false);
    leaveLater();
    expect(time.idle).toBe(true);
  });

  it('does not starve I/O when overloaded', () => {
    const time = new TestTime();
    const clock = new FrameClock({ time });
    for (let call = 0; call < 10; call += 1) {
      clock.add(() => {
        time.spend(3);
      });
    }
    time.advance(1000);
    // 10 calls of 3 ms do not fit in 20 ms. Each wake handles at most three frames per call, then yields to the event loop.
    expect(time.wakes).toBeGreaterThanOrEqual(Math.floor(1000 / 90));
    expect(clock.lateness().skipped).toBeGreaterThan(0);
  });
});

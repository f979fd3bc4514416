/** What a test can measure of a call. */
import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';
import { connect, start } from './harness.js';

describe('measurements', () => {
  it('report the level and audio of the visitor’s microphone', async () => {
    const { call, peer } = await connect(await start({ clock: new FakeClock() }));
    expect(call.silenceSince).toBeUndefined();
    peer.hear(Int16Array.from({ length: 24_000 }, (_, index) => Math.round(3_276.8 * Math.SQRT2 * Math.sin(index / 10))));
    expect(call.inputLevel()).toBeCloseTo(-20, 0);
    expect(call.silenceSince).toBeUndefined();
    const count = call.levels.length;
    peer.hear(new Int16Array(24_000));
    expect(call.levels.slice(count).every(({ dbfs }) => dbfs === -100)).toBe(true);
    expect(call.silenceSince).toBe(call.levels[count]?.at);
    expect(call.inputAudio()).toHaveLength(48_000);
    expect(call.frames.received).toBe(100);
  });
});

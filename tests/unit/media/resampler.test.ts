import { describe, expect, test } from 'vitest';
import { Resampler } from '../../../src/media/resampler.js';

const tone = (hz: number, rate: number, seconds: number): Float32Array =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, index) => Math.sin((2 * Math.PI * hz * index) / rate));

/** Amplitude of one frequency, 0..1, away from the edges. */
function level(samples: Float32Array, hz: number, rate: number): number {
  const middle = samples.subarray(Math.floor(samples.length / 4), Math.floor((samples.length * 3) / 4));
  let [real, imaginary] = [0, 0];
  middle.forEach((sample, index) => {
    const angle = (2 * Math.PI * hz * index) / rate;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  });
  return (2 * Math.hypot(real, imaginary)) / middle.length;
}

describe.each([
  [48_000, 24_000],
  [44_100, 24_000],
  [16_000, 24_000],
  [24_000, 48_000],
  [24_000, 44_100],
])('%i Hz to %i Hz', (from, to) => {
  test('keeps the level of speech', () => {
    for (const hz of [200, 1_000, 3_400]) {
      const output = new Resampler(from, to).push(tone(hz, from, 0.5));
      expect(level(output, hz, to)).toBeCloseTo(1, 2);
    }
  });

  test('keeps the duration, except for the filter’s delay', () => {
    const output = new Resampler(from, to).push(tone(440, from, 1));
    expect(output.length).toBeGreaterThan(to - 100);
    expect(output.length).toBeLessThanOrEqual(to);
  });

  test('gives the same output for any split of the stream', () => {
    const input = tone(700, from, 0.2);
    const whole = new Resampler(from, to).push(input);
    const resampler = new Resampler(from, to);
    const parts: number[] = [];
    for (let at = 0, size = 1; at < input.length; at += size, size = (size * 7 + 3) % 400 || 1)
      parts.push(...resampler.push(input.subarray(at, at + size)));
    expect(parts).toHaveLength(whole.length);
    parts.forEach((sample, index) => expect(sample).toBeCloseTo(whole[index] as number, 6));
  });
});

test('removes frequencies above the lower Nyquist frequency without aliasing', () => {
  const output = new Resampler(48_000, 24_000).push(tone(15_000, 48_000, 0.5));
  expect(Math.max(...output.subarray(200, -200).map(Math.abs))).toBeLessThan(0.005);
});

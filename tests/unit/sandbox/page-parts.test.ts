/** Parts of the sandbox that Node and pages share, or that run on the page's audio thread. */
import { describe, expect, it } from 'vitest';
import { StreamResampler } from '../../../src/sandbox/browser/stream-resampler.js';
import { fromBase64, toBase64 } from '../../../src/sandbox/protocol/base64.js';

describe('base64', () => {
  it('is that of Node, for every length', () => {
    for (let length = 0; length < 70; length++) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 151 + length * 7) % 256);
      const text = Buffer.from(bytes).toString('base64');
      expect(toBase64(bytes)).toBe(text);
      expect(fromBase64(text)).toEqual(bytes);
      expect(fromBase64(text.replaceAll('=', '')), 'without padding').toEqual(bytes);
    }
  });

  it('encodes more bytes than a function has arguments', () => {
    const bytes = new Uint8Array(1_000_003).fill(65);
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
  });
});

describe('the resampler of a stream', () => {
  const sine = (hz: number, rate: number): Float32Array =>
    Float32Array.from({ length: rate }, (_, index) => Math.sin((2 * Math.PI * hz * index) / rate));
  /** The result of pushing blocks of the size of the audio thread. */
  const stream = (from: number, to: number, samples: Float32Array): Float32Array => {
    const resampler = new StreamResampler(from, to);
    const out: number[] = [];
    for (let at = 0; at < samples.length; at += 128) out.push(...resampler.push(samples.subarray(at, at + 128)));
    return Float32Array.from(out);
  };
  const level = (samples: Float32Array): number => Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);

  it.each([
    [48_000, 24_000],
    [44_100, 24_000],
    [24_000, 48_000],
    [24_000, 44_100],
    [24_000, 24_000],
  ])('from %i to %i Hz keeps duration, pitch and level', (from, to) => {
    const out = stream(from, to, sine(1_000, from));
    expect(Math.abs(out.length - to)).toBeLessThan(to / 100);
    const steady = out.subarray(2_000, 22_000);
    expect(level(steady)).toBeCloseTo(Math.SQRT1_2, 2);
    let crossings = 0;
    for (let index = 1; index < steady.length; index++)
      if ((steady[index - 1] as number) < 0 && (steady[index] as number) >= 0) crossings++;
    expect(crossings / (steady.length / to)).toBeCloseTo(1_000, -1);
  });

  it('removes what the lower rate cannot carry', () => {
    expect(level(stream(48_000, 24_000, sine(15_000, 48_000)).subarray(2_000))).toBeLessThan(0.01);
  });
});

/** WAV files, sample rates and loudness. */

import { describe, expect, it } from 'vitest';
import { peakLevel, rmsLevel } from '../../../src/sandbox/media/audio-level.js';
import { resample } from '../../../src/sandbox/media/resample.js';
import { parseWav, pcmFromWav, WavError, writeWav } from '../../../src/sandbox/media/wav.js';
import { amplitude, sine } from './signals.js';

function code(bytes: Uint8Array): string {
  try {
    parseWav(bytes);
  } catch (error) {
    return error instanceof WavError ? error.code : String(error);
  }
  return 'none';
}

/** A copy with one 16-bit or 32-bit field changed. */
function changed(bytes: Uint8Array, offset: number, value: number, size: 2 | 4 = 2): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  if (size === 2) {
    view.setUint16(offset, value, true);
  } else {
    view.setUint32(offset, value, true);
  }
  return copy;
}

const TONE = writeWav(sine(440, 100));

describe('WAV', () => {
  it('reads what it writes', () => {
    const samples = Int16Array.from([0, 1, -1, 32_767, -32_768]);
    expect(parseWav(writeWav(samples, 44_100))).toEqual({ sampleRate: 44_100, channels: 1, samples });
    expect(parseWav(writeWav(new Int16Array(0))).samples).toHaveLength(0);
  });

  it('reads from the middle of a larger buffer, past other chunks and odd sizes', () => {
    const list = new Uint8Array([...new TextEncoder().encode('LIST'), 3, 0, 0, 0, 65, 66, 67, 0]);
    const bytes = new Uint8Array([9, ...TONE.slice(0, 36), ...list, ...TONE.slice(36)]);
    expect(parseWav(bytes.subarray(1)).samples).toEqual(parseWav(TONE).samples);
  });

  it('reads a recording whose length was never filled in', () => {
    for (const size of [0, 0xff_ff_ff_ff]) {
      expect(parseWav(changed(TONE, 40, size, 4)).samples).toHaveLength(2400);
    }
  });

  it('mixes channels and resamples to 24 kHz', () => {
    const tone = sine(440, 500, 8000, 48_000);
    const stereo = new Int16Array(tone.length * 2);
    for (const [index, sample] of tone.entries()) {
      stereo[2 * index] = sample;
      stereo[2 * index + 1] = sample / 2;
    }
    const bytes = changed(writeWav(stereo, 48_000), 22, 2);
    const pcm = pcmFromWav(bytes);
    expect(pcm).toHaveLength(12_000);
    expect(amplitude(pcm.subarray(1000, 11_000), 440)).toBeCloseTo(6000, -2);
  });

  it.each([
    ['not_wav', new TextEncoder().encode('ID3 something else')],
    ['not_wav', new Uint8Array(3)],
    ['not_pcm16', changed(TONE, 20, 3)],
    ['not_pcm16', changed(TONE, 34, 24)],
    ['malformed', changed(TONE, 22, 0)],
    ['malformed', changed(TONE, 24, 0, 4)],
    ['truncated', TONE.slice(0, 200)],
    ['truncated', TONE.slice(0, 36)],
    ['truncated', changed(TONE, 16, 60_000, 4)],
    ['malformed', new Uint8Array([...TONE.slice(0, 12), ...TONE.slice(36), ...TONE.slice(12, 36)])],
  ])('reports why a file is rejected: %s', (expected, bytes) => {
    expect(code(bytes)).toBe(expected);
  });
});

describe('resample', () => {
  it.each([
    [16_000, 24_000],
    [48_000, 24_000],
    [44_100, 24_000],
    [8000, 24_000],
    [24_000, 48_000],
  ])('preserves a tone from %i to %i Hz', (from, to) => {
    const out = resample(sine(1000, 300, 10_000, from), from, to);
    expect(out).toHaveLength((to * 300) / 1000);
    const middle = out.subarray(to / 20, to / 4);
    expect(amplitude(middle, 1000, to)).toBeGreaterThan(9900);
    expect(amplitude(middle, 1000, to)).toBeLessThan(10_100);
  });

  it('removes frequencies above the new band', () => {
    expect(rmsLevel(resample(sine(14_000, 300, 10_000, 48_000), 48_000, 24_000).subarray(500, 6500))).toBeLessThan(-70);
  });

  it('copies at equal rates and rejects invalid rates', () => {
    const tone = sine(440, 20);
    expect(resample(tone, 24_000, 24_000)).toEqual(tone);
    expect(resample(tone, 24_000, 24_000)).not.toBe(tone);
    expect(() => resample(tone, 0, 24_000)).toThrow(RangeError);
    expect(() => resample(tone, 24_000, 1.5)).toThrow(RangeError);
  });
});

describe('loudness', () => {
  it('is measured in dBFS', () => {
    const full = sine(1000, 100, 32_767);
    expect(rmsLevel(full)).toBeCloseTo(-3.01, 1);
    expect(peakLevel(full)).toBeCloseTo(0, 1);
    expect(rmsLevel(new Int16Array(480))).toBe(-Infinity);
    expect(peakLevel(new Int16Array(0))).toBe(-Infinity);
    expect(peakLevel(Int16Array.from([-32_768]))).toBe(0);
  });
});

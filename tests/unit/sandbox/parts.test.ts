import { describe, expect, it } from 'vitest';
import { loudnessInWords } from '../../../src/sandbox/scripting/default-agent.js';
import { decodeAudio, encodeAudio } from '../../../src/sandbox/session/audio-format.js';
import { MissingPackageError, loadPackages } from '../../../src/sandbox/missing-package-error.js';
import { Playout } from '../../../src/sandbox/session/playout.js';
import { toolArguments } from '../../../src/sandbox/scripting/tool-arguments.js';
import { tone } from './harness.js';

describe('audio formats', () => {
  it('leave PCM unchanged', () => {
    const pcm = tone(100);
    expect(decodeAudio(encodeAudio(pcm, { type: 'audio/pcm' }), { type: 'audio/pcm' })).toEqual(pcm);
  });

  it.each(['audio/pcmu', 'audio/pcma'] as const)('preserve the voice with %s', (type) => {
    const pcm = tone(200, -12, 200);
    const back = decodeAudio(encodeAudio(pcm, { type }), { type });
    expect(back).toHaveLength(pcm.length);
    let noise = 0;
    let power = 0;
    // Linear interpolation between 8 kHz samples lags by up to two 24 kHz samples.
    for (let index = 10; index < pcm.length - 10; index++) {
      const value = pcm[index] ?? 0;
      noise += Math.min(...[-2, -1, 0, 1, 2].map((shift) => ((back[index + shift] ?? 0) - value) ** 2));
      power += value ** 2;
    }
    expect(10 * Math.log10(power / noise)).toBeGreaterThan(25);
  });

  // ITU-T G.711 code words of the loudest and the quietest samples.
  it('encode the extremes according to G.711', () => {
    const code = (type: 'audio/pcmu' | 'audio/pcma', value: number): number =>
      Buffer.from(encodeAudio(Int16Array.of(value, value, value), { type }), 'base64')[0] ?? -1;
    expect(code('audio/pcmu', 32_767)).toBe(0x80);
    expect(code('audio/pcmu', -32_768)).toBe(0x00);
    expect(code('audio/pcmu', 0)).toBe(0xff);
    expect(code('audio/pcma', 32_767)).toBe(0xaa);
    expect(code('audio/pcma', -32_768)).toBe(0x2a);
    expect(code('audio/pcma', 0)).toBe(0xd5);
  });
});

describe('plausibleArguments()', () => {
  it.each([
    [
      {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1, maximum: 7 } },
        required: ['city', 'days'],
      },
      'in Oslo, please.',
      { city: 'Oslo, please', days: 2 },
    ],
    [{ type: 'object', properties: { unit: { enum: ['celsius', 'kelvin'] } } }, 'in kelvin', { unit: 'kelvin' }],
    [
      {
        type: 'object',
        properties: {
          when: { type: 'string', format: 'date-time' },
          list: { type: 'array', items: { type: 'number', minimum: 5 }, minItems: 2 },
          ok: { type: 'boolean' },
          at: { type: 'object', properties: { email: { type: 'string' } } },
        },
      },
      '',
      { when: '2030-01-15T09:30:00Z', list: [6, 6], ok: true, at: { email: 'ada@example.com' } },
    ],
    [
      { type: 'object', properties: { a: { anyOf: [{ const: 5 }, {}] }, b: { default: 'x' }, c: { type: ['null', 'integer'] } } },
      '',
      { a: 5, b: 'x', c: 1 },
    ],
    [{ type: 'object', properties: { amount: { type: 'number' } } }, 'with 12.5', { amount: 12.5 }],
    [undefined, 'x', {}],
    ['nonsense', '', {}],
  ])('returns arguments for %j with the words %j', (schema, words, expected) => {
    expect(toolArguments(schema, words)).toEqual(expected);
  });

  it('terminates for a recursive schema', () => {
    const schema: Record<string, unknown> = { type: 'object' };
    schema['properties'] = { again: schema };
    expect(toolArguments(schema)).toHaveProperty('again');
  });
});

describe('loudnessInWords()', () => {
  it('has four steps', () => {
    expect([-70, -40, -20, -5].map(loudnessInWords)).toEqual(['almost too quiet to hear', 'rather quiet', 'at a good level', 'very loud']);
  });
});

describe('the output audio buffer', () => {
  function playout(): { buffer: Playout; log: string[] } {
    const log: string[] = [];
    return { log, buffer: new Playout({ onStarted: (id) => log.push(`start ${id}`), onStopped: (id) => log.push(`stop ${id}`) }) };
  }

  it('plays frames across chunks and pads the last one', () => {
    const { buffer, log } = playout();
    buffer.push('r', 'i', 0, new Int16Array(700).fill(1));
    buffer.push('r', 'i', 0, new Int16Array(300).fill(2));
    expect([...new Set(buffer.nextFrame())]).toEqual([1]);
    expect([...new Set(buffer.nextFrame())]).toEqual([1, 2]);
    const last = buffer.nextFrame() ?? new Int16Array();
    expect([last[39], last[40]]).toEqual([2, 0]);
    expect(buffer.nextFrame()).toBeUndefined();
    expect(log).toEqual(['start r']);
    buffer.complete('r');
    buffer.nextFrame();
    expect(log).toEqual(['start r', 'stop r']);
    expect(buffer.playedMs('i')).toBeCloseTo(1_000 / 24);
    expect(buffer.idle).toBe(true);
  });

  it('does not mix two answers in one frame', () => {
    const { buffer, log } = playout();
    buffer.push('r1', 'a', 0, new Int16Array(100).fill(1));
    buffer.complete('r1');
    buffer.push('r2', 'b', 0, new Int16Array(480).fill(2));
    expect([...new Set(buffer.nextFrame())]).toEqual([1, 0]);
    expect([...new Set(buffer.nextFrame())]).toEqual([2]);
    expect(log).toEqual(['start r1', 'stop r1', 'start r2']);
  });

  it('cuts queued audio once and drops late audio', () => {
    const { buffer } = playout();
    expect(buffer.clear()).toBeUndefined();
    buffer.push('r', 'i', 0, new Int16Array(4_800));
    buffer.nextFrame();
    expect(buffer.clear()).toEqual({ responseId: 'r', itemId: 'i', contentIndex: 0, playedMs: 20, unheard: true });
    expect(buffer.clear()).toBeUndefined();
    buffer.push('r', 'i', 0, new Int16Array(4_800));
    expect(buffer.nextFrame()).toBeUndefined();
    buffer.push('next', 'j', 0, new Int16Array(480));
    expect(buffer.nextFrame()).toBeDefined();
  });
});

describe('missing packages', () => {
  it('are reported with the command that installs them', async () => {
    const missing = Object.assign(new Error("Cannot find package 'werift' imported from /x.js"), { code: 'ERR_MODULE_NOT_FOUND' });
    const error = await loadPackages([], () => Promise.reject(missing)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MissingPackageError);
    expect(error).toMatchObject({ packageName: 'werift', message: expect.stringContaining('npm install --save-dev hono@4') });
    await expect(loadPackages([], () => Promise.reject(new TypeError('other')))).rejects.toThrow(TypeError);
  });
});

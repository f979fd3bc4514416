/** The sandbox's voice, with a real synthesiser in a real worker. */

import { performance } from 'node:perf_hooks';
import { afterAll, describe, expect, it } from 'vitest';
import { rmsLevel } from '../../../src/sandbox/media/audio-level.js';
import { createSpeech, SpeechUnavailableError, synthesize, synthesizeToWav } from '../../../src/sandbox/media/speech.js';
import { sentences, speechText } from '../../../src/sandbox/media/speech-text.js';
import { parseWav } from '../../../src/sandbox/media/wav.js';
import { SAMPLE_RATE } from '../../../src/sandbox/media/peer.js';

const speech = createSpeech();

afterAll(async () => {
  await speech.close();
});

async function chunks(text: string): Promise<Int16Array[]> {
  const all: Int16Array[] = [];
  for await (const chunk of speech.speak(text)) {
    all.push(chunk);
  }
  return all;
}

describe('speak', () => {
  it('speaks sentence by sentence, loud enough and without long silences at the edges', async () => {
    const spoken = await chunks('Hello there. How can I help you today?');
    expect(spoken).toHaveLength(2);
    for (const chunk of spoken) {
      expect(chunk.length / SAMPLE_RATE).toBeGreaterThan(0.4);
      expect(chunk.length / SAMPLE_RATE).toBeLessThan(3);
      expect(rmsLevel(chunk)).toBeGreaterThan(-26);
      expect(rmsLevel(chunk.subarray(0, SAMPLE_RATE * 0.2))).toBeGreaterThan(-40);
    }
  });

  it('is deterministic, and longer for longer text', async () => {
    const short = await synthesize('One.', speech);
    expect(await synthesize('One.', speech)).toEqual(short);
    expect((await synthesize('One, two, three, four, five.', speech)).length).toBeGreaterThan(2 * short.length);
  });

  it('returns copies of the cached audio', async () => {
    const first = await synthesize('A copy.', speech);
    const [again] = await chunks('A copy.');
    again?.fill(0);
    expect(await synthesize('A copy.', speech)).toEqual(first);
  });

  it('does not fail for any text', async () => {
    expect(await chunks('')).toEqual([]);
    expect(await chunks('   \n ')).toEqual([]);
    for (const text of ['🎉🎉', '你好', '…', '-t -o /etc/passwd', '--help', "'; drop", '<speak>hi</speak>', '%s%n%s', '\0\0a\0']) {
      const spoken = await synthesize(text, speech);
      expect(spoken.length, text).toBeGreaterThan(1000);
    }
  });

  it('returns a short soft tone for text without speechText characters', async () => {
    const [tone, ...more] = await chunks('🎉 你好');
    expect(more).toEqual([]);
    expect(tone?.length).toBe(SAMPLE_RATE / 5);
    expect(rmsLevel(tone ?? new Int16Array(0))).toBeLessThan(-25);
  });

  it('stops when aborted', async () => {
    const stop = new AbortController();
    const heard: Int16Array[] = [];
    const reason = new Error('interrupted');
    await expect(async () => {
      for await (const chunk of speech.speak('First things first. Then the second. Then the third.', { signal: stop.signal })) {
        heard.push(chunk);
        stop.abort(reason);
      }
    }).rejects.toBe(reason);
    expect(heard).toHaveLength(1);
    await expect(speech.speak('Too late.', { signal: stop.signal })[Symbol.asyncIterator]().next()).rejects.toBe(reason);
    // Also while a sentence is being synthesised.
    const early = new AbortController();
    const first = speech.speak('A sentence that is not in the cache.', { signal: early.signal })[Symbol.asyncIterator]().next();
    early.abort(reason);
    await expect(first).rejects.toBe(reason);
  });

  it('does not block the main thread', async () => {
    const before = performance.eventLoopUtilization();
    await synthesize('This sentence is long enough that making it on this thread would keep its event loop busy.', speech);
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
  });

  it('explains how to install a missing package', async () => {
    const missing = createSpeech({
      locate: () => {
        throw new Error('not found');
      },
    });
    const attempt = synthesize('Hello.', missing);
    await expect(attempt).rejects.toBeInstanceOf(SpeechUnavailableError);
    await expect(attempt).rejects.toThrow('npm install');
    expect(await synthesize('🎉', missing)).toHaveLength(SAMPLE_RATE / 5);
    const broken = createSpeech({ locate: () => '/nowhere/flite.wasm' });
    await expect(synthesize('Hello.', broken)).rejects.toBeInstanceOf(SpeechUnavailableError);
    await broken.close();
  });

  it('rejects pending work when closed', async () => {
    const other = createSpeech();
    const pending = synthesize('This will not be finished.', other);
    const failed = expect(pending).rejects.toBeInstanceOf(SpeechUnavailableError);
    await other.close();
    await failed;
    await expect(synthesize('Nor this.', other)).rejects.toBeInstanceOf(SpeechUnavailableError);
  });
});

describe('synthesizeToWav', () => {
  it('creates a file for a fake microphone', async () => {
    const wav = parseWav(await synthesizeToWav('Hello.', { silenceMs: 500 }));
    expect(wav).toMatchObject({ sampleRate: SAMPLE_RATE, channels: 1 });
    expect(rmsLevel(wav.samples.subarray(0, SAMPLE_RATE / 2))).toBe(-Infinity);
    expect(rmsLevel(wav.samples.subarray(SAMPLE_RATE / 2, -SAMPLE_RATE / 2))).toBeGreaterThan(-26);
  });
});

describe('text for the synthesiser', () => {
  it('is converted to what flite can speak', () => {
    expect(speechText('Café “naïve” – 5 €… Straße')).toBe('Cafe naive - 5 euros . Strasse');
    expect(speechText('a & b: 50%')).toBe('a and b: 50 percent');
    expect(speechText('你好 🎉')).toBe('');
  });

  it('is split into sentences, long ones at commas', () => {
    expect(sentences('One. Two! "Three?" Four\nFive')).toEqual(['One.', 'Two!', '"Three?"', 'Four', 'Five']);
    expect(sentences('It costs 3.50 today.')).toEqual(['It costs 3.50 today.']);
    const long = sentences(`${'word, '.repeat(80)}end.`);
    expect(long.length).toBeGreaterThan(2);
    expect(long.every((piece) => piece.length <= 160)).toBe(true);
    expect(sentences('x'.repeat(500))).toHaveLength(4);
  });
});

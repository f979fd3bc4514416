/** The voice of the sandbox inside a page: what it reads aloud, and how that sounds. */
import { describe, expect, it } from 'vitest';
import { rmsLevel } from '../../../src/sandbox/media/audio-level.js';
import { letterSounds } from '../../../src/sandbox/voice/letter-sounds.js';
import { PHONEMES } from '../../../src/sandbox/voice/phonemes.js';
import { speakByRule } from '../../../src/sandbox/voice/speak-by-rule.js';
import { spokenWords } from '../../../src/sandbox/voice/spoken-words.js';
import { findWords } from '../../support/sound-match.js';

describe('words', () => {
  it.each([
    ['2.4 seconds', 'two point four seconds'],
    ['1999', 'one thousand nine hundred ninety nine'],
    ['17 dogs', 'seventeen dogs'],
    ['007', 'zero zero seven'],
    ['12345678', 'one two three four five six seven eight'],
    ['20 °C & more…', 'twenty degrees c and more'],
    ['', ''],
    ['日本語 🙂', ''],
  ])('%j is read as %j', (text, words) => {
    expect(
      spokenWords(text)
        .map(({ word }) => word)
        .join(' '),
    ).toBe(words);
  });

  it('have the pauses of their punctuation', () => {
    expect(spokenWords('Yes, 2.4. No').map(({ pause }) => pause)).toEqual([',', '', '', '.', '']);
  });
});

describe('letters', () => {
  it.each([
    ['hello', 'HH EH L OW'],
    ['through', 'TH R UW'],
    ['said', 'S EH D'],
    ['nation', 'N EY SH AX N'],
    ['knight', 'N AY T'],
    ['weather', 'W EH DH ER'],
    ['quick', 'K W IH K'],
    ['makes', 'M EY K S'],
    ["don't", 'D OW N T'],
    ['42', ''],
  ])('of %s sound like %s', (word, sounds) => {
    expect(letterSounds(word).join(' ')).toBe(sounds);
  });

  it('always give phonemes that the voice has, whatever the word', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz';
    for (const first of letters) {
      for (const second of letters) {
        for (const third of ['a', 'e', 'i', 'o', 'u', 'y', 'r', 's', 't']) {
          const word = `${first}${second}${third}`;
          expect(
            letterSounds(word).filter((sound) => !(sound in PHONEMES)),
            word,
          ).toEqual([]);
        }
      }
    }
  });
});

describe('sound', () => {
  it('is the same each time, audible and not clipped, and longer for more words', async () => {
    const [short, again, long] = await Promise.all(
      ['Good morning.', 'Good morning.', 'Good morning, we are open until six.'].map((text) => speakByRule(text)),
    );
    expect(again).toEqual(short);
    expect(rmsLevel(short as Int16Array)).toBeGreaterThan(-30);
    expect(Math.max(...(short as Int16Array).map(Math.abs))).toBeLessThanOrEqual(16_384);
    expect((short as Int16Array).length / 24_000).toBeGreaterThan(0.4);
    expect((long as Int16Array).length).toBeGreaterThan(1.5 * (short as Int16Array).length);
  });

  it('differs for other words', async () => {
    const fox = await speakByRule('The quick brown fox jumps over the lazy dog.');
    const shells = await speakByRule('She sells sea shells by the sea shore.');
    expect(findWords(fox, fox).score).toBeGreaterThan(0.95);
    expect(findWords(fox, shells).score).toBeLessThan(0.4);
  });

  it('is empty without words', async () => {
    expect(await speakByRule('🙂 …')).toHaveLength(0);
  });
});

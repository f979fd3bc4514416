/**
 * Estimates how much of an answer was heard. Owns the conversion from time to text and the cut at a word; does not know events.
 * WebRTC carries the voice outside the events, so neither the answer's duration nor word timings are known: the estimate uses
 * the pace of speech, learned from answers that were played to their end.
 */

/** Scripts with more speech per character and no spaces between words: Thai to Khmer, CJK, Hangul. */
const DENSE = '\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef';
const dense = new RegExp(`[${DENSE}]`);
const inWord = new RegExp(`[^\\s${DENSE}]`);

/** Default characters per millisecond of speech, until one was measured: about 150 English words a minute. */
export const defaultSpeechPace = (text: string): number => (dense.test(text) ? 0.006 : 0.015);

/** The pace of one fully played answer, or `undefined` if it is too short or implausible. */
export function measuredSpeechPace(characters: number, milliseconds: number): number | undefined {
  const pace = characters / milliseconds;
  return milliseconds > 1_000 && pace > 0.002 && pace < 0.05 ? pace : undefined;
}

/** The first `characters` of a text, without a partial word at the end. Linear in what it drops. */
export function truncateText(text: string, characters: number): string {
  let end = Math.min(characters, text.length);
  const splits = (index: number) => inWord.test(text.charAt(index));
  if (end < text.length && splits(end)) while (splits(end - 1)) end -= 1;
  return text.slice(0, end);
}

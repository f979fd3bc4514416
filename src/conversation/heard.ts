/**
 * How much of an answer was heard. Owns the estimate from time to text and the cut at a word; does not know events.
 * WebRTC carries the voice outside the events, so that neither the answer's length nor word times are known: the
 * measure is the pace of speech, learned from answers that were played to their end.
 */

/** Scripts that pack more speech into a character and put no spaces between words: Thai to Khmer, CJK, Hangul. */
const DENSE = '\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef';
const dense = new RegExp(`[${DENSE}]`);
const inWord = new RegExp(`[^\\s${DENSE}]`);

/** Characters per millisecond of speech before any answer was heard: about 150 English words a minute. */
export const paceOf = (text: string): number => (dense.test(text) ? 0.006 : 0.015);

/** The pace of one fully played answer, or `undefined` when it is too short or too odd to learn from. */
export function measuredPace(characters: number, milliseconds: number): number | undefined {
  const pace = characters / milliseconds;
  return milliseconds > 1_000 && pace > 0.002 && pace < 0.05 ? pace : undefined;
}

/** The first `characters` of a text, without a word of which only a piece was heard. Linear in what it drops. */
export function cutText(text: string, characters: number): string {
  let end = Math.min(characters, text.length);
  const splits = (index: number) => inWord.test(text.charAt(index));
  if (end < text.length && splits(end)) while (splits(end - 1)) end -= 1;
  return text.slice(0, end);
}

/** The words of a text as they are read aloud: numbers, abbreviations and symbols become words. */
import { speechText } from '../media/speech-text.js';

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = '_ _ twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
/** Larger numbers are read digit by digit. */
const LARGEST = 999_999;

/** The words, in lower case, each with the pause that follows it: `''`, `','` or `'.'`. */
export function spokenWords(text: string): { readonly word: string; readonly pause: '' | ',' | '.' }[] {
  return [...speechText(text).matchAll(/(\d+(?:\.\d+)?|[A-Za-z']+)([^A-Za-z\d']*)/g)].flatMap(([, word = '', after = '']) => {
    const words = /^\d/.test(word) ? numberWords(word) : [word.toLowerCase()];
    const pause = /[.!?]/.test(after) ? '.' : /[,;:]|-\s/.test(after) ? ',' : '';
    return words.map((one, index) => ({ word: one, pause: index === words.length - 1 ? pause : '' }) as const);
  });
}

function numberWords(digits: string): string[] {
  const [whole = '', fraction] = digits.split('.');
  const spelled = (text: string): string[] => [...text].map((digit) => ONES[Number(digit)] ?? '');
  const words = Number(whole) > LARGEST || (whole.length > 1 && whole.startsWith('0')) ? spelled(whole) : wholeNumber(Number(whole));
  return fraction === undefined ? words : [...words, 'point', ...spelled(fraction)];
}

function wholeNumber(value: number): string[] {
  if (value >= 1000) return [...wholeNumber(Math.floor(value / 1000)), 'thousand', ...remainder(value % 1000)];
  if (value >= 100) return [...wholeNumber(Math.floor(value / 100)), 'hundred', ...remainder(value % 100)];
  if (value >= 20) return [TENS[Math.floor(value / 10)] ?? '', ...remainder(value % 10)];
  return [ONES[value] ?? ''];
}

const remainder = (value: number): string[] => (value === 0 ? [] : wholeNumber(value));

/**
 * Prepares text for the synthesiser.
 *
 * Owns: which parts of a text can be spoken, and where it may be split. Does not own audio.
 *
 * flite reads English in ASCII. Accents are removed, typographic characters are replaced by plain ones, a few symbols
 * are spoken as words, and everything else (emoji, non-Latin scripts) is dropped: speaking part of a sentence is more
 * useful than failing.
 */

/** Maximum length of a piece passed to the synthesiser, in characters: about ten seconds of speech. */
const MAX_PIECE = 160;

const SPOKEN: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019\u201B\u2032]/gu, "'"],
  [/[\u201C\u201D\u201E\u00AB\u00BB]/gu, ' '],
  [/[\u2010-\u2015\u2212]/gu, '-'],
  [/\u2026/gu, '. '],
  [/\u20AC/gu, ' euros '],
  [/\u00A3/gu, ' pounds '],
  [/\u00B0/gu, ' degrees '],
  [/\u00DF/gu, 'ss'],
  [/[\u00E6\u00C6]/gu, 'ae'],
  [/[\u00F8\u00D8]/gu, 'o'],
  [/[\u0153\u0152]/gu, 'oe'],
  [/[\u3002\uFF0E]/gu, '. '],
  [/[\uFF01]/gu, '! '],
  [/[\uFF1F]/gu, '? '],
  [/&/gu, ' and '],
  [/%/gu, ' percent '],
  // Formatting characters that a model may write.
  [/[*_`#~|<>[\]{}\\^]/gu, ' '],
];

/** The text that flite can speak; empty if there is none. */
export function speechText(text: string): string {
  let plain = text;
  for (const [pattern, replacement] of SPOKEN) {
    plain = plain.replace(pattern, replacement);
  }
  plain = plain
    .normalize('NFKD')
    .replace(/[^\x20-\x7E\n]/gu, (sign) => (/\s/u.test(sign) ? ' ' : ''))
    .replace(/\s+/gu, ' ')
    .trim();
  return /[a-z0-9]/iu.test(plain) ? plain : '';
}

function cutLong(sentence: string): string[] {
  const pieces: string[] = [];
  let rest = sentence;
  while (rest.length > MAX_PIECE) {
    const head = rest.slice(0, MAX_PIECE);
    const comma = Math.max(head.lastIndexOf(', '), head.lastIndexOf('; '), head.lastIndexOf(': '));
    const space = head.lastIndexOf(' ');
    const at = comma > MAX_PIECE / 3 ? comma + 1 : space > 0 ? space : MAX_PIECE;
    pieces.push(rest.slice(0, at).trim());
    rest = rest.slice(at).trim();
  }
  return rest === '' ? pieces : [...pieces, rest];
}

/**
 * Splits a text into pieces to synthesise: sentences, with long ones split at commas or spaces. Pieces without
 * speakable text are dropped, so the result may be empty.
 */
export function sentences(text: string): string[] {
  return text
    .split(/(?<=[.!?\u2026\u3002\uFF01\uFF1F]["'\u201D\u2019)]*)\s+|(?<=[\u3002\uFF01\uFF1F])|\n+/u)
    .map((sentence) => speechText(sentence))
    .filter((sentence) => sentence !== '')
    .flatMap((sentence) => cutLong(sentence));
}

/**
 * The arguments of a tool as a visitor can judge them: pure, from the model's JSON text to names and values. Owns that
 * nothing hides: marks that would turn text round or make it vanish are written out, and what is left out is counted.
 */
import { toJson } from '../contract/to-json.js';

/** One line. */
export interface Detail {
  readonly name: string;
  readonly value: string;
  /** Characters of the value that are left out. */
  readonly left: number;
}

/** The lines, and how many are left out. */
export interface Details {
  readonly lines: readonly Detail[];
  readonly left: number;
}

/** Lines, and characters of one value, that are shown: far more than anybody reads before a decision. */
const MOST_LINES = 40;
const MOST_CHARACTERS = 4_000;

/** Controls, zero-width and direction marks; joiners, which scripts and emoji need, and line ends are none. */
const MARKS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** The text with what nobody can see made visible. */
export const plainly = (text: string): string =>
  text.replace(MARKS, (mark) => `\u2039U+${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}\u203a`);

/** The arguments of an approval. Text that is no JSON object is one line without a name. */
export function readDetails(json: string): Details {
  const given = parse(json);
  if (given === undefined) return { lines: json.trim() === '' ? [] : [line('', json)], left: 0 };
  const entries = Object.entries(given);
  return {
    lines: entries.slice(0, MOST_LINES).map(([name, value]) => line(name, typeof value === 'string' ? value : toJson(value, 2))),
    left: Math.max(0, entries.length - MOST_LINES),
  };
}

function line(name: string, value: string): Detail {
  // Not between the halves of a pair.
  const shown = value.slice(0, MOST_CHARACTERS).replace(/[\ud800-\udbff]$/, '');
  return { name: plainly(name.slice(0, 200)), value: plainly(shown), left: value.length - shown.length };
}

function parse(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

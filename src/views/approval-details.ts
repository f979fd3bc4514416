/**
 * The arguments of a tool in a form that visitors can judge: converts the model's JSON text to names and values. Ensures that
 * nothing is hidden: marks that would reverse or hide text are spelled out, and omitted parts are counted.
 */
import { toJson } from '../contract/to-json.js';

/** One line. */
export interface ApprovalDetail {
  readonly name: string;
  readonly value: string;
  /** Number of omitted characters of the value. */
  readonly left: number;
}

/** The lines, and the number of omitted ones. */
export interface ApprovalDetails {
  readonly lines: readonly ApprovalDetail[];
  readonly left: number;
}

/** Maximum number of lines, and of characters per value: far more than visitors read before they decide. */
const MOST_LINES = 40;
const MOST_CHARACTERS = 4_000;

/** Control characters, zero-width and direction marks; not joiners, which scripts and emoji need, and not line ends. */
const MARKS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Makes invisible characters of a text visible. */
export const plainly = (text: string): string =>
  text.replace(MARKS, (mark) => `\u2039U+${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}\u203a`);

/** Reads the arguments of an approval. Text that is not a JSON object becomes one line without a name. */
export function readDetails(json: string): ApprovalDetails {
  const given = parse(json);
  if (given === undefined) return { lines: json.trim() === '' ? [] : [line('', json)], left: 0 };
  const entries = Object.entries(given);
  return {
    lines: entries.slice(0, MOST_LINES).map(([name, value]) => line(name, typeof value === 'string' ? value : toJson(value, 2))),
    left: Math.max(0, entries.length - MOST_LINES),
  };
}

function line(name: string, value: string): ApprovalDetail {
  // Do not split a surrogate pair.
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

/**
 * The code blocks of the documents that this project implements, as those print them (the Markdown files beside this
 * one), and the changes with which a test runs a block. Owns the rule that nothing else may change: a change names the
 * text it replaces, which must stand in the block exactly once, and why.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** One code block. */
export interface Block {
  /** Document and heading, as tests are named: `Mastra, voice.connect(): Usage (Chinese page)`. */
  readonly name: string;
  /** `ts`, `js` or `python`. */
  readonly language: string;
  readonly code: string;
}

/**
 * Why a test may change a block:
 * - `address`: the sandbox in place of the provider;
 * - `key`: a key of the sandbox;
 * - `renamed`: today's API calls it otherwise, or no longer has it;
 * - `gap`: what the document leaves to its reader, such as an empty recording or an empty listener;
 * - `absent`: a package that is not installed here;
 * - `ours`: what this package has in place of the document's.
 */
export type Reason = 'address' | 'key' | 'renamed' | 'gap' | 'absent' | 'ours';

/** One change: why, the text that stands there, what stands there instead. */
export type Change = readonly [why: Reason, found: string, put: string];

/** All blocks of all documents. */
export const blocks: readonly Block[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.md'))
  .flatMap((file) => blocksOf(readFileSync(FOLDER + file, 'utf8')));

function blocksOf(text: string): Block[] {
  const document = /^# (.+)$/m.exec(text)?.[1] ?? '';
  const found = [...text.matchAll(/^## (.+)\n\n```(\w+)\n([\s\S]*?\n)```$/gm)];
  if (found.length !== text.match(/^```\w+$/gm)?.length) throw new Error(`${document}: a code block has no heading of its own`);
  return found.map(([, heading = '', language = '', code = '']) => ({ name: `${document}: ${heading}`, language, code }));
}

/** The block of this name. */
export function block(name: string): Block {
  const found = blocks.find((one) => one.name === name);
  if (!found) throw new Error(`no document has a block "${name}"`);
  return found;
}

/** The block's code with these changes and no others. */
export function changed(name: string, changes: readonly Change[]): string {
  return changes.reduce((code, [why, found, put]) => {
    if (code.split(found).length !== 2) throw new Error(`${name}: the text to change (${why}) does not stand there exactly once: ${found}`);
    return code.replace(found, () => put);
  }, block(name).code);
}

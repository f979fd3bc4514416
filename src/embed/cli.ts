#!/usr/bin/env node
/** The command `voice-agent-snippet`: prints the markup for a page, with the file names and hashes of the installed version. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { embedSnippet } from './embed-snippet.js';
import type { WidgetFiles } from './widget-files.js';

const HELP = `Prints the markup that adds <voice-agent> to a page, with the versioned names and hashes of its files.

npx voice-agent-snippet --base <address> [--form <form>] [<attribute>=<value> …]

  --base     address of the folder with files.json: https://cdn.example.com/voice/, or from the site's root: /
  --form     "flat" if you host dist/flat/, "single" if you host dist/single/; default: dist/
  --help     prints this text

Example: npx voice-agent-snippet --base https://voice.example.com/ call-url=https://voice.example.com/voice/call heading="Ask Ada"
`;

/** An error in the arguments. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

const DIST = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : './', import.meta.url);

/** The list of files of a form of the installed version. */
function listOf(form: string): WidgetFiles {
  if (!['', 'flat', 'single'].includes(form)) throw new UsageError(`--form must be "flat" or "single", not "${form}".`);
  return JSON.parse(readFileSync(new URL(`${form ? `${form}/` : ''}files.json`, DIST), 'utf8')) as WidgetFiles;
}

/** `name=value`, or only `name`, as an attribute of the element. */
function settingOf(argument: string): [string, string | true] {
  const [, name, value] = /^([a-z][a-z-]*)(?:=([^]*))?$/.exec(argument) ?? [];
  if (name === undefined) throw new UsageError(`"${argument}" is not an attribute: write for example call-url=/voice/call.`);
  return [name, value ?? true];
}

function run(args: string[]): string {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { base: { type: 'string' }, form: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) return HELP;
  if (values.base === undefined) throw new UsageError('--base is missing.');
  return embedSnippet(listOf(values.form ?? ''), { base: values.base, settings: Object.fromEntries(positionals.map(settingOf)) });
}

try {
  process.stdout.write(run(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
  process.exitCode = 2;
}

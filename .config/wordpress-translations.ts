/**
 * Translations of the WordPress plug-in. Without arguments: writes `languages/voice-agent.pot` from the sources (`npm run docs`). With
 * `--check`: fails if it differs, or if a translation is incomplete. With `--build <folder>`: compiles the translations into a plug-in.
 *
 * Sources: gettext's manual for PO and MO files; `load_script_textdomain()` of WordPress for the JSON files of scripts.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../src/cms/wordpress/', import.meta.url));
const LANGUAGES = join(SOURCE, 'plugin/languages');
const DOMAIN = 'voice-agent';
/** Script handles whose texts are translated in the browser, and their sources. */
const SCRIPTS: Readonly<Record<string, string>> = { 'voice-agent-block': 'scripts/block-editor.ts' };

/** A text to translate. */
export interface Text {
  readonly id: string;
  readonly files: readonly string[];
  /** A comment of the developer about placeholders. */
  readonly note: string | undefined;
}

const BLOCK = 'plugin/blocks/voice-agent/block.json';

/** A text in a call of a translating function; before it, optionally the comment for translators. */
const CALL = /\b(?:__|_e|esc_html__|esc_html_e|esc_attr__)\(\s*'((?:[^'\\]|\\.)*)',\s*'voice-agent'\s*\)/g;
const NOTE = /translators: ([^*\n]+?)\s*\*\/[^'"]*$/;
const HEADER = /^ \* (?:Plugin Name|Description):\s+(.+)$/gm;

/** The texts of `block.json`, with the contexts in which WordPress looks them up. */
function blockTexts(): { context: string; text: string }[] {
  const { title, description, keywords } = JSON.parse(readFileSync(join(SOURCE, BLOCK), 'utf8')) as Record<
    'title' | 'description',
    string
  > & {
    keywords: string[];
  };
  return [
    { context: 'block title', text: title },
    { context: 'block description', text: description },
    ...keywords.map((text) => ({ context: 'block keyword', text })),
  ];
}

/** All texts of the plug-in, in the order of their files. */
export function textsOf(): Text[] {
  const found = new Map<string, { files: Set<string>; note: string | undefined }>();
  const add = (id: string, file: string, note?: string): void => {
    const entry = found.get(id) ?? { files: new Set(), note };
    entry.files.add(file);
    found.set(id, { files: entry.files, note: entry.note ?? note });
  };
  for (const file of filesOf(SOURCE, /\.(php|ts)$/)) {
    const code = readFileSync(join(SOURCE, file), 'utf8');
    if (file.endsWith('voice-agent.php')) for (const [, text = ''] of code.matchAll(HEADER)) add(text, file);
    for (const { 1: text = '', index } of code.matchAll(CALL))
      add(text.replace(/\\(.)/g, '$1'), file, NOTE.exec(code.slice(Math.max(0, index - 200), index))?.[1]);
  }
  for (const { text } of blockTexts()) add(text, BLOCK);
  return [...found].map(([id, { files, note }]) => ({ id, files: [...files], note }));
}

/** The template. */
function template(): string {
  const head = `# Texts of the WordPress plug-in Voice Agent. Written by .config/wordpress-translations.ts.\nmsgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"X-Domain: ${DOMAIN}\\n"\n`;
  const entries = textsOf().map(
    ({ id, files, note }) =>
      `\n${note ? `#. translators: ${note}\n` : ''}${files.map((file) => `#: ${file}\n`).join('')}msgid ${quoted(id)}\nmsgstr ""\n`,
  );
  return head + entries.join('');
}

/** The translations of a PO file by text. */
export function readPo(path: string): Map<string, string> {
  const lines = readFileSync(path, 'utf8').split('\n');
  const texts = new Map<string, string>();
  let id = '';
  for (const line of lines) {
    const [, field, text = ''] = /^(msgid|msgstr) (".*")$/.exec(line) ?? [];
    if (field === 'msgid') id = JSON.parse(text) as string;
    else if (field === 'msgstr' && id) texts.set(id, JSON.parse(text) as string);
  }
  return texts;
}

/** What is wrong with the translations. */
export function translationProblems(): string[] {
  const ids = textsOf().map(({ id }) => id);
  const problems: string[] = [];
  if (readFileSync(join(LANGUAGES, `${DOMAIN}.pot`), 'utf8') !== template()) problems.push(`${DOMAIN}.pot is old: run npm run docs`);
  for (const file of readdirSync(LANGUAGES).filter((name) => name.endsWith('.po'))) {
    const translated = readPo(join(LANGUAGES, file));
    for (const id of ids) {
      const text = translated.get(id);
      if (!text) problems.push(`${file}: not translated: ${id}`);
      else if (placeholders(text) !== placeholders(id)) problems.push(`${file}: other placeholders: ${id}`);
    }
    for (const id of translated.keys()) if (!ids.includes(id)) problems.push(`${file}: no longer used: ${id}`);
  }
  return problems;
}

const placeholders = (text: string): string => (text.match(/%(?:\d\$)?[sd]/g) ?? []).sort().join();
const quoted = (text: string): string => JSON.stringify(text);

/** Compiles the PO files to MO files, and to a JSON file for each script. */
function build(folder: string): void {
  for (const file of readdirSync(LANGUAGES).filter((name) => name.endsWith('.po'))) {
    const locale = file.slice(DOMAIN.length + 1, -3);
    const texts = readPo(join(LANGUAGES, file));
    const inBlock = blockTexts().map(({ context, text }) => [`${context}\u0004${text}`, texts.get(text) ?? text] as const);
    writeFileSync(join(folder, `${DOMAIN}-${locale}.mo`), moFile(new Map([...texts, ...inBlock]), locale));
    for (const [handle, source] of Object.entries(SCRIPTS)) {
      const used = textsOf().filter(({ files }) => files.includes(source));
      const messages = Object.fromEntries(used.map(({ id }) => [id, [texts.get(id) ?? id]]));
      const data = { domain: DOMAIN, locale_data: { messages: { '': { domain: DOMAIN, lang: locale }, ...messages } } };
      writeFileSync(join(folder, `${DOMAIN}-${locale}-${handle}.json`), JSON.stringify(data));
    }
  }
}

/** A MO file (revision 0, little endian, without a hash table). */
function moFile(texts: ReadonlyMap<string, string>, locale: string): Buffer {
  const all = new Map([['', `Content-Type: text/plain; charset=UTF-8\nLanguage: ${locale}\n`], ...texts]);
  const pairs = [...all].map(([id, text]) => [Buffer.from(id), Buffer.from(text)] as const).sort(([a], [b]) => Buffer.compare(a, b));
  const head = Buffer.alloc(28 + 16 * pairs.length);
  head.writeUInt32LE(0x950412de, 0);
  head.writeUInt32LE(pairs.length, 8);
  head.writeUInt32LE(28, 12);
  head.writeUInt32LE(28 + 8 * pairs.length, 16);
  // WordPress reads the empty hash table's address, which must follow the other tables.
  head.writeUInt32LE(head.length, 24);
  const bodies: Buffer[] = [];
  let offset = head.length;
  for (const column of [0, 1] as const) {
    pairs.forEach((pair, index) => {
      const text = pair[column];
      const at = 28 + 8 * (index + column * pairs.length);
      head.writeUInt32LE(text.length, at);
      head.writeUInt32LE(offset, at + 4);
      bodies.push(text, Buffer.from([0]));
      offset += text.length + 1;
    });
  }
  return Buffer.concat([head, ...bodies]);
}

function filesOf(folder: string, pattern: RegExp, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = below ? `${below}/${entry.name}` : entry.name;
      return entry.isDirectory() ? filesOf(folder, pattern, path) : pattern.test(entry.name) ? [path] : [];
    });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [mode, folder] = process.argv.slice(2);
  if (mode === '--build' && folder) build(folder);
  else if (mode === '--check') {
    const problems = translationProblems();
    for (const problem of problems) console.error(problem);
    process.exitCode = problems.length ? 1 : 0;
  } else writeFileSync(join(LANGUAGES, `${DOMAIN}.pot`), template());
}

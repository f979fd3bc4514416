/**
 * Part of `npm run build`: derives the other forms of the script-tag build. Adds versioned copies of the entries, writes the flat build
 * (`dist/flat/`, all files in one folder) and lists the files of each form with their hashes (`files.json`).
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WidgetFiles } from '../src/embed/widget-files.ts';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

const LOADER = 'embed.js';
/** The file that the loader loads. */
const MODULE = 'voice-agent.js';
const ENTRIES = [MODULE, 'agents.js', LOADER];

/** The content of files by their paths. */
type Files = Map<string, string>;

const read = (paths: readonly string[]): Files => new Map(paths.map((path) => [path, readFileSync(join(dist, path), 'utf8')]));
const withoutMap = (code: string): string => code.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n');

/** Writes the versioned copies of the entries, and the list of all files. */
function addVersions(folder: string, files: Files): void {
  const entries: Record<string, string> = {};
  for (const name of ENTRIES.filter((one) => files.has(one))) {
    let code = withoutMap(files.get(name) ?? '');
    if (name === LOADER) {
      if (code.split(MODULE).length !== 2) throw new Error(`${LOADER} must contain the text ${MODULE} once.`);
      code = code.replace(MODULE, entries[MODULE] ?? '');
    }
    const hash = createHash('sha256').update(code).digest('base64url').slice(0, 8);
    const versioned = (entries[name] = name.replace('.js', `-${hash}.js`));
    files.set(versioned, code);
    writeFileSync(join(dist, folder, versioned), code);
  }
  const integrity: Record<string, string> = {};
  for (const [path, code] of [...files].sort()) integrity[path] = `sha384-${createHash('sha384').update(code).digest('base64')}`;
  const list: WidgetFiles = { version, entries, integrity };
  writeFileSync(join(dist, folder, 'files.json'), `${JSON.stringify(list, null, 2)}\n`);
}

/** The same files without folders. The prefix separates them from the other files of a shop's theme, which has one folder for all. */
function flattened(files: Files): Files {
  const names = new Map([...files.keys()].map((path) => [path, path.replace('chunks/', 'voice-agent-')]));
  const flat: Files = new Map();
  for (const [path, code] of files) {
    // Imports, also dynamic ones, begin with "./"; the address of the audio worklet does not.
    const renamed = withoutMap(code).replace(
      /(["'`])(\.\/)?((?:chunks\/)?[\w.-]+\.js)\1/g,
      (text, quote: string, here = '', file: string) => {
        const name = names.get(file) ?? names.get(`chunks/${file}`);
        return name === undefined || name === file ? text : `${quote}${String(here)}${name}${quote}`;
      },
    );
    flat.set(names.get(path) ?? path, renamed);
  }
  return flat;
}

const chunks = readdirSync(join(dist, 'chunks')).filter((name) => name.endsWith('.js'));
const files = read([...ENTRIES, ...chunks.map((name) => `chunks/${name}`)]);

rmSync(join(dist, 'flat'), { recursive: true, force: true });
mkdirSync(join(dist, 'flat'));
const flat = flattened(files);
for (const [path, code] of flat) writeFileSync(join(dist, 'flat', path), code);
addVersions('flat', flat);
addVersions('', files);
addVersions('single', new Map([[MODULE, readFileSync(join(dist, 'single', MODULE), 'utf8')]]));

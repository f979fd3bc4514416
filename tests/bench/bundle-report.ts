/**
 * `npm run size -- --report`: what the page's chunks consist of, in minified bytes by package and by folder of `src/`, from the chunks'
 * source maps. Written to `bench-results/bundle.md`; it has no bounds, the budgets are those of `size.ts`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { eachMapping, TraceMap } from '@jridgewell/trace-mapping';

/** Bytes that a source contributes to a chunk. */
type Shares = Map<string, number>;

const root = new URL('../../', import.meta.url);

/** The package or the folder of `src/` that a source belongs to. */
function groupOf(source: string | null | undefined): string {
  if (!source) return 'build';
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source) ?? [];
  if (name) return name;
  const [, folder] = /(src\/(?:[^/]+\/)?)/.exec(source) ?? [];
  return folder ?? 'build';
}

/** Assigns each character of a chunk to the source that its mapping names. */
function sharesOf(code: string, map: string): Shares {
  const lines = code.split('\n');
  const shares: Shares = new Map();
  const add = (group: string, bytes: number): void => void shares.set(group, (shares.get(group) ?? 0) + bytes);
  let before = { line: 1, column: 0, group: 'build' };
  const close = (line: number, column: number): void => {
    for (; before.line < line; before = { ...before, line: before.line + 1, column: 0 })
      add(before.group, (lines[before.line - 1]?.length ?? 0) - before.column);
    add(before.group, column - before.column);
  };
  eachMapping(new TraceMap(map), ({ generatedLine, generatedColumn, source }) => {
    close(generatedLine, generatedColumn);
    before = { line: generatedLine, column: generatedColumn, group: groupOf(source) };
  });
  close(lines.length, lines.at(-1)?.length ?? 0);
  return shares;
}

/** Writes the report for these files of `dist/`. @returns its path */
export function writeBundleReport(files: readonly string[]): string {
  const text = ['# Bundle report', '', 'Minified bytes by package and by folder of `src/`.', ''];
  for (const file of files) {
    const code = readFileSync(new URL(`dist/${file}`, root), 'utf8');
    const map = new URL(`dist/${file}.map`, root);
    // A file that only imports others has no map.
    const shares = existsSync(map) ? sharesOf(code, readFileSync(map, 'utf8')) : new Map([['build', code.length]]);
    text.push(`## ${file} (${String(code.length)})`, '', '| bytes | from |', '| ---: | --- |');
    for (const [group, bytes] of [...shares].sort(([, a], [, b]) => b - a)) if (bytes > 0) text.push(`| ${String(bytes)} | ${group} |`);
    text.push('');
  }
  mkdirSync(new URL('bench-results/', root), { recursive: true });
  writeFileSync(new URL('bench-results/bundle.md', root), text.join('\n'));
  return 'bench-results/bundle.md';
}

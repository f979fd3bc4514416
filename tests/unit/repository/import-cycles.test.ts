/** Import cycles in `src/`, type imports included: ESLint's `no-cycle` does not follow those. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryFiles, root } from './repository-files.js';

/** File → the files that it imports statically, by value or by type. */
function importsOf(files: readonly string[]): Map<string, readonly string[]> {
  return new Map(
    files.map((file) => {
      const text = readFileSync(root + file, 'utf8');
      const targets = [...text.matchAll(/\bfrom '(\.[^']+)\.js'/g)].map(([, path = '']) => normalize(join(dirname(file), `${path}.ts`)));
      return [file, targets.filter((target) => existsSync(root + target))];
    }),
  );
}

/** The shortest way from a file back to itself. */
function cycleFrom(start: string, imports: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const queue: (readonly string[])[] = [[start]];
  const seen = new Set<string>();
  for (let path = queue.shift(); path; path = queue.shift()) {
    for (const next of imports.get(path.at(-1) ?? '') ?? []) {
      if (next === start) return [...path, start];
      if (!seen.has(next)) queue.push([...path, next]);
      seen.add(next);
    }
  }
  return undefined;
}

it('the sources have no import cycle, type imports included', () => {
  const imports = importsOf(repositoryFiles('src/*.ts'));
  expect([...imports.values()].flat().length).toBeGreaterThan(500);
  expect([...imports.keys()].flatMap((file) => cycleFrom(file, imports)?.join(' → ') ?? [])).toEqual([]);
});

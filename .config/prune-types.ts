/** Removes the declaration files that no entry point of the package reaches: they describe internals and would only enlarge the package. */
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { entryPoints, root } from './entry-points.js';

const reached = new Set<string>();
const queue = entryPoints.map(({ types }) => types);
for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
  if (reached.has(file)) continue;
  reached.add(file);
  // A missing file fails here, before a user's compiler would report it.
  const text = readFileSync(file, 'utf8');
  for (const [, path = ''] of text.matchAll(/\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)\.js['"]/g))
    queue.push(join(dirname(file), `${path}.d.ts`));
}

const types = join(root, 'dist/types');
const removed = readdirSync(types, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.d.ts') && !reached.has(join(types, file)),
);
for (const file of removed) rmSync(join(types, file));

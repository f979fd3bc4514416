/** The package's entry points with types, from `exports` in package.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root. */
export const root = fileURLToPath(new URL('..', import.meta.url));

interface PackageJson {
  readonly exports: Readonly<Record<string, string | { readonly types?: string }>>;
}

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageJson;

/** Each with its name in `exports`, and the path of its declaration file. */
export const entryPoints = Object.entries(exports).flatMap(([name, target]) =>
  typeof target === 'object' && target.types ? [{ name, types: join(root, target.types) }] : [],
);
if (entryPoints.length === 0) throw new Error('package.json has no entry point with types.');

/** The promises in SECURITY.md, each with the files of the tests that show it. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** One row of a table in SECURITY.md. */
export interface SecurityPromise {
  readonly promise: string;
  /** What the row names: files, or folders with a `/` at the end; paths from the project's root. */
  readonly named: readonly string[];
  /** The named test files, and those in the named folders; none if a named path does not exist. */
  readonly files: readonly string[];
}

const testFiles = (path: string): string[] => {
  if (!existsSync(root + path)) return [];
  const all = statSync(root + path).isDirectory()
    ? readdirSync(root + path, { recursive: true }).map((name) => `${path}${String(name)}`)
    : [path];
  return all.filter((name) => /\.(?:test|spec)\.ts$/.test(name));
};

/** All rows of the tables, in their order. */
export const securityPromises = (): SecurityPromise[] =>
  readFileSync(`${root}SECURITY.md`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| promise'))
    .map((line) => line.slice(2, -2).split(' | '))
    .map(([promise = '', cell = '']) => {
      const named = [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
      return { promise, named, files: named.every((path) => testFiles(path).length > 0) ? named.flatMap(testFiles) : [] };
    });

/** Each promise in SECURITY.md names existing tests. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rows = readFileSync(`${root}SECURITY.md`, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| promise'))
  .map((line) => line.slice(2, -2).split(' | '));

describe('each promise', () => {
  it('is found in the table', () => expect(rows.length).toBeGreaterThan(25));

  it.each(rows)('%s', (_, cell = '') => {
    const files = [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? '');
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      expect(existsSync(root + file), file).toBe(true);
      const tests = statSync(root + file).isDirectory()
        ? readdirSync(root + file, { recursive: true }).map((name) => `${file}${String(name)}`)
        : [file];
      expect(
        tests.filter((name) => /\.(?:test|spec)\.ts$/.test(name)),
        file,
      ).not.toEqual([]);
    }
  });
});

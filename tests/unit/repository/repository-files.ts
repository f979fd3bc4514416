/** The files of the repository: those that git tracks, and new ones that it does not ignore. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** The project's root, with a slash at its end. Vitest runs there; in a test with a DOM, `import.meta.url` is not a file URL. */
export const root = `${process.cwd()}/`;

/** Paths relative to the root, of the files that match the patterns (all files if omitted). */
export const repositoryFiles = (...patterns: string[]): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((file) => file && existsSync(root + file));

/** A copy of the sources, to try changes in. It lies in the project's folder, outside of which Vitest loads no modules for tests with a DOM. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Edit } from './recipe-steps.js';
import { root } from './repository-files.js';

/** A copy of `src/`, which the owner removes. */
export class ScratchCopy {
  readonly folder: string;

  constructor() {
    mkdirSync(`${root}test-results`, { recursive: true });
    this.folder = mkdtempSync(`${root}test-results/recipes-`);
    execFileSync('cp', ['-R', `${root}src`, `${root}tsconfig.json`, this.folder]);
    const tsconfig = { extends: './tsconfig.json', include: ['src'], exclude: ['src/demo', 'src/examples', 'src/server/deploy'] };
    writeFileSync(join(this.folder, 'tsconfig.scratch.json'), JSON.stringify(tsconfig));
  }

  /** @throws Error if the text to replace is missing or occurs more than once: the recipe, or the source, has changed */
  edit({ file, find, put }: Edit): void {
    const path = join(this.folder, file);
    if (find === undefined) {
      if (existsSync(path)) throw new Error(`${file} exists already.`);
      writeFileSync(path, put);
      return;
    }
    const text = readFileSync(path, 'utf8');
    const count = typeof find === 'string' ? text.split(find).length - 1 : [...text.matchAll(new RegExp(find, 'g'))].length;
    if (count !== 1) throw new Error(`${file} contains ${String(find)} ${String(count)} times.`);
    writeFileSync(path, text.replace(find, put));
  }

  /** The compiler's messages. */
  typeErrors(): string[] {
    const { stdout } = spawnSync(process.execPath, [`${root}node_modules/ts7/bin/tsc`, '-p', 'tsconfig.scratch.json', '--noEmit'], {
      cwd: this.folder,
      encoding: 'utf8',
    });
    return stdout.split('\n').filter((line) => /^src\/.*error TS/.test(line));
  }

  /** Imports a module of the copy. */
  async load<Module>(file: string): Promise<Module> {
    return (await import(/* @vite-ignore */ join(this.folder, file))) as Module;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

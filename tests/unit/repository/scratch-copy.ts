/** A copy of the sources in a temporary folder, to try changes in. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Edit } from './recipe-steps.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A copy of `src/`, which the owner removes. */
export class ScratchCopy {
  readonly folder = mkdtempSync(join(tmpdir(), 'recipes-'));

  constructor() {
    execFileSync('cp', ['-R', `${root}src`, `${root}tsconfig.json`, this.folder]);
    symlinkSync(`${root}node_modules`, join(this.folder, 'node_modules'));
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
    const { stdout } = spawnSync(process.execPath, [`${root}node_modules/ts7/bin/tsc`, '-p', 'tsconfig.scratch.json', '--noEmit'], { cwd: this.folder, encoding: 'utf8' });
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

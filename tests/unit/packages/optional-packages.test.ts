/** The versions of optional packages, in a separate process: each package is a folder that the test wrote, or cannot be found. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runInNode } from '../../support/seeds/programs.js';
import type { Program } from '../../support/seeds/programs.js';

const MODULE = fileURLToPath(new URL('../../../src/packages/optional-packages.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'optional-packages-'));
afterAll(() => rmSync(folder, { recursive: true }));
let program: Program | undefined;
afterEach(() => program?.stop());

/** Writes a package whose entry is in a folder with a package.json without a name, as in packages with two module formats. */
function writePackage(name: string, version: string): string {
  const root = join(folder, `${name.replace(/\W/g, '')}-${version}`);
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name, version }));
  writeFileSync(join(root, 'dist', 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(root, 'dist', 'index.js'), '');
  return pathToFileURL(join(root, 'dist', 'index.js')).href;
}

/** The results of `packageProblem` and `requirePackage` for a package at a URL; without a URL, Node does not find it. */
async function look(name: string, specifier: string, address: string | undefined): Promise<{ problem?: string; error?: string }> {
  const hook = `export const resolve = async (name, context, next) => {
    if (name !== ${JSON.stringify(specifier)}) return next(name, context);
    if (${JSON.stringify(address === undefined)}) throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    return { url: ${JSON.stringify(address ?? '')}, shortCircuit: true };
  };`;
  const code = `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));
const { requirePackage, packageProblem } = await import(${JSON.stringify(MODULE)});
const found = { problem: packageProblem(${JSON.stringify(name)}) };
try {
  requirePackage(${JSON.stringify(name)}, 'This feature');
} catch (error) {
  found.error = error.message;
}
console.log(JSON.stringify(found));`;
  program = runInNode(`optional-${name.replace(/\W/g, '')}-${String(address?.length)}`, code, {});
  return JSON.parse(String(await program.next('a line', () => true))) as { problem?: string; error?: string };
}

describe('an optional package', { timeout: 120_000 }, () => {
  it.each([
    ['ws', '8.17.1'],
    ['ws', '8.23.0'],
    ['hono', '4.12.0'],
    ['jiti', '2.9.1-beta.1'],
    ['werift', '0.25.2'],
  ])('%s %s is accepted', async (name, version) => {
    expect(await look(name, name, writePackage(name, version))).toEqual({});
  });

  it.each([
    ['ioredis', '5.4.1', 'ioredis@6'],
    ['ws', '7.5.10', 'ws@8'],
    ['ws', '8.17.0', 'ws@8'],
    ['openai', '6.3.0', 'openai@7'],
    ['jiti', '1.21.7', 'jiti@2'],
    ['werift', '0.24.4', 'werift@0.25.2'],
  ])('%s %s is rejected with the command that installs a supported version', async (name, version, install) => {
    const { problem, error } = await look(name, name, writePackage(name, version));
    expect(problem).toMatch(
      new RegExp(`^"${name}" is installed in version ${version.replaceAll('.', '\\.')}, and \\S+ or newer, below \\S+, is needed$`),
    );
    expect(error).toBe(`This feature needs a package: ${problem ?? ''}. Install it with: npm install ${install}`);
  });

  it('is found by the entry that is imported', async () => {
    const address = writePackage('@openai/agents', '0.1.0');
    expect((await look('@openai/agents', '@openai/agents/realtime', address)).problem).toContain('version 0.1.0');
  });

  it('is reported with the install command if it is missing', async () => {
    expect((await look('ioredis', 'ioredis', undefined)).error).toBe(
      'This feature needs a package: "ioredis" is not installed. Install it with: npm install ioredis@6',
    );
  });
});

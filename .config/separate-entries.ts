/** A build plugin: the package's main entry as a file that only names the other entries. */
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const MAIN = fileURLToPath(new URL('../src/index.ts', import.meta.url));

/** Leaves the `export * from './x.js'` of `src/index.ts` as they are; the files beside it are entries of the build, too. */
export function separateEntries(): Plugin {
  return {
    name: 'separate-entries',
    enforce: 'pre',
    apply: (_, { mode }) => mode === 'npm',
    resolveId: (source, importer) => (importer === MAIN ? { id: source, external: true, moduleSideEffects: false } : null),
  };
}

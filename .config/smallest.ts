/** A build plugin: the last per cent of size. */
import { minify } from 'terser';
import terser from 'terser/package.json' with { type: 'json' };
import type { Plugin } from 'vite';

/** Bytes of a file that Terser takes too long for: the agents' session, which no budget is near. */
const TOO_LARGE = 120_000;

/** Terser makes the files of the script build another 1 % smaller, after the bundler's own minifier. */
export function smallest(): Plugin {
  return {
    name: 'smallest',
    apply: (_, { mode }) => mode === 'script',
    // The bundler names files by their content before this.
    augmentChunkHash: () => terser.version,
    async generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk' || file.code.length > TOO_LARGE) continue;
        file.code = (await minify(file.code, { module: true, ecma: 2020, compress: { passes: 2 } })).code ?? file.code;
      }
    },
  };
}

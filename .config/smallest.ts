/** Build plugin: the final size reduction. */
import { basename } from 'node:path';
import { minify } from 'terser';
import terser from 'terser/package.json' with { type: 'json' };
import type { Plugin } from 'vite';
import { SDK_SESSION } from './lean-sdk.ts';

/** Terser takes too long for this file, which is far below its budget, and the file must stay identical in both builds. */
const UNTOUCHED = SDK_SESSION;

/** Terser makes the files of the script build another 1 % smaller after the bundler's own minifier. */
export function smallest(): Plugin {
  return {
    name: 'smallest',
    apply: (_, { mode }) => mode === 'script',
    // The bundler derives file names from the content before this step.
    augmentChunkHash: ({ name }) => (name === UNTOUCHED ? undefined : terser.version),
    async generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk' || file.name === UNTOUCHED) continue;
        const asset = bundle[`${file.fileName}.map`];
        const sourceMap = file.map !== null && { content: file.map.toString(), includeSources: true };
        const { code = '', map } = await minify(file.code, { module: true, ecma: 2020, compress: { passes: 2 }, sourceMap });
        file.code = code;
        // A file that only re-exports others has no map.
        if (asset?.type !== 'asset' || typeof map !== 'string') continue;
        asset.source = map;
        file.code += `\n//# sourceMappingURL=${basename(asset.fileName)}\n`;
      }
    },
  };
}

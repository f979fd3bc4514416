/** A build plugin: audio worklets as files of their own. */
import { basename, dirname, resolve } from 'node:path';
import type { Plugin } from 'vite';

/**
 * `import address from './x.js?worklet'` gives the address of that module as a file of its own: audio worklets are loaded by
 * address, and a strict Content-Security-Policy takes neither `blob:` nor `data:`.
 */
export function workletFiles(): Plugin {
  const mark = '?worklet';
  let serves = false;
  let bundledAgain = false;
  return {
    name: 'worklet-files',
    enforce: 'pre',
    configResolved: ({ command, mode }) => {
      serves = command === 'serve';
      bundledAgain = mode === 'npm';
    },
    // A page's own bundler may turn a small file into a `data:` address, Vite does by default; this is how it is told not to.
    resolveFileUrl: ({ relativePath }) => (bundledAgain ? `new URL(${JSON.stringify(`${relativePath}?no-inline`)}, import.meta.url).href` : null),
    resolveId: (source, importer) =>
      source.endsWith(mark) && importer ? resolve(dirname(importer), source.slice(0, -mark.length).replace(/\.js$/, '.ts')) + mark : null,
    load(id) {
      if (!id.endsWith(mark)) return null;
      const file = id.slice(0, -mark.length);
      if (serves) return `export default new URL(${JSON.stringify(`/@fs${file}`)}, import.meta.url).href;`;
      const name = basename(file, '.ts');
      // A page may have to name this file, so its name stays.
      const reference = this.emitFile({ type: 'chunk', id: file, name, ...(bundledAgain ? { fileName: `npm/${name}.js` } : {}) });
      return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
    },
  };
}

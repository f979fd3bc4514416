/** Build plugin: emits audio worklets as separate files. */
import { basename, dirname, resolve } from 'node:path';
import type { Plugin } from 'vite';

const FOLDERS: Readonly<Record<string, string>> = { npm: 'npm/', 'sandbox-browser': '' };

/**
 * `import url from './x.js?worklet'` returns the URL of that module as a separate file: audio worklets are loaded by
 * URL, and a strict Content-Security-Policy allows neither `blob:` nor `data:`.
 */
export function workletFiles(): Plugin {
  const mark = '?worklet';
  let serves = false;
  /** The folder of worklets with fixed names, in builds that a page's bundler processes again. */
  let folder: string | undefined;
  return {
    name: 'worklet-files',
    enforce: 'pre',
    configResolved: ({ command, mode }) => {
      serves = command === 'serve';
      folder = FOLDERS[mode];
    },
    // A page's own bundler may inline a small file as a `data:` URL, as Vite does by default; `no-inline` prevents that.
    resolveFileUrl: ({ relativePath }) =>
      folder !== undefined ? `new URL(${JSON.stringify(`${relativePath}?no-inline`)}, import.meta.url).href` : null,
    resolveId: (source, importer) =>
      source.endsWith(mark) && importer ? resolve(dirname(importer), source.slice(0, -mark.length).replace(/\.js$/, '.ts')) + mark : null,
    load(id) {
      if (!id.endsWith(mark)) return null;
      const file = id.slice(0, -mark.length);
      if (serves) return `export default new URL(${JSON.stringify(`/@fs${file}`)}, import.meta.url).href;`;
      const name = basename(file, '.ts');
      // A page may have to refer to this file, so its name is fixed.
      const reference = this.emitFile({
        type: 'chunk',
        id: file,
        name,
        ...(folder !== undefined ? { fileName: `${folder}${name}.js` } : {}),
      });
      return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
    },
  };
}

/** Build plugin: emits audio worklets as separate files, or in the single file as part of it. */
import { basename, dirname, resolve } from 'node:path';
import { build } from 'esbuild';
import type { Plugin } from 'vite';

const FOLDERS: Readonly<Record<string, string>> = { npm: 'npm/', 'sandbox-browser': '' };

/**
 * `import url from './x.js?worklet'` returns the URL of that module as a separate file: audio worklets are loaded by
 * URL, and a strict Content-Security-Policy allows neither `blob:` nor `data:`. The single file has to use a `blob:` URL.
 */
export function workletFiles(): Plugin {
  const mark = '?worklet';
  let serves = false;
  let single = false;
  /** The folder of worklets with fixed names, in builds that a page's bundler processes again. */
  let folder: string | undefined;
  return {
    name: 'worklet-files',
    enforce: 'pre',
    configResolved: ({ command, mode }) => {
      serves = command === 'serve';
      single = mode === 'single';
      folder = FOLDERS[mode];
    },
    // A page's own bundler may inline a small file as a `data:` URL, as Vite does by default; `no-inline` prevents that.
    resolveFileUrl: ({ relativePath }) =>
      folder !== undefined ? `new URL(${JSON.stringify(`${relativePath}?no-inline`)}, import.meta.url).href` : null,
    resolveId: (source, importer) =>
      source.endsWith(mark) && importer ? resolve(dirname(importer), source.slice(0, -mark.length).replace(/\.js$/, '.ts')) + mark : null,
    async load(id) {
      if (!id.endsWith(mark)) return null;
      const file = id.slice(0, -mark.length);
      const unverified = 'export const verify = async () => {};';
      if (serves) return `export default new URL(${JSON.stringify(`/@fs${file}`)}, import.meta.url).href;\n${unverified}`;
      if (single)
        return `export default URL.createObjectURL(new Blob([${JSON.stringify(await bundled(file))}], { type: 'text/javascript' }));\n${unverified}`;
      const name = basename(file, '.ts');
      // A page may have to refer to this file, so its name is fixed.
      const reference = this.emitFile({
        type: 'chunk',
        id: file,
        name,
        ...(folder !== undefined ? { fileName: `${folder}${name}.js` } : {}),
      });
      const address = `const address = import.meta.ROLLUP_FILE_URL_${reference};\nexport default address;`;
      return `${address}\n${folder !== undefined ? unverified : 'export const verify = () => import(/* @vite-ignore */ address);'}`;
    },
  };
}

/** The minified code of a module and its imports. */
async function bundled(file: string): Promise<string> {
  const { outputFiles } = await build({ entryPoints: [file], bundle: true, minify: true, format: 'iife', target: 'es2022', write: false });
  return outputFiles[0]?.text ?? '';
}

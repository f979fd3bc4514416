/** Bundles a short module with unmodified packages, as a page's own build would. */
import { build } from 'vite';
import type { Rolldown } from 'vite';

/** The name of the virtual entry module; the plugin provides its code. */
const ENTRY = 'virtual:bench-entry';

/** Bundles this code and its imports into one minified ES module; takes a few seconds, in memory. */
export async function bundleModule(code: string): Promise<string> {
  const result = (await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [
      {
        name: 'bench-entry',
        enforce: 'pre',
        resolveId: (source) => (source.endsWith(ENTRY) ? ENTRY : null),
        load: (id) => (id === ENTRY ? code : null),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: ENTRY, formats: ['es'] },
      rolldownOptions: { output: { minify: true, codeSplitting: false } },
    },
  })) as Rolldown.RolldownOutput[];
  const [chunk] = result.flatMap(({ output }) => output);
  if (chunk?.type !== 'chunk') throw new Error(`Bundling produced no chunk for: ${code}`);
  return chunk.code;
}

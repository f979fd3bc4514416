/** Bundles a module of a few lines with unmodified packages, as a page's own build would. */
import { build } from 'vite';
import type { Rolldown } from 'vite';

/** A name that the build takes for a file of ours; the plugin answers for it. */
const ENTRY = 'virtual:bench-entry';

/** One minified ES module made of this code and what it imports; a few seconds, in memory. */
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
  if (chunk?.type !== 'chunk') throw new Error(`Nothing was bundled of: ${code}`);
  return chunk.code;
}

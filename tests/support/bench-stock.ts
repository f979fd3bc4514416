/** The stock SDK as a page would bundle it: `OpenAIRealtimeWebRTC` of `@openai/agents/realtime`, unmodified. */
import { build } from 'vite';
import type { Rolldown } from 'vite';

/** A name that the build takes for a file of ours; the plugin answers for it. */
const ENTRY = 'virtual:stock-sdk';

/** Builds an ES module that exports the SDK's transport; a few seconds, in memory. */
export async function bundleStockSdk(): Promise<string> {
  const result = (await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [
      {
        name: 'stock-entry',
        enforce: 'pre',
        resolveId: (source) => (source.endsWith(ENTRY) ? ENTRY : null),
        load: (id) => (id === ENTRY ? "export { OpenAIRealtimeWebRTC } from '@openai/agents/realtime';" : null),
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
  if (chunk?.type !== 'chunk') throw new Error('The stock SDK was not bundled.');
  return chunk.code;
}

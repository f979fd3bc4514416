/** zod as one file that a page can import, like a file that a site without a bundler would copy to its server. */
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';

export async function zodFile(): Promise<string> {
  const entry = fileURLToPath(new URL('../../node_modules/zod/index.js', import.meta.url));
  const built = (await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: false, lib: { entry, formats: ['es'], fileName: 'zod' } },
  })) as Rolldown.RolldownOutput[];
  const [file] = built.flatMap(({ output }) => output);
  if (file?.type !== 'chunk') throw new Error('Bundling zod produced no chunk.');
  return file.code;
}

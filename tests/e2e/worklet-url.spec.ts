/** A call over WebSocket in apps whose bundlers do not emit the audio worklet: esbuild (including Angular) and Rollup. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import type { VoiceSession } from '../../src/index.js';
import { chromiumLaunch } from '../support/chromium.js';
import { microphone } from './hear-words.js';
import { expect, test } from './fixtures.js';

declare global {
  interface Window {
    openCall(baseUrl: string, workletUrl?: string): VoiceSession;
  }
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WORKLET = readFileSync(fileURLToPath(import.meta.resolve('voice-agent-element/pcm-worklet.js')), 'utf8');
const PROGRAM = `import { VoiceSession } from 'voice-agent-element/session';
window.openCall = (baseUrl, workletUrl) => new VoiceSession({ tokenUrl: '/voice/token', transport: 'websocket', baseUrl, workletUrl });`;

/** Bundler → name and code of the files that it builds from the program. */
const BUNDLERS: Readonly<Record<string, () => Promise<[name: string, code: string][]>>> = {
  async esbuild() {
    const { outputFiles } = await build({
      stdin: { contents: PROGRAM, resolveDir: ROOT },
      bundle: true,
      splitting: true,
      format: 'esm',
      outdir: ROOT,
      entryNames: 'app',
      write: false,
    });
    return outputFiles.map(({ path, text }) => [path.slice(ROOT.length), text]);
  },
  async rollup() {
    const program = {
      name: 'program',
      resolveId: (id: string) => (id === 'app' ? `${ROOT}app.js` : null),
      load: (id: string) => (id === `${ROOT}app.js` ? PROGRAM : null),
    };
    const bundle = await rollup({ input: 'app', plugins: [program, nodeResolve({ browser: true, rootDir: ROOT })] });
    const { output } = await bundle.generate({ format: 'es' });
    return output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : String(file.source)]);
  },
};

test.use({ launchOptions: chromiumLaunch({ wav: microphone.path }) });

for (const [bundler, bundle] of Object.entries(BUNDLERS)) {
  test(`bundled by ${bundler}: the error names the worklet's URL, and workletUrl fixes it`, async ({ page, site }) => {
    const serve = (path: string, code: string): void =>
      site.answer(path, () => new Response(code, { headers: { 'content-type': 'text/javascript' } }));
    for (const [name, code] of await bundle()) serve(`/${bundler}/${name}`, code);
    serve(`/assets/${bundler}/worklet.js`, WORKLET);
    await page.goto(site.page({ attributes: false, scripts: 0, script: `await import('/${bundler}/app.js');\ndocument.title = 'ready';` }));
    await expect(page).toHaveTitle('ready');
    const connect = (workletUrl?: string): Promise<unknown> =>
      page.evaluate(
        async ([baseUrl, address]) => {
          const call = window.openCall(baseUrl, address);
          const result = await call.connect().then(
            () => call.status.state,
            ({ code, message }: { code: string; message: string }) => ({ code, message }),
          );
          await call.close();
          return result;
        },
        [site.sandbox.url, workletUrl] as const,
      );
    expect(await connect()).toEqual({ code: 'load_failed', message: expect.stringContaining(`/${bundler}/pcm-worklet.js`) as unknown });
    expect(await connect(`/assets/${bundler}/worklet.js`)).toBe('connected');
    // Beside the bundle, the worklet is found without the option.
    serve(`/${bundler}/pcm-worklet.js`, WORKLET);
    await page.reload();
    await expect(page).toHaveTitle('ready');
    expect(await connect()).toBe('connected');
  });
}

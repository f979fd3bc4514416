/** A route handler (such as Next's) bundled by an app that has not installed the packages for phone calls and Redis. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import webpack from 'webpack';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HANDLER = `import { createVoiceServer } from 'voice-agent-element/server';
const voice = createVoiceServer({ allowedOrigins: ['https://www.example.com'], upstream: { apiKey: 'sk-x' }, session: { model: 'gpt-realtime-2.1' } });
export const POST = (request) => voice.fetch(request);`;

/** An app that has installed the package and nothing else. */
function appWithHandler(): string {
  const app = mkdtempSync(join(tmpdir(), 'handler-'));
  onTestFinished(() => rmSync(app, { recursive: true }));
  const own = join(app, 'node_modules/voice-agent-element');
  mkdirSync(own, { recursive: true });
  copyFileSync(`${ROOT}package.json`, join(own, 'package.json'));
  symlinkSync(`${ROOT}dist`, join(own, 'dist'));
  writeFileSync(join(app, 'handler.mjs'), HANDLER);
  return app;
}

/** The bundled handler runs: it refuses a page of another origin. */
async function expectRefusal(bundle: string): Promise<void> {
  const { POST } = (await import(pathToFileURL(bundle).href)) as { POST(request: Request): Promise<Response> };
  const answer = await POST(
    new Request('https://www.example.com/voice/token', { method: 'POST', headers: { origin: 'https://evil.example' } }),
  );
  expect(answer.status).toBe(403);
}

test('esbuild bundles the handler in an app without the optional packages', async () => {
  const app = appWithHandler();
  const outfile = join(app, 'bundle.mjs');
  const { errors } = await build({
    entryPoints: [join(app, 'handler.mjs')],
    preserveSymlinks: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'silent',
  });
  expect(errors).toEqual([]);
  await expectRefusal(outfile);
});

test('webpack bundles the handler without errors or warnings', async () => {
  const app = appWithHandler();
  const problems = await new Promise<unknown[]>((resolve, reject) => {
    webpack(
      {
        mode: 'production',
        target: 'node20',
        context: app,
        entry: join(app, 'handler.mjs'),
        resolve: { symlinks: false },
        optimization: { minimize: false },
        experiments: { outputModule: true },
        output: { path: app, filename: 'bundle.mjs', module: true, library: { type: 'module' } },
      },
      (failure, stats) => {
        if (failure) reject(failure);
        else resolve([...(stats?.compilation.errors ?? []), ...(stats?.compilation.warnings ?? [])]);
      },
    );
  });
  expect(problems).toEqual([]);
  await expectRefusal(join(app, 'bundle.mjs'));
});

test('imports of optional packages carry the comments that make webpack and Turbopack leave them to the runtime', () => {
  const folder = `${ROOT}dist/node/`;
  const code = readdirSync(folder)
    .map((name) => readFileSync(folder + name, 'utf8'))
    .join('\n');
  const imports = [...code.matchAll(/\bimport\(((?:\/\*[^*]*\*\/|\s)*)["']((?!\.|node:)[^"']+)["']/g)].map(
    ([, comments = '', name = '']) => ({ name, comments }),
  );
  expect(imports.map(({ name }) => name)).toEqual(expect.arrayContaining(['ws', 'ioredis', 'openai', '@openai/agents/realtime']));
  for (const { name, comments } of imports) {
    expect(comments, name).toContain('webpackIgnore: true');
    expect(comments, name).toContain('turbopackIgnore: true');
  }
});

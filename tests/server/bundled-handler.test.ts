/** A route handler (Next's, say) that an app's bundler puts together, where the packages of phone calls and of Redis are not installed. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HANDLER = `import { createVoiceServer } from 'voice-agent-element/server';
const voice = createVoiceServer({ allowedOrigins: ['https://www.example.com'], upstream: { apiKey: 'sk-x' }, session: { model: 'gpt-realtime-2.1' } });
export const POST = (request) => voice.fetch(request);`;

test('esbuild bundles the handler in an app that has installed nothing else', async () => {
  const app = mkdtempSync(join(tmpdir(), 'handler-'));
  onTestFinished(() => rmSync(app, { recursive: true }));
  const own = join(app, 'node_modules/voice-agent-element');
  mkdirSync(own, { recursive: true });
  copyFileSync(`${ROOT}package.json`, join(own, 'package.json'));
  symlinkSync(`${ROOT}dist`, join(own, 'dist'));
  const { errors } = await build({
    stdin: { contents: HANDLER, resolveDir: app },
    preserveSymlinks: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: join(app, 'handler.mjs'),
    logLevel: 'silent',
  });
  expect(errors).toEqual([]);
  const { POST } = (await import(pathToFileURL(join(app, 'handler.mjs')).href)) as { POST(request: Request): Promise<Response> };
  const answer = await POST(new Request('https://www.example.com/voice/token', { method: 'POST', headers: { origin: 'https://evil.example' } }));
  expect(answer.status).toBe(403);
});

test('webpack and Turbopack, too, leave to the runtime what is loaded on demand', () => {
  const folder = `${ROOT}dist/node/`;
  const code = readdirSync(folder).map((name) => readFileSync(folder + name, 'utf8')).join('\n');
  const imports = [...code.matchAll(/\bimport\(((?:\/\*[^*]*\*\/|\s)*)["']((?!\.|node:)[^"']+)["']/g)].map(([, comments = '', name = '']) => ({ name, comments }));
  expect(imports.map(({ name }) => name)).toEqual(expect.arrayContaining(['ws', 'ioredis', 'openai', '@openai/agents/realtime']));
  for (const { name, comments } of imports) {
    expect(comments, name).toContain('webpackIgnore: true');
    expect(comments, name).toContain('turbopackIgnore: true');
  }
});

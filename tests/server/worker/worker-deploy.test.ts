/** The ready-made deployment: unmodified `wrangler.jsonc` and `worker.ts`, run by miniflare with the built widget as assets. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { COMPATIBILITY_DATE, COMPATIBILITY_FLAGS, bundleWorker, runWorker } from '../../support/workerd.js';
import type { RunningWorker } from '../../support/workerd.js';
import { ask } from '../token-route-support.js';

vi.setConfig({ testTimeout: 60_000 });

const DEPLOY = fileURLToPath(new URL('../../../src/server/deploy/', import.meta.url));

interface Config {
  main: string;
  compatibility_date: string;
  compatibility_flags: string[];
  durable_objects: { bindings: { name: string; class_name: string }[] };
  migrations: { new_sqlite_classes: string[] }[];
  assets: { directory: string };
}

const config = JSON.parse(readFileSync(`${DEPLOY}wrangler.jsonc`, 'utf8').replace(/^\s*\/\/.*$/gm, '')) as Config;
const files = mkdtempSync(join(tmpdir(), 'voice-assets-'));
let code: string;
let worker: RunningWorker;

beforeAll(async () => {
  writeFileSync(join(files, 'voice-agent.js'), 'export {};');
  code = await bundleWorker(DEPLOY + config.main);
  const sqlite = config.migrations.flatMap(({ new_sqlite_classes }) => new_sqlite_classes);
  worker = await runWorker(code, {
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    durableObjects: Object.fromEntries(
      config.durable_objects.bindings.map(({ name, class_name }) => [
        name,
        { className: class_name, useSQLite: sqlite.includes(class_name) },
      ]),
    ),
    assets: { directory: files, routerConfig: { has_user_worker: true } },
    bindings: { OPENAI_API_KEY: 'sk-deployed' },
  });
}, 120_000);

afterAll(async () => {
  await worker.close();
  rmSync(files, { recursive: true, force: true });
});

describe('the ready-made Worker', () => {
  it('serves and guards its routes, and leaves the widget’s files to the assets', async () => {
    expect(await (await fetch(`${worker.url}/healthz`)).json()).toEqual({ status: 'ok' });
    const [path, init] = ask({ Origin: 'https://evil.example' });
    expect((await fetch(worker.url + path, init)).status).toBe(403);
    const file = await fetch(`${worker.url}/voice-agent.js`);
    expect([file.status, file.headers.get('Content-Type'), await file.text()]).toEqual([
      200,
      expect.stringContaining('javascript'),
      'export {};',
    ]);
  });

  it('uses the same compatibility settings in tests and deployment', () => {
    expect([config.compatibility_date, config.compatibility_flags]).toEqual([COMPATIBILITY_DATE, COMPATIBILITY_FLAGS]);
  });

  it('is a single module that imports only workerd’s built-in modules', () => {
    const imported = [...code.matchAll(/^(?:import|export)\s[^;]*?from\s*"([^"]+)"|^import\s*"([^"]+)"/gm)].map(
      ([, from, alone]) => from ?? alone ?? '',
    );
    expect(imported.filter((name) => !name.startsWith('node:') && !name.startsWith('cloudflare:'))).toEqual([]);
  });
});

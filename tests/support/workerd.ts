/**
 * A Worker in the real workerd, run by miniflare: bundles an entry of `tests/support/workers` like the package's own
 * build bundles the Worker, and stops the process afterwards. Owns the data kept on disk between two starts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Log, LogLevel, Miniflare } from 'miniflare';
import type { MiniflareOptions } from 'miniflare';
import { build } from 'vite';
import type { Rolldown } from 'vite';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The compatibility date of the runtime; the same as in `src/server/deploy/wrangler.jsonc`. */
export const COMPATIBILITY_DATE = '2026-07-01';

export const COMPATIBILITY_FLAGS = ['nodejs_compat', 'enable_request_signal'];

/** Bundles a file into one module; accepts the name of a file in `tests/support/workers`. */
export async function bundleWorker(name: string): Promise<string> {
  const input = name.includes('/') ? name : join(ROOT, `tests/support/workers/${name}.ts`);
  const output = (await build({
    configFile: join(ROOT, 'vite.config.ts'),
    root: ROOT,
    mode: 'worker-whole',
    logLevel: 'error',
    // A site's own Worker imports the package by name.
    resolve: { alias: { 'voice-agent-element/server/worker': join(ROOT, 'src/server/runtime/cloudflare/worker.ts') } },
    build: { write: false, rolldownOptions: { input } },
  })) as Rolldown.RolldownOutput;
  const [chunk, ...more] = output.output;
  if (more.length > 0) throw new Error(`${name} was bundled into more than one file.`);
  return chunk.code;
}

/** A running Worker. */
export interface RunningWorker {
  /** `http://127.0.0.1:<port>`, reached by real HTTP. */
  readonly url: string;
  /** Restarts the process with the data kept on disk: objects lose their memory, not their storage. `meanwhile` runs while it is stopped. */
  restart(meanwhile?: () => Promise<unknown>): Promise<void>;
  close(): Promise<void>;
}

/** Runs a bundle; objects' storage is kept in a separate folder until `close()`. */
export async function runWorker(script: string, options: Readonly<Record<string, unknown>> = {}): Promise<RunningWorker> {
  const folder = mkdtempSync(join(tmpdir(), 'voice-worker-'));
  const setup = {
    modules: true,
    script,
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: COMPATIBILITY_FLAGS,
    durableObjects: {
      VOICE_STATE: { className: 'VoiceState', useSQLite: true },
      VOICE_CALL: { className: 'VoiceCall', useSQLite: true },
    },
    durableObjectsPersist: folder,
    host: '127.0.0.1',
    // Errors that a test provokes are not logged.
    log: new Log(LogLevel.ERROR),
    ...options,
  } as unknown as MiniflareOptions;
  let running = new Miniflare(setup);
  let url = (await running.ready).origin;
  return {
    get url() {
      return url;
    },
    async restart(meanwhile) {
      await running.dispose();
      await meanwhile?.();
      running = new Miniflare(setup);
      url = (await running.ready).origin;
    },
    async close() {
      await running.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

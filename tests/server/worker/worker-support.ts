/** Shared helpers for tests of the Worker: a Worker in front of a sandbox and the events that it emitted. */
import { Response as WorkerResponse } from 'miniflare';
import type { ServerEvent } from '../../../src/server/contract/server-events.js';
import type { VoiceWorkerOptions } from '../../../src/server/runtime/cloudflare/worker.js';
import { bundleWorker, runWorker } from '../../support/workerd.js';
import type { RunningWorker } from '../../support/workerd.js';
import type { Broker } from '../calls/support.js';
import { PAGE } from '../token-route-support.js';

/** A standard key that must appear only at the sandbox. */
export const WORKER_KEY = 'sk-sandbox-worker-7f3a91';

/** A Worker and its emitted events; `app` and `heard` are compatible with `calls/support.ts`. */
export interface TestedWorker extends Pick<Broker, 'heard' | 'events'> {
  readonly worker: RunningWorker;
  readonly app: { request(path: string, init?: RequestInit): Promise<Response> };
  close(): Promise<void>;
}

let bundle: Promise<string> | undefined;

/** Runs the server of `tests/support/workers/server.ts`. */
export async function testedWorker(
  root: string,
  options: Partial<VoiceWorkerOptions> = {},
  bindings: Record<string, unknown> = {},
): Promise<TestedWorker> {
  const events: ServerEvent[] = [];
  const waiting = new Set<() => void>();
  const worker = await runWorker(await (bundle ??= bundleWorker('server')), {
    bindings: { OPTIONS: { allowedOrigins: [PAGE], upstream: { baseUrl: root }, ...options }, OPENAI_API_KEY: WORKER_KEY, ...bindings },
    serviceBindings: {
      EVENTS: async (request: { json(): Promise<unknown> }) => {
        events.push((await request.json()) as ServerEvent);
        for (const look of [...waiting]) look();
        return new WorkerResponse();
      },
    },
  });
  return {
    worker,
    events,
    app: { request: (path, init) => fetch(worker.url + path, init) },
    heard: (type, fits = () => true) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = events.find((event) => event.type === type && fits(event as never));
          if (!found) return;
          waiting.delete(look);
          resolve(found as never);
        };
        waiting.add(look);
        look();
      }),
    close: () => worker.close(),
  };
}

/** Counts Durable Object requests per call: the figures in `src/server/deploy/README.md`. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.js';
import { bundleWorker, runWorker } from '../../support/workerd.js';
import type { RunningWorker } from '../../support/workerd.js';
import type { Counts } from '../../support/workers/counted.js';
import { Notices, placed } from '../calls/support.js';
import type { Broker } from '../calls/support.js';
import { PAGE, ask } from '../token-route-support.js';
import { WORKER_KEY } from './worker-support.js';
import { quickSandbox } from '../../support/quick-sandbox.js';

vi.setConfig({ testTimeout: 60_000 });

let sandbox: Sandbox;
let worker: RunningWorker;

beforeAll(async () => {
  sandbox = await quickSandbox();
  worker = await runWorker(await bundleWorker('counted'), {
    bindings: { OPTIONS: { allowedOrigins: [PAGE], upstream: { baseUrl: sandbox.url } }, OPENAI_API_KEY: WORKER_KEY },
  });
}, 120_000);

afterAll(async () => {
  await worker.close();
  await sandbox.close();
});

const counts = async (): Promise<Counts> => (await fetch(`${worker.url}/counts`)).json() as Promise<Counts>;
const app = { request: (path: string, init?: RequestInit) => fetch(worker.url + path, init) };

describe('a Worker’s Durable Object requests', () => {
  it('are two per key: one for rate windows and one for the budget', async () => {
    // The first request sets the alarms that delete expired data.
    await app.request(...ask());
    await counts();
    expect((await app.request(...ask())).status).toBe(200);
    expect(await counts()).toEqual({ state: 2, call: 0, rows: 7, alarms: 0 });
  });

  it('are twelve per brokered call with notices', async () => {
    await counts();
    const { call, end, location } = await placed({ app } as unknown as Broker, sandbox);
    const notices = await Notices.of({ app } as unknown as Broker, location);
    await end();
    await notices.over;
    expect(await call.ended).toBe('hangup');
    // The call is settled after its page was notified.
    const total: Counts = { state: 0, call: 0, rows: 0, alarms: 0 };
    await expect
      .poll(async () => {
        const more = await counts();
        for (const name of ['state', 'call', 'rows', 'alarms'] as const) total[name] += more[name];
        return total;
      })
      .toEqual({ state: 9, call: 3, rows: 19, alarms: 2 });
  });
});

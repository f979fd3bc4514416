/** The document's example for Cloudflare Workers, in the real workerd: an agent's session over the Agents SDK's Workers transport. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSandbox } from '../../src/sandbox/index.js';
import type { Sandbox } from '../../src/sandbox/index.js';
import { agentsSdk } from '../support/seeds/agents-sdk.js';
import { changed } from '../support/seeds/blocks.js';
import { writeWorker } from '../support/seeds/programs.js';
import { bundleWorker, runWorker } from '../support/workerd.js';
import type { RunningWorker } from '../support/workerd.js';

vi.setConfig({ testTimeout: 120_000 });

let sandbox: Sandbox | undefined;
let worker: RunningWorker | undefined;

afterEach(async () => {
  await worker?.close();
  await sandbox?.close();
});

describe('the examples of the documents in workerd', () => {
  it(agentsSdk.workers, async () => {
    sandbox = await createSandbox({
      thinkMs: 0,
      speed: Infinity,
      speak: () => Promise.resolve(new Int16Array(2_400)),
      script: { replies: ['Hello from far away.'] },
    });
    const code = changed(agentsSdk.workers, [
      [
        'address',
        "'wss://api.openai.com/v1/realtime?model=gpt-realtime'",
        `'${sandbox.url.replace('http', 'ws')}/realtime?model=gpt-realtime'`,
      ],
      // The SDK's own default is a newer model, and a session's model cannot be changed.
      ['gap', '// Set your own transport.', "model: 'gpt-realtime',"],
    ]);
    const file = writeWorker(
      'agents-sdk-workers',
      code,
      `
      const turn = new Promise((resolve, reject) => {
        session.on('agent_end', (_context, _agent, output) => resolve(output));
        session.on('error', ({ error }) => reject(new Error(JSON.stringify(error))));
      });
      await session.connect({ apiKey: env.OPENAI_API_KEY });
      session.sendMessage('Hello');
      const output = await turn;
      session.close();
      return Response.json({ output });`,
    );
    worker = await runWorker(await bundleWorker(file), { durableObjects: {}, bindings: { OPENAI_API_KEY: 'sk-sandbox-seeds' } });
    const answer = await fetch(worker.url);
    expect(await answer.text()).toBe(JSON.stringify({ output: 'Hello from far away.' }));
    const call = await sandbox.nextCall();
    expect([call.kind, call.key]).toEqual(['websocket', 'sk-sandbox-seeds']);
    expect(call.events.filter(({ direction, type }) => direction === 'in' && type === 'session.update').length).toBeGreaterThan(0);
    expect(await call.ended).toBe('client-closed');
  });
});

/** The operator of a Worker in the real workerd: live calls with their usage, the pause, the budget, and the command with `--url`. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.js';
import { placed } from '../calls/support.js';
import type { Broker } from '../calls/support.js';
import { Commands } from '../server-command-support.js';
import { ask } from '../token-route-support.js';
import { testedWorker } from './worker-support.js';
import type { TestedWorker } from './worker-support.js';
import { quickSandbox } from '../../support/quick-sandbox.js';

vi.setConfig({ testTimeout: 90_000 });

const TOKEN = 'worker-admin-token-0123456789abcdef';
const commands = new Commands();
let sandbox: Sandbox;
let tested: TestedWorker;

beforeAll(async () => {
  sandbox = await quickSandbox();
  const session = { model: 'gpt-realtime-2.1' };
  const prices = { 'gpt-realtime-2.1': { textInput: 4, audioOutput: 64 } };
  tested = await testedWorker(sandbox.url, { session, prices, rates: { perAddress: false } }, { VOICE_ADMIN_TOKEN: TOKEN });
}, 120_000);

afterAll(async () => {
  await commands.close();
  await tested.close();
  await sandbox.close();
});

const operate = (method: 'GET' | 'POST' | 'DELETE', path: string, token = TOKEN): Promise<Response> =>
  tested.app.request(`/admin/api${path}`, { method, headers: { Authorization: `Bearer ${token}` } });

it('accepts only the token, and has no such routes without a token', async () => {
  expect((await operate('GET', '/calls', `${TOKEN}x`)).status).toBe(401);
  expect(await (await operate('GET', '/calls')).json()).toEqual({ calls: [] });
  const open = await testedWorker(sandbox.url);
  expect((await open.app.request('/admin/api/calls', { headers: { Authorization: `Bearer ${TOKEN}` } })).status).toBe(404);
  await open.close();
});

it('lists a live call with the usage that its object has metered, and ends it', async () => {
  const { call, say } = await placed(tested as unknown as Broker, sandbox);
  await tested.heard('sideband', ({ state }) => state === 'attached');
  say({ type: 'response.create' });
  await tested.heard('call-usage');
  const { calls } = (await (await operate('GET', '/calls')).json()) as {
    calls: { ref: string; spent: { tokens: number; money: number } }[];
  };
  expect(calls).toHaveLength(1);
  expect(calls[0]?.spent.tokens).toBeGreaterThan(0);
  expect(calls[0]?.spent.money).toBeGreaterThan(0);
  expect((await operate('DELETE', `/calls/${calls[0]?.ref ?? ''}`)).status).toBe(200);
  expect(await call.ended).toBe('hangup');
  expect(await tested.heard('call-ended')).toMatchObject({ reason: 'operator' });
  expect((await operate('DELETE', `/calls/${calls[0]?.ref ?? ''}`)).status).toBe(404);
  const { accounts } = (await (await operate('GET', '/budget')).json()) as { accounts: { account: string; spent: { calls: number } }[] };
  expect(accounts[0]).toMatchObject({ account: 'all', spent: { calls: 1 }, concurrent: 0 });
});

it('pauses and resumes by the command', async () => {
  const run = (command: string) => commands.run({ args: [command, '--url', tested.worker.url], env: { VOICE_AGENT_ADMIN_TOKEN: TOKEN } });
  expect(await run('pause')).toMatchObject({ code: 0, stderr: '' });
  const refused = await tested.app.request(...ask());
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([503, 'paused']);
  expect((await run('budget')).stdout).toContain('The server is paused.');
  expect(await run('resume')).toMatchObject({ code: 0, stdout: 'Resumed.\n' });
  expect((await tested.app.request(...ask())).status).toBe(200);
});

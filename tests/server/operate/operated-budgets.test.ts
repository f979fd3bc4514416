/** Limits in money as the operator of a real process sees them: by agent, visitor and month, after an erasure and after a reload. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.js';
import type { BudgetReport, OperatedAccount } from '../../../src/server/contract/operator.js';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import { closing, offered } from '../calls/support.js';
import { Commands, urlOf } from '../server-command-support.js';
import type { Command } from '../server-command-support.js';
import { PAGE } from '../token-route-support.js';
import { quickSandbox } from '../../support/quick-sandbox.js';

const SECRET = 'visitor-secret-0123456789abcdef0123';
const commands = new Commands();
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await quickSandbox();
}, 60_000);
afterEach(() => commands.close());
afterAll(() => sandbox.close());

const config = (budget: object = {}) => ({
  allowedOrigins: [PAGE],
  upstream: { apiKey: 'sk-sandbox-budgets', baseUrl: sandbox.url },
  visitor: { visitorToken: { secret: SECRET } },
  profiles: { shop: { session: { model: 'gpt-realtime-2.1' }, budget: { moneyPerMonth: 40 } } },
  limits: { money: 0.5 },
  budget: { timeZone: 'Pacific/Auckland', moneyPerDay: 10, perVisitor: { moneyPerDay: 0.5 }, ...budget },
  listen: { port: 0 },
});
const start = () => commands.start({ files: { 'voice-agent.config.json': JSON.stringify(config()) } });
const operate = ({ folder }: Command, ...args: string[]) => commands.run({ args, folder });
const reportOf = async (server: Command): Promise<BudgetReport> =>
  JSON.parse((await operate(server, 'budget', '--json')).stdout) as BudgetReport;

async function headersOf(sub: string): Promise<Record<string, string>> {
  const token = await new SignJWT({ sub })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(SECRET));
  return { Origin: PAGE, Authorization: `Bearer ${token}` };
}

/** Requests a key; returns the status, and the code of a refusal. */
async function key(url: string, sub: string): Promise<unknown> {
  const answer = await fetch(`${url}/voice/token?profile=shop`, { method: 'POST', headers: await headersOf(sub) });
  return answer.ok ? answer.status : `${String(answer.status)} ${((await answer.json()) as { code: string }).code}`;
}

/** A call with one answer, which the operator ends. */
async function call(server: Command, url: string, sub: string): Promise<void> {
  const visitor = closing(await createVisitor());
  const { Authorization = '' } = await headersOf(sub);
  const [path, init] = offered(visitor.offer, { Authorization });
  const answer = await fetch(`${url}${path}?profile=shop`, init);
  expect(answer.status).toBe(201);
  await visitor.accept(await answer.text());
  await visitor.reached('open');
  const answered = new Promise<void>((resolve) => {
    visitor.channel.onMessage.subscribe((text) => {
      if ((JSON.parse(String(text)) as { type: string }).type === 'response.done') resolve();
    });
  });
  visitor.channel.send(JSON.stringify({ type: 'response.create' }));
  await answered;
  await expect
    .poll(async () => (JSON.parse((await operate(server, 'calls', '--json')).stdout) as { spent: { money: number } }[])[0]?.spent.money, {
      timeout: 20_000,
    })
    .toBeGreaterThan(0);
  expect((await operate(server, 'calls', 'end', '--all')).stdout).toBe('Ended 1 call.\n');
  await server.line(({ event }) => event === 'call-ended');
  await expect.poll(async () => (await reportOf(server)).accounts[0]?.reserved.calls, { timeout: 20_000 }).toBe(0);
}

const ofVisitor = ({ accounts }: BudgetReport): OperatedAccount | undefined =>
  accounts.find(({ account }) => account.startsWith('visitor:'));

describe('budgets in money', { timeout: 120_000 }, () => {
  it('are shown by agent, visitor and month; an erasure resets those of the visitor', async () => {
    const server = await start();
    const url = await urlOf(server);
    await call(server, url, 'anna');
    const report = await reportOf(server);
    const [all, shop] = report.accounts;
    const money = all?.spent.money ?? 0;
    expect(money).toBeGreaterThan(0);
    expect(report.timeZone).toBe('Pacific/Auckland');
    expect(all).toMatchObject({ account: 'all', limits: { money: 10 } });
    expect(all).not.toHaveProperty('month');
    expect(shop).toMatchObject({ account: 'profile:shop', spent: { money }, month: { spent: { money }, limits: { money: 40 } } });
    expect(ofVisitor(report)).toMatchObject({ spent: { money }, limits: { money: 0.5, concurrent: 1 } });

    const { stdout } = await operate(server, 'budget');
    const row = (...cells: string[]): RegExp => new RegExp(`^${cells.join(' +')}$`, 'm');
    expect(stdout).toMatch(row('', 'today', 'money', money.toFixed(4), '0\\.0000', '10\\.0000'));
    expect(stdout).toMatch(row('', 'month', 'money', money.toFixed(4), '0\\.0000', '40\\.0000'));
    expect(stdout).toMatch(row('', 'today', 'money', money.toFixed(4), '0\\.0000', '0\\.5000'));
    expect(stdout).toContain('midnight in the time zone Pacific/Auckland');

    // What the call cost and another call at its limit exceed what the visitor may spend.
    expect([await key(url, 'anna'), await key(url, 'bert')]).toEqual(['429 budget_spent', 200]);
    const exported = JSON.parse((await operate(server, 'visitor', 'export', '--subject', 'anna')).stdout) as { accounts: object[] };
    expect(exported.accounts).toMatchObject([{ spent: { money }, limits: { money: 0.5 } }]);

    expect(await operate(server, 'visitor', 'erase', '--subject', 'anna')).toMatchObject({
      code: 0,
      stdout: 'Deleted the counts of the visitor: their limits start again from zero.\nThere is no audit log.\n',
    });
    expect((await operate(server, 'visitor', 'erase', '--subject', 'anna')).stdout).toContain('No counts of the visitor are stored.');
    expect((await reportOf(server)).accounts[0]).toMatchObject({ account: 'all', spent: { money } });
    expect(await key(url, 'anna')).toBe(200);
  });

  it('change with a reload, and count what was spent before', async () => {
    const server = await start();
    const url = await urlOf(server);
    const reload = async (budget: object) => {
      writeFileSync(join(server.folder, 'voice-agent.config.json'), JSON.stringify(config(budget)));
      return operate(server, 'reload');
    };
    expect([await key(url, 'anna'), await key(url, 'anna')]).toEqual([200, '429 budget_spent']);
    // A budget below the limit of one call would refuse every call.
    const refused = await reload({ perVisitor: { moneyPerDay: 0.25 } });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('budget.perVisitor.moneyPerDay') as string });
    expect(await key(url, 'bert')).toBe(200);

    expect((await reload({ perVisitor: { moneyPerDay: 1 }, moneyPerMonth: 30 })).code).toBe(0);
    expect([await key(url, 'anna'), await key(url, 'anna')]).toEqual([200, '429 budget_spent']);
    const { accounts } = await reportOf(server);
    expect(accounts[0]).toMatchObject({
      reserved: { money: 1.5 },
      limits: { money: 10 },
      // Counted since the limit exists.
      month: { reserved: { money: 0.5 }, limits: { money: 30 } },
    });
    expect((await reload({ timeZone: 'UTC', moneyPerDay: 1.6, perVisitor: { moneyPerDay: false } })).code).toBe(0);
    const report = await reportOf(server);
    expect(report.timeZone).toBe('UTC');
    expect(report.accounts[0]?.limits).toMatchObject({ money: 1.6 });
    expect(ofVisitor(report)?.limits).not.toHaveProperty('money');
  });
});

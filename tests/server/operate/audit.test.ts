/** The audit log: the cost of each call, and the data of one visitor for requests for access and deletion. */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.js';
import type { ServerEvent } from '../../../src/server/contract/server-events.js';
import { auditLog } from '../../../src/server/runtime/node/audit-log.js';
import type { AuditLogOptions } from '../../../src/server/runtime/node/audit-log.js';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import { broker, closing, offered } from '../calls/support.js';
import { Commands, urlOf } from '../server-command-support.js';
import type { Command } from '../server-command-support.js';
import { HandClock, PAGE } from '../token-route-support.js';
import { quickSandbox } from '../../support/quick-sandbox.js';

const DAY = 86_400_000;
const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'));
  folders.push(folder);
  return folder;
};
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const ANNA = 'A'.repeat(43);
const BERT = 'B'.repeat(43);
const ended = (visitor: string | undefined, ref: string, startedAt: number): ServerEvent => ({
  type: 'call-ended',
  ref,
  kind: 'browser',
  profile: 'shop',
  visitor,
  startedAt,
  reason: 'visitor',
  spent: { calls: 1, seconds: 61, tokens: 1_200, micros: 250_000 },
});

function logIn(folder: string, options: Partial<AuditLogOptions> = {}) {
  const clock = new HandClock();
  clock.time = Date.parse('2027-03-01T12:00:00Z');
  const log = closing(auditLog({ folder, clock, ...options }));
  const lines = (name: string): Record<string, unknown>[] =>
    readFileSync(join(folder, name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { clock, log, lines };
}

describe('an audit log', () => {
  it('has one line per ended call with its cost, per key, and per action of the operator', () => {
    const folder = newFolder();
    const { clock, log, lines } = logIn(folder);
    log(ended(ANNA, 'ref-1', clock.now() - 61_000));
    log({ type: 'minted', requestId: 'q', profile: 'shop', visitor: undefined });
    log({ type: 'operator', action: 'end-all', calls: 3 });
    log({ type: 'call-usage', ref: 'ref-1', profile: 'shop', spent: { calls: 0, seconds: 0, tokens: 1, micros: 1 } });
    const at = '2027-03-01T12:00:00.000Z';
    expect(lines('audit-2027-03-01.jsonl')).toEqual([
      {
        at,
        kind: 'browser',
        ref: 'ref-1',
        profile: 'shop',
        visitor: ANNA,
        startedAt: '2027-03-01T11:58:59.000Z',
        seconds: 61,
        tokens: 1_200,
        money: 0.25,
        reason: 'visitor',
      },
      { at, kind: 'key', profile: 'shop', visitor: null },
      { at, kind: 'operator', action: 'end-all', calls: 3 },
    ]);
    expect(statSync(join(folder, 'audit-2027-03-01.jsonl')).mode & 0o777).toBe(0o600);
  });

  it('begins a file per day and deletes files that are too old, and no others', () => {
    const folder = newFolder();
    for (const name of ['audit-2027-02-20.jsonl', 'audit-2027-02-26.jsonl', 'notes.txt', 'audit-old.jsonl'])
      writeFileSync(join(folder, name), '');
    const { clock, log } = logIn(folder, { days: 3 });
    expect(readdirSync(folder).sort()).toEqual(['audit-2027-02-26.jsonl', 'audit-2027-03-01.jsonl', 'audit-old.jsonl', 'notes.txt']);
    clock.advance(DAY);
    log(ended(ANNA, 'ref-1', clock.now()));
    expect(readdirSync(folder).sort()).toEqual(['audit-2027-03-01.jsonl', 'audit-2027-03-02.jsonl', 'audit-old.jsonl', 'notes.txt']);
  });

  it('reports once that it cannot be written, does not throw, and continues when it can', () => {
    const folder = newFolder();
    const failures: unknown[] = [];
    const { clock, log, lines } = logIn(folder, { onFailure: ({ code }) => failures.push(code) });
    rmSync(folder, { recursive: true });
    clock.advance(DAY);
    for (let each = 0; each < 3; each++) log(ended(ANNA, 'lost', clock.now()));
    expect(failures).toEqual(['ENOENT']);
    mkdirSync(folder);
    log(ended(ANNA, 'kept', clock.now()));
    expect(lines('audit-2027-03-02.jsonl')).toMatchObject([{ ref: 'kept' }]);
  });

  it('throws if the folder cannot be used', () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(() => auditLog({ folder: join(folder, 'file') })).toThrow(/EEXIST|ENOTDIR/);
  });

  it('finds the entries of a visitor in all files, and makes them anonymous without moving a byte', async () => {
    const folder = newFolder();
    const { clock, log, lines } = logIn(folder);
    log(ended(ANNA, 'ref-anna', clock.now()));
    log(ended(BERT, 'ref-bert', clock.now()));
    clock.advance(DAY);
    log({ type: 'minted', requestId: 'q', profile: 'shop', visitor: ANNA });
    log(ended(ANNA, 'ref-2', clock.now()));
    // As after a crash or on a full disk.
    appendFileSync(join(folder, 'audit-2027-03-02.jsonl'), `not JSON ${ANNA}\n{"visitor":"${ANNA}`);
    expect(await log.entriesOf(ANNA)).toMatchObject([{ ref: 'ref-anna' }, { kind: 'key' }, { ref: 'ref-2', money: 0.25 }]);
    const sizes = (): number[] => readdirSync(folder).map((name) => statSync(join(folder, name)).size);
    const before = sizes();
    expect(await log.erase(ANNA)).toBe(3);
    expect(sizes()).toEqual(before);
    expect(await log.entriesOf(ANNA)).toEqual([]);
    expect(await log.entriesOf(BERT)).toMatchObject([{ ref: 'ref-bert', visitor: BERT }]);
    expect(lines('audit-2027-03-01.jsonl')[0]).toMatchObject({ ref: '-'.repeat(8), visitor: '-'.repeat(43), money: 0.25, seconds: 61 });
    expect(await log.erase(ANNA)).toBe(0);
  });

  it('loses no line that is written during an erasure, also in lines that span the chunks of a file', async () => {
    const folder = newFolder();
    const { clock, log, lines } = logIn(folder);
    for (let each = 0; each < 3_000; each++) log(ended(each % 3 === 0 ? ANNA : BERT, `ref-${String(each)}`, clock.now()));
    const erasing = log.erase(ANNA);
    let late = 0;
    let done = false;
    void erasing.then(() => (done = true));
    while (!done) {
      log(ended(BERT, `late-${String((late += 1))}`, clock.now()));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await erasing).toBe(1_000);
    expect(lines('audit-2027-03-01.jsonl')).toHaveLength(3_000 + late);
    expect(await log.entriesOf(BERT)).toHaveLength(2_000 + late);
  });
});

describe('the hash of a visitor', () => {
  it('is the one that limits and logs use, for subjects, addresses and phone numbers', async () => {
    const pepper = 'p'.repeat(32);
    const { app } = broker('http://127.0.0.1:9/v1', { pepper });
    const other = broker('http://127.0.0.1:9/v1', { pepper: `${pepper}2` });
    const { operator } = app;
    const anna = await operator.visitorHash({ subject: 'anna' });
    expect(anna).toMatch(/^[\w-]{43}$/);
    expect(await other.app.operator.visitorHash({ subject: 'anna' })).not.toBe(anna);
    expect(await operator.visitorHash({ address: '2001:db8::1' })).toBe(await operator.visitorHash({ address: '[2001:db8:0:0:1::]:443' }));
    expect(await operator.visitorHash({ phone: '+49 151 999-888' })).toBe(await operator.visitorHash({ phone: '+49151999888' }));
    for (const name of [{ subject: '' }, { address: 'nowhere' }, { phone: '' }]) expect(await operator.visitorHash(name)).toBeUndefined();
  });
});

describe('the command with an audit log', { timeout: 120_000 }, () => {
  const commands = new Commands();
  const secret = 'visitor-secret-0123456789abcdef0123';
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await quickSandbox();
  }, 60_000);
  afterEach(() => commands.close());
  afterAll(() => sandbox.close());

  const start = () => {
    const config = {
      allowedOrigins: [PAGE],
      upstream: { apiKey: 'sk-sandbox-audit', baseUrl: sandbox.url },
      visitor: { visitorToken: { secret } },
      listen: { port: 0 },
      audit: { folder: 'audit' },
    };
    return commands.start({ files: { 'voice-agent.config.json': JSON.stringify(config) } });
  };
  const operate = ({ folder }: Command, ...args: string[]) => commands.run({ args, folder });
  const proof = (sub: string): Promise<string> =>
    new SignJWT({ sub }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('5m').sign(new TextEncoder().encode(secret));

  it('exports and erases a visitor by their subject, but not while they have a live call', async () => {
    const server = await start();
    const url = await urlOf(server);
    const Authorization = `Bearer ${await proof('anna@example.com')}`;
    expect((await fetch(`${url}/voice/token`, { method: 'POST', headers: { Origin: PAGE, Authorization } })).status).toBe(200);
    const visitor = closing(await createVisitor());
    const [path, init] = offered(visitor.offer, { Authorization });
    const answer = await fetch(`${url}${path}`, init);
    await visitor.accept(await answer.text());
    await visitor.reached('open');
    // Like the widget's first event, this shows the server that the page is connected.
    visitor.channel.send(JSON.stringify({ type: 'input_audio_buffer.clear' }));
    const live = JSON.parse((await operate(server, 'visitor', 'export', '--subject', 'anna@example.com')).stdout) as {
      visitor: string;
      calls: { ref: string }[];
      audit: object[];
    };
    expect(live).toMatchObject({ calls: [{ visitor: live.visitor }], audit: [{ kind: 'key', visitor: live.visitor }] });
    const refused = await operate(server, 'visitor', 'erase', live.visitor);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('The visitor has a live call. End it first.') as string });

    const ref = live.calls[0]?.ref ?? '';
    expect((await operate(server, 'calls', 'end', ref)).code).toBe(0);
    await server.line(({ event }) => event === 'call-ended');
    const all = JSON.parse((await operate(server, 'visitor', 'export', live.visitor)).stdout) as { audit: object[] };
    expect(all.audit).toMatchObject([{ kind: 'key' }, { kind: 'browser', ref, reason: 'operator', seconds: expect.any(Number) as number }]);
    expect(await operate(server, 'visitor', 'erase', '--subject', 'anna@example.com')).toMatchObject({
      code: 0,
      stdout: 'Deleted the counts of the visitor: their limits start again from zero.\nMade 2 entries of the audit log anonymous.\n',
    });
    expect(JSON.parse((await operate(server, 'visitor', 'export', live.visitor)).stdout)).toMatchObject({
      calls: [],
      accounts: [],
      audit: [],
    });
    const [name = ''] = readdirSync(join(server.folder, 'audit'));
    const text = readFileSync(join(server.folder, 'audit', name), 'utf8');
    expect(text).not.toContain(live.visitor);
    expect(text).toContain('"kind":"browser"');
    // The operator's own action keeps the name of the call, but nothing connects it with the visitor.
    expect(text + server.stdout()).not.toMatch(/anna@example\.com|sk-sandbox-audit/);
  });

  it('explains wrong names of visitors', async () => {
    const server = await start();
    await urlOf(server);
    for (const [args, code, text] of [
      [['visitor'], 2, 'visitor export HASH'],
      [['visitor', 'export'], 2, 'visitor export HASH'],
      [['visitor', 'export', 'a', '--subject', 'b'], 2, 'visitor export HASH'],
      [['budget', '--subject', 'b'], 2, 'budget has no such arguments'],
      [['visitor', 'export', 'short'], 1, 'not a keyed hash'],
      [['visitor', 'erase', '--address', 'nowhere'], 1, 'not a keyed hash, an address or a phone number'],
    ] as const)
      expect(await operate(server, ...args), args.join(' ')).toMatchObject({ code, stderr: expect.stringContaining(text) as string });
  });

  it('does not start if the folder cannot be used', async () => {
    const config = { allowedOrigins: [PAGE], upstream: { apiKey: 'sk-x' }, audit: { folder: 'file/audit' } };
    const files = { 'voice-agent.config.json': JSON.stringify(config), file: '' };
    expect(await commands.run({ files })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/audit\.folder: cannot be used \(E[A-Z]+\)/) as string,
    });
    // `--check` creates nothing.
    const checked = await commands.start({ files, args: ['--check'] });
    expect(await checked.ended).toBe(0);
    expect(readdirSync(checked.folder).sort()).toEqual(['file', 'voice-agent.config.json']);
  });
});

/** Logs, metrics and the routes for operators. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { consoleLog } from '../../src/server/observe/console-log.js';
import { logLine } from '../../src/server/observe/log-line.js';
import { reducedError } from '../../src/server/observe/reduced-error.js';
import type { ServerEvent } from '../../src/server/contract/server-events.js';
import { pinoLog } from '../../src/server/runtime/node/pino-log.js';
import { prometheusMetrics } from '../../src/server/runtime/node/prometheus-metrics.js';
import { MemoryState } from '../../src/server/state/memory-state.js';
import { StateUnavailable } from '../../src/server/contract/shared-state.js';
import { HandClock, ask, goodAnswer, server, upstream } from './token-route-support.js';

const spent = { calls: 1, seconds: 30, tokens: 1_200, micros: 250_000 };
const call = { ref: 'r1', kind: 'browser', profile: 'support' } as const;
const refused = { type: 'refused', requestId: 'q1', route: '/voice/token', profile: 'support', reason: undefined } as const;

/** Events of each type with their log level. */
const events: [ServerEvent, string][] = [
  [{ type: 'minted', requestId: 'q1', profile: 'support', visitor: 'h1' }, 'info'],
  [{ ...refused, code: 'origin_denied', status: 403 }, 'info'],
  [{ ...refused, code: 'upstream_failed', status: 502, reason: 'the API key was rejected (401)' }, 'warn'],
  [{ ...refused, code: 'internal_error', status: 500, cause: { name: 'TypeError' } }, 'error'],
  [{ type: 'upstream', operation: 'mint', ms: 120, status: 200 }, 'debug'],
  [{ type: 'upstream', operation: 'call', ms: 9_000, status: undefined }, 'warn'],
  [{ type: 'call-started', requestId: 'q2', visitor: 'h1', ...call }, 'info'],
  [{ type: 'call-usage', ref: 'r1', profile: 'support', spent: { ...spent, calls: 0, seconds: 0 } }, 'debug'],
  [{ type: 'sideband', ref: 'r1', state: 'attached' }, 'debug'],
  [{ type: 'sideband', ref: 'r1', state: 'lost' }, 'info'],
  [{ type: 'sideband', ref: 'r1', state: 'attached-again' }, 'warn'],
  [{ type: 'sideband', ref: 'r1', state: 'given-up' }, 'error'],
  [{ type: 'tool', ref: 'r1', profile: 'support', name: 'find_order', ms: 40, failed: false }, 'info'],
  [{ type: 'tool', ref: 'r1', profile: 'support', name: 'find_order', ms: 40, failed: true }, 'warn'],
  [{ type: 'tampered', ref: 'r1', profile: 'support', field: 'instructions' }, 'warn'],
  [{ type: 'call-ended', reason: 'tampered', visitor: 'h1', startedAt: 0, spent, ...call }, 'info'],
  [{ type: 'phone', ref: 'r2', step: 'accepted', profile: 'support', caller: 'h2' }, 'info'],
  [{ type: 'api-key-rejected', position: 1, profile: undefined }, 'warn'],
  [{ type: 'operator', action: 'pause' }, 'warn'],
  [{ type: 'operator', action: 'end', ref: 'r1' }, 'info'],
  [{ type: 'state', available: false, reason: 'ECONNREFUSED' }, 'error'],
  [{ type: 'state', available: true }, 'info'],
  [{ type: 'connection-limit', limit: 'address', count: 12 }, 'warn'],
  [{ type: 'budget', profile: undefined, limit: 'moneyPerDay', percent: 50 }, 'info'],
  [{ type: 'budget', profile: 'support', limit: 'callsPerMonth', percent: 100 }, 'warn'],
  [{ type: 'webhook', delivered: false }, 'warn'],
];

/** Collects the lines that the log writes. */
function written(options: Parameters<typeof pinoLog>[0] = {}) {
  const lines: string[] = [];
  const observe = pinoLog({ level: 'debug', destination: { write: (line: string) => lines.push(line) }, ...options });
  return { observe, lines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('pinoLog', () => {
  it('writes one line of JSON per event', () => {
    const { observe, lines } = written();
    for (const [event] of events) observe(event);
    expect(lines().map(({ level, event }) => [event, level])).toEqual(events.map(([{ type }, level]) => [type, level]));
    expect(lines()[2]).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      event: 'refused',
      requestId: 'q1',
      route: '/voice/token',
      profile: 'support',
      code: 'upstream_failed',
      status: 502,
      reason: 'the API key was rejected (401)',
      msg: 'request failed',
    });
    expect(lines().every(({ msg }) => typeof msg === 'string' && msg.length > 0)).toBe(true);
  });

  it.each([
    ['info', 23],
    ['warn', 13],
    ['error', 3],
    ['silent', 0],
  ] as const)('filters events at level %s', (level, count) => {
    const { observe, lines } = written({ level });
    for (const [event] of events) observe(event);
    expect(lines()).toHaveLength(count);
  });

  it('appends to a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'log-'));
    const file = join(folder, 'server.log');
    const { log } = pinoLog({ destination: file });
    log.info({ port: 1 }, 'one');
    log.warn('two');
    expect(
      (await readFile(file, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { msg: string }).msg),
    ).toEqual(['one', 'two']);
    await rm(folder, { recursive: true });
  });

  it('has a message for each type of event', () => {
    for (const [event] of events) expect(logLine(event).message).toMatch(/^[a-z]/);
  });

  it.each(['debug', 'warn', 'silent'] as const)('writes the same lines as consoleLog at level %s', (level) => {
    const said: Record<string, unknown>[] = [];
    for (const method of ['error', 'warn', 'info', 'debug'] as const) {
      vi.spyOn(console, method).mockImplementation((line: string) => void said.push({ ...(JSON.parse(line) as object), time: '' }));
    }
    const { observe, lines } = written({ level });
    const toConsole = consoleLog({ level });
    for (const [event] of events) {
      observe(event);
      toConsole(event);
    }
    vi.restoreAllMocks();
    expect(said).toEqual(lines().map((line) => ({ ...line, time: '' })));
  });
});

describe('a reduced error', () => {
  it('contains its class, its code and source locations', () => {
    const error = Object.assign(new TypeError('canary'), { code: 'ECONNRESET' });
    expect(reducedError(error)).toEqual({
      name: 'TypeError',
      code: 'ECONNRESET',
      at: expect.arrayContaining([expect.stringMatching(/observe\.test\.ts:\d+:\d+$/)]) as unknown,
    });
  });

  it.each([
    ['a message that looks like a stack frame', new Error('x\n    at canary (/canary.ts:1:1)')],
    ['a message that changed', Object.assign(new Error('canary 1'), { message: 'other' })],
    ['a name with spaces', Object.assign(new Error('canary'), { name: 'canary of a visitor', code: 'canary' })],
    ['a string', 'canary'],
    ['undefined', undefined],
    ['an object', { canary: 'canary', name: 7, stack: 'at canary (canary:1:1)' }],
  ])('reveals no text of %s', (_, error) => {
    expect(JSON.stringify(reducedError(error))).not.toMatch(/canary(?!\.test)/);
  });
});

describe('prometheusMetrics', () => {
  it('counts each event', async () => {
    const source = prometheusMetrics({ process: false });
    for (const [event] of events.slice(0, 9)) source(event);
    const during = await source.text();
    expect(during).toContain('voice_agent_calls_live{kind="browser",profile="support"} 1');
    for (const [event] of events.slice(9)) source(event);
    const lines = (await source.text()).split('\n');
    for (const line of [
      'voice_agent_keys_minted_total{profile="support"} 1',
      'voice_agent_refusals_total{route="/voice/token",code="origin_denied",profile="support"} 1',
      'voice_agent_upstream_seconds_bucket{le="0.25",operation="mint",status="2xx"} 1',
      'voice_agent_upstream_seconds_sum{operation="call",status="none"} 9',
      'voice_agent_calls_started_total{kind="browser",profile="support"} 1',
      'voice_agent_calls_ended_total{kind="browser",profile="support",reason="tampered"} 1',
      'voice_agent_calls_live{kind="browser",profile="support"} 0',
      'voice_agent_call_seconds_total{profile="support"} 30',
      'voice_agent_call_tokens_total{profile="support"} 1200',
      'voice_agent_call_money_total{profile="support"} 0.25',
      'voice_agent_sidebands_total{state="lost"} 1',
      'voice_agent_tool_seconds_count{profile="support",name="find_order",outcome="failed"} 1',
      'voice_agent_tampered_total{profile="support"} 1',
      'voice_agent_connections_closed_total{limit="address"} 12',
      'voice_agent_phone_total{step="accepted",reason=""} 1',
      'voice_agent_budget_levels_total{profile="support",limit="callsPerMonth",percent="100"} 1',
      'voice_agent_webhooks_lost_total 1',
      'voice_agent_state_available 1',
    ]) {
      expect(lines).toContain(line);
    }
    // The reference lists the labels that exist.
    const readme = readFileSync(new URL('../../src/server/config/README.md', import.meta.url), 'utf8');
    for (const [, name = '', labels = ''] of readme.matchAll(/^\| `(voice_agent_\w+)` \| (.*?) \|/gm)) {
      const series =
        lines.find((line) => line.replace(/^(\w+?)(?:_count)?[ {].*/, '$1') === name && !line.includes('{le=')) ??
        expect.fail(`${name} has no series`);
      expect([...series.matchAll(/(\w+)="/g)].map(([, label]) => label).sort(), name).toEqual(
        [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
      );
    }
  });

  it('creates no series for unknown paths and profiles', async () => {
    const source = prometheusMetrics({ process: false });
    const { app } = server({ observers: [source], profiles: { support: {} }, rates: { perAddress: false, global: false } });
    for (let turn = 0; turn < 50; turn++) {
      await app.request(`/voice/x${String(turn)}`, { method: 'POST' });
      const [path, init] = ask({ 'X-Request-Id': `r${String(turn)}` });
      await app.request(`${path}?profile=p${String(turn)}`, init);
    }
    const series = (await source.text()).split('\n').filter((line) => line.startsWith('voice_agent_refusals_total{'));
    expect(series).toEqual([
      'voice_agent_refusals_total{route="other",code="not_found",profile=""} 50',
      'voice_agent_refusals_total{route="/voice/token",code="profile_unknown",profile=""} 50',
    ]);
  });

  it('does not count a call from another process as live', async () => {
    const source = prometheusMetrics({ process: false });
    source({ type: 'call-ended', reason: 'visitor', visitor: undefined, startedAt: 0, spent, ...call });
    expect(await source.text()).not.toMatch(/calls_live\{/);
  });

  it('keeps two instances in one process independent', async () => {
    const [one, other] = [prometheusMetrics(), prometheusMetrics()];
    one({ type: 'minted', requestId: '', profile: 'a', visitor: undefined });
    expect(await other.text()).not.toContain('profile="a"');
    expect(await one.text()).toContain('nodejs_eventloop_lag_seconds');
  });
});

describe('the routes', () => {
  const token = 'metrics-token';

  it('/metrics requires the token', async () => {
    const source = prometheusMetrics({ process: false });
    const { app } = server({ metrics: { token, source }, fetch: upstream(goodAnswer).fetch });
    await app.request(...ask());
    const shown = await app.request('/metrics', { headers: { Authorization: `Bearer ${token}` } });
    expect([shown.status, shown.headers.get('Cache-Control'), shown.headers.get('Content-Type')]).toEqual([
      200,
      'no-store',
      source.contentType,
    ]);
    // It receives events without being listed as an observer.
    expect(await shown.text()).toContain('voice_agent_keys_minted_total{profile="default"} 1');
    for (const Authorization of [`Bearer ${token}x`, 'Bearer x', `Basic ${token}`, '']) {
      expect((await app.request('/metrics', { headers: { Authorization } })).status).toBe(404);
    }
    expect((await app.request('/metrics', { method: 'POST', headers: { Authorization: `Bearer ${token}` } })).status).toBe(404);
    expect((await server().app.request('/metrics', { headers: { Authorization: 'Bearer undefined' } })).status).toBe(404);
  });

  it('/readyz reports the availability of the state', async () => {
    const gone = Object.assign(new MemoryState(), { ready: () => Promise.reject(new StateUnavailable('canary')) });
    expect((await server().app.request('/readyz')).status).toBe(200);
    const refuses = await server({ state: gone }).app.request('/readyz');
    expect([refuses.status, refuses.headers.get('Retry-After')]).toEqual([503, '5']);
    expect(await refuses.json()).toMatchObject({ code: 'state_unavailable' });
    const local = await server({ state: gone, onStateFailure: 'local' }).app.request('/readyz');
    expect([local.status, await local.json()]).toEqual([200, { status: 'ok', state: 'unavailable' }]);
    // Liveness is independent: a restart would not make the state available.
    expect((await server({ state: gone }).app.request('/healthz')).status).toBe(200);
    expect((await server().app.request('/readyz', { method: 'POST' })).status).toBe(405);
  });

  it('/readyz does not wait for a state that hangs', async () => {
    const clock = new HandClock();
    const { app } = server({
      clock,
      state: Object.assign(new MemoryState({ clock }), { ready: () => new Promise<void>(() => undefined) }),
    });
    const answer = app.request('/readyz');
    // The request is in progress once it has set its time limit.
    while (clock.timers.size === 0) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(2_000);
    expect((await answer).status).toBe(503);
    expect(clock.timers.size).toBe(0);
  });
});

/**
 * The alert rules and the Grafana dashboard, checked by the real Prometheus: the rules by `promtool`, the dashboard's queries by a server that
 * has scraped a real `/metrics`.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Hono } from 'hono';
import type { ServerEvent } from '../../../src/server/contract/server-events.js';
import { prometheusMetrics } from '../../../src/server/runtime/node/prometheus-metrics.js';
import { serve } from '../../../src/server/runtime/node/serve.js';
import type { RunningServer } from '../../../src/server/runtime/node/serve.js';

const deploy = fileURLToPath(new URL('../../../src/server/deploy/', import.meta.url));
const rules = `${deploy}prometheus-alerts.yaml`;
const promtool = async (...args: string[]): Promise<string> => {
  const { stdout, stderr } = await promisify(execFile)('promtool', args);
  return stdout + stderr;
};

interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly type: string;
  readonly id: number;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string | { readonly query: string } }[] };
}
const dashboard = JSON.parse(readFileSync(`${deploy}grafana-dashboard.json`, 'utf8')) as Dashboard;
const queries = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const));

/** Replaces Grafana's variables by what it would insert. */
const inserted = (expr: string): string => expr.replaceAll(/\$(?:profile|job)\b/g, '.*').replaceAll('$__rate_interval', '1m');

/** Every kind of event that the metrics count. */
const call = { ref: 'r', kind: 'browser', profile: 'shop' } as const;
const spent = { calls: 1, seconds: 30, tokens: 100, micros: 250_000 };
const EVENTS: readonly ServerEvent[] = [
  { type: 'minted', requestId: 'q', profile: 'shop', visitor: undefined },
  { type: 'refused', requestId: 'q', route: '/voice/token', profile: 'shop', code: 'rate_limited', status: 429, reason: undefined },
  { type: 'upstream', operation: 'call', ms: 120, status: 201 },
  { type: 'call-started', requestId: 'q', visitor: undefined, ...call },
  { type: 'call-usage', ref: 'r', profile: 'shop', spent },
  { type: 'call-ended', reason: 'visitor', visitor: undefined, startedAt: 0, spent, ...call },
  { type: 'tampered', ref: 'r', profile: 'shop', field: 'tools' },
  { type: 'sideband', ref: 'r', state: 'attached' },
  { type: 'tool', ref: 'r', profile: 'shop', name: 'find', ms: 5, failed: false },
  { type: 'phone', ref: 'p', step: 'rejected', profile: 'shop', caller: 'h', reason: 'busy' },
  { type: 'api-key-rejected', position: 1, profile: undefined },
  { type: 'connection-limit', limit: 'address', count: 2 },
  { type: 'budget', profile: 'shop', limit: 'moneyPerMonth', percent: 80 },
  { type: 'webhook', delivered: false },
];

describe('the alert rules', { timeout: 60_000 }, () => {
  it('are valid', async () => {
    expect(await promtool('check', 'rules', '--lint=all', '--lint-fatal', rules)).toContain('SUCCESS');
  });

  it('fire in the situations that they describe, and in no others', async () => {
    expect(await promtool('test', 'rules', fileURLToPath(new URL('alerts.yaml', import.meta.url)))).toContain('SUCCESS');
  });

  it('are all tested with a situation in which they fire and one in which they do not', () => {
    const names = [...readFileSync(rules, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    const tested = readFileSync(new URL('alerts.yaml', import.meta.url), 'utf8');
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      expect(tested, name).toMatch(new RegExp(`alertname: ${String(name)}\\n\\s+exp_alerts`));
      expect(tested, name).toMatch(new RegExp(`alertname: ${String(name)} \\}`));
    }
  });
});

describe('the dashboard', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  let metrics: RunningServer;
  let api = '';
  let end = async (): Promise<void> => undefined;

  beforeAll(async () => {
    const source = prometheusMetrics();
    const app = new Hono();
    // Each scrape sees later values, so that rates have a value.
    app.get('/metrics', async (c) => {
      EVENTS.forEach(source);
      return c.body(await source.text(), 200, { 'Content-Type': source.contentType });
    });
    metrics = await serve(app);
    const port = await freePort();
    const target = new URL(metrics.url).host;
    const scrape = { job_name: 'voice-agent-server', static_configs: [{ targets: [target] }] };
    const config = { global: { scrape_interval: '200ms', evaluation_interval: '200ms' }, rule_files: [rules], scrape_configs: [scrape] };
    // YAML includes JSON.
    writeFileSync(join(folder, 'prometheus.yaml'), JSON.stringify(config));
    const address = `127.0.0.1:${String(port)}`;
    const args = [`--config.file=${folder}/prometheus.yaml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`];
    const child = spawn('prometheus', args, { stdio: 'ignore' });
    end = async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    };
    api = `http://${address}/api/v1`;
    await vi.waitFor(async () => expect(await query('count_over_time(up[1m]) >= 5')).toHaveLength(1), { timeout: 40_000, interval: 200 });
  }, 60_000);

  afterAll(async () => {
    await end();
    await metrics.close();
    rmSync(folder, { recursive: true });
  });

  async function query(expr: string): Promise<readonly unknown[]> {
    const answer = await fetch(`${api}/query?query=${encodeURIComponent(expr)}`);
    const { status, data, error } = (await answer.json()) as { status: string; data?: { result: unknown[] }; error?: string };
    if (status !== 'success') throw new Error(`${expr}: ${String(error)}`);
    return data?.result ?? [];
  }

  it.each(queries)('%s: %s', async (_, expr) => {
    expect(await query(inserted(expr))).not.toEqual([]);
  });

  it('offers the agents and jobs that exist', async () => {
    const labels = dashboard.templating.list.flatMap(({ query: text }) =>
      [...(/label_values\((\w+), (\w+)\)/.exec(typeof text === 'string' ? '' : text.query)?.slice(1) ?? [])].join(' '),
    );
    expect(labels.filter(Boolean)).toHaveLength(2);
    for (const pair of labels.filter(Boolean)) {
      const [metric = '', label = ''] = pair.split(' ');
      expect(await query(`count by (${label}) (${metric})`)).toMatchObject([
        { metric: { [label]: expect.stringMatching(/^(shop|voice-agent-server)$/) as string } },
      ]);
    }
  });

  it('shows every metric of the server', () => {
    const shown = queries.map(([, expr]) => expr).join('\n');
    const text = readFileSync(new URL('../../../src/server/config/README.md', import.meta.url), 'utf8');
    const metricNames = [...text.matchAll(/^\| `(voice_agent_\w+)`/gm)].map(([, name = '']) => name);
    expect(metricNames.length).toBeGreaterThan(10);
    for (const name of metricNames) expect(shown).toContain(name);
  });

  it('has panels with a description and their own place', () => {
    const ids = new Set(dashboard.panels.map(({ id }) => id));
    expect(ids.size).toBe(dashboard.panels.length);
    const cells = new Set<string>();
    for (const { title, type, description, gridPos } of dashboard.panels) {
      expect(type === 'row' || description, title).toBeTruthy();
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x < 24 && !cells.has(`${String(x)} ${String(y)}`), `${title} at ${String(x)} ${String(y)}`).toBe(true);
          cells.add(`${String(x)} ${String(y)}`);
        }
      }
    }
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

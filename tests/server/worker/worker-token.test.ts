/** The token route in the real workerd: every guard, with state in Durable Objects. */
import { SignJWT } from 'jose';
import { OpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/index.js';
import { createSandbox } from '../../../src/sandbox/index.js';
import { receiveWebhooks } from '../../support/webhook-receiver.js';
import type { Webhook, WebhookReceiver } from '../../support/webhook-receiver.js';
import { PAGE, ask } from '../token-route-support.js';
import { WORKER_KEY, testedWorker } from './worker-support.js';
import type { TestedWorker } from './worker-support.js';

vi.setConfig({ testTimeout: 60_000 });

const SECRET = 'a secret of the site with 32 bytes';
const WEBHOOK_SECRET = `whsec_${Buffer.from('a key of thirty-two random bytes').toString('base64')}`;
let sandbox: Sandbox;
let receiver: WebhookReceiver;
let open: TestedWorker;
/** Requires signed visitor tokens and has a small budget. */
let guarded: TestedWorker;

beforeAll(async () => {
  sandbox = await createSandbox();
  receiver = await receiveWebhooks();
  const session = { model: 'gpt-realtime-2.1', instructions: 'canary instructions' };
  open = await testedWorker(sandbox.url, { session, rates: { perAddress: { count: 3, seconds: 3600 }, global: false } });
  guarded = await testedWorker(
    sandbox.url,
    {
      session,
      rates: { perAddress: false },
      budget: { callsPerDay: 2, callsPerMonth: 100, timeZone: 'Asia/Kolkata' },
      webhook: { url: receiver.url, secret: WEBHOOK_SECRET },
    },
    { VISITOR_SECRET: SECRET },
  );
}, 120_000);

afterAll(async () => {
  await Promise.all([open.close(), guarded.close(), receiver.close()]);
  await sandbox.close();
});

const from = (address: string, headers: Record<string, string | null> = {}): [string, RequestInit] =>
  ask({ 'CF-Connecting-IP': address, ...headers });
const refusal = async (answer: Response): Promise<[number, string]> => [answer.status, ((await answer.json()) as { code: string }).code];

describe('the Worker’s token route', () => {
  it('reports health and returns problem details for unknown paths', async () => {
    const healthy = await open.app.request('/healthz');
    expect([healthy.status, await healthy.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await open.app.request('/readyz');
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ok', state: 'ok' }]);
    expect(await refusal(await open.app.request('/voice/nothing'))).toEqual([404, 'not_found']);
  });

  it('mints with the API key and returns only the ephemeral key', async () => {
    const answer = await open.app.request(...from('192.0.2.1'));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(PAGE);
    const key = (await answer.json()) as Record<string, unknown>;
    expect(Object.keys(key).sort()).toEqual(['expires_at', 'value']);
    expect(key['value']).toMatch(/^ek_/);
    const asked = sandbox.requests.filter(({ path }) => path.endsWith('/client_secrets')).at(-1);
    expect(JSON.stringify(asked)).toContain('canary instructions');
    expect(sandbox.keys.at(-1)?.value).toBe(key['value']);
    expect(await open.heard('minted')).toMatchObject({ profile: 'default' });
  });

  it('refuses other origins, including preflights', async () => {
    expect(await refusal(await open.app.request(...from('192.0.2.2', { Origin: null })))).toEqual([403, 'origin_missing']);
    expect(await refusal(await open.app.request(...from('192.0.2.2', { Origin: 'https://evil.example' })))).toEqual([403, 'origin_denied']);
    const preflight = (origin: string): Promise<Response> =>
      open.app.request('/voice/token', { method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' } });
    expect((await preflight(PAGE)).headers.get('Access-Control-Allow-Origin')).toBe(PAGE);
    expect((await preflight('https://evil.example')).headers.get('Access-Control-Allow-Origin')).toBeNull();
  });

  it('refuses other methods, large bodies and unknown profiles', async () => {
    expect(await refusal(await open.app.request('/voice/token', { headers: { Origin: PAGE } }))).toEqual([405, 'method_not_allowed']);
    const [path, init] = from('192.0.2.3');
    expect(await refusal(await open.app.request(path, { ...init, body: 'x'.repeat(1_025) }))).toEqual([413, 'body_too_large']);
    expect(await refusal(await open.app.request(`${path}?profile=unknown`, init))).toEqual([404, 'profile_unknown']);
  });

  it('counts by the address from Cloudflare and ignores forged headers', async () => {
    const statuses: number[] = [];
    for (let each = 0; each < 4; each++) {
      const answer = await open.app.request(...from('198.51.100.7', { 'X-Forwarded-For': `203.0.113.${String(each)}` }));
      statuses.push(answer.status);
      if (answer.status === 429) expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(3_500);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect((await open.app.request(...from('198.51.100.8'))).status).toBe(200);
    // All addresses of one subscriber count together.
    for (let each = 0; each < 3; each++) await open.app.request(...from(`2001:db8:1:2::${String(each)}`));
    expect(await refusal(await open.app.request(...from('2001:db8:1:2:3::4')))).toEqual([429, 'rate_limited']);
  });

  it('checks the visitor before counting, and never exceeds the budget with concurrent requests', async () => {
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('visitor-1')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(SECRET));
    expect(await refusal(await guarded.app.request(...from('192.0.2.9')))).toEqual([401, 'visitor_missing']);
    expect(await refusal(await guarded.app.request(...from('192.0.2.9', { Authorization: `Bearer ${token}x` })))).toEqual([
      403,
      'visitor_denied',
    ]);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => guarded.app.request(...from('192.0.2.9', { Authorization: `Bearer ${token}` }))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429, 429, 429, 429, 429]);
    expect(await guarded.heard('refused', ({ code }) => code === 'budget_spent')).toMatchObject({ reason: 'calls of all' });
    // The owner is notified once, by a signed webhook.
    expect(await guarded.heard('budget', ({ percent }) => percent === 100)).toMatchObject({ limit: 'callsPerDay' });
    const spent = (): Webhook[] => receiver.webhooks.filter(({ body }) => body.includes('"percent":100'));
    await expect.poll(spent).toHaveLength(1);
    const [{ body, headers }] = spent() as [Webhook];
    const api = new OpenAI({ apiKey: 'unused', webhookSecret: WEBHOOK_SECRET });
    expect(await api.webhooks.unwrap(body, headers as Record<string, string>)).toMatchObject({
      data: { limit: 'callsPerDay', percent: 100 },
    });
  });

  it('never reveals the API key in events', () => {
    expect(JSON.stringify([open.events, guarded.events])).not.toContain(WORKER_KEY);
  });
});

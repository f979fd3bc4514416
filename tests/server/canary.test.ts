/**
 * Logs, events, metrics and refusals contain no secrets: marked keys, SDP, texts, addresses and proofs are sent through every
 * route, refusal and forced failure, over real sockets and with a real call; then all output is searched for them.
 */
import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createVoiceServer, turnstile, visitorToken } from '../../src/server/index.js';
import type { ProblemCode, ServerEvent, VoiceServerOptions } from '../../src/server/index.js';
import { serve } from '../../src/server/runtime/node/serve.js';
import { pinoLog } from '../../src/server/runtime/node/pino-log.js';
import { prometheusMetrics } from '../../src/server/runtime/node/prometheus-metrics.js';
import { MemoryState } from '../../src/server/state/memory-state.js';
import { StateUnavailable } from '../../src/server/contract/shared-state.js';
import { createVisitor } from '../unit/sandbox-media/visitor.js';
import { closing, sandboxed } from './calls/support.js';
import { CALLER, NUMBER, OTHER_SECRET, SECRET, phoneSandbox } from './phone/support.js';
import { realServer } from './real-server.js';
import { PAGE } from './token-route-support.js';

const API_KEY = 'sk-sandbox-CANARY-api-key';
const MINTED = 'ek_CANARY_minted';
const TURNSTILE = 'CANARY-turnstile-secret';
const JWT_SECRET = 'CANARY-visitor-secret-0123456789abcdef';
const ADDRESS = '203.0.113.77';
const PHRASE = 'CANARY words of a visitor';

/** Collects all visible output of a test's servers, and the secrets that it must not contain. */
class Witness {
  readonly canaries = new Set(['CANARY', ADDRESS, '203.0.113']);
  readonly codes = new Set<string>();
  readonly events: ServerEvent[] = [];
  readonly #seen: string[] = [];
  readonly #metrics: (() => Promise<string>)[] = [];
  readonly #waiting = new Set<() => void>();

  see(text: string): void {
    this.#seen.push(text);
  }

  /** A server on its own port, with all observers attached. */
  async server(
    options: Partial<VoiceServerOptions>,
  ): Promise<{ url: string; ask: (path: string, init?: RequestInit) => Promise<Response> }> {
    const source = prometheusMetrics();
    this.#metrics.push(() => source.text());
    const app = createVoiceServer({
      allowedOrigins: [PAGE],
      upstream: { baseUrl: 'http://127.0.0.1:9/v1', apiKey: API_KEY },
      trustedProxies: 1,
      rates: { perAddress: false, perVisitor: false, perProfile: false, global: false },
      ...(!options.profiles && { session: { model: 'gpt-realtime-2.1', instructions: 'CANARY instructions' } }),
      observers: [
        pinoLog({ level: 'debug', destination: { write: (line: string) => this.see(line) } }),
        (event) => {
          this.events.push(event);
          this.see(JSON.stringify(event) + inspect(event, { depth: Infinity, showHidden: true }));
          for (const look of [...this.#waiting]) look();
        },
      ],
      metrics: { token: 'CANARY-metrics-token', source },
      onRefusal: (refusal) => this.see(inspect(refusal, { depth: Infinity, showHidden: true })),
      ...options,
    });
    closing(app);
    const server = closing(await serve(app));
    const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
      const headers = { Origin: PAGE, 'X-Forwarded-For': ADDRESS, ...(init.headers as Record<string, string>) };
      const answer = await fetch(`${server.url}${path}`, { method: 'POST', ...init, headers });
      if (answer.status >= 400) {
        const text = await answer.clone().text();
        this.codes.add((JSON.parse(text) as { code: string }).code);
        this.see(text + JSON.stringify([...answer.headers]));
      }
      return answer;
    };
    return { url: server.url, ask };
  }

  /** Resolves when a matching event was reported. */
  heard(fits: (event: ServerEvent) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.events.some(fits)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Canaries found in the output, each with the surrounding text. */
  async found(): Promise<string[]> {
    const all = [...this.#seen, ...(await Promise.all(this.#metrics.map((text) => text())))].join('\n');
    expect(all.length).toBeGreaterThan(1_000);
    return [...this.canaries].flatMap((canary) => {
      const at = all.indexOf(canary);
      return at < 0 ? [] : [all.slice(Math.max(0, at - 80), at + 80)];
    });
  }
}

const upstreamOf = async (answer: RequestListener): Promise<string> => `${await realServer(answer)}/v1`;

const json =
  (status: number, body: unknown): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', 'X-Secret': 'CANARY' });
    response.end(JSON.stringify(body));
  };

const sdpHeaders = { 'Content-Type': 'application/sdp' };

/**
 * ICE passwords, DTLS fingerprints and the names of their SDP lines. ICE user names are not searched for: their four characters
 * can occur in other text by chance.
 */
const secretsOf = (sdp: string): string[] => {
  const values = [...sdp.matchAll(/^a=(?:ice-pwd|fingerprint):(?:sha-256 )?(\S{16,})/gm)].map(([, value]) => value ?? '');
  expect(values.length).toBeGreaterThanOrEqual(2);
  return [...values, 'ice-ufrag', 'ice-pwd', 'fingerprint:'];
};

describe('no secret is visible', { timeout: 120_000 }, () => {
  it('for keys and a whole call', async () => {
    const witness = new Witness();
    const sandbox = await sandboxed({ apiKeys: [API_KEY] });
    sandbox.script({ replies: [{ items: [{ call: 'find_order', arguments: { email: 'CANARY@example.com' }, callId: 'c1' }] }] });
    const { ask } = await witness.server({
      upstream: { baseUrl: sandbox.url, apiKey: API_KEY },
      visitor: visitorToken({ secret: JWT_SECRET }),
      profiles: {
        default: {
          session: { model: 'gpt-realtime-2.1', instructions: 'CANARY instructions', transcription: { model: 'gpt-transcribe' } },
          tools: [
            {
              name: 'find_order',
              execute: () => {
                throw new Error('CANARY tool');
              },
            },
          ],
          mcp: [
            {
              label: 'crm',
              url: 'https://crm.example.com/mcp',
              authorization: 'CANARY authorization',
              headers: { 'X-Key': 'CANARY-header' },
            },
          ],
        },
      },
    });
    const proof = await new SignJWT({ sub: 'CANARY-visitor@example.com' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(JWT_SECRET));
    witness.canaries
      .add(proof)
      .add(proof.split('.')[1] ?? '')
      .add('visitor@example.com');
    const Authorization = `Bearer ${proof}`;

    const minted = await ask('/voice/token', { headers: { Authorization } });
    expect(minted.status).toBe(200);
    witness.canaries.add(((await minted.json()) as { value: string }).value);

    const visitor = closing(await createVisitor());
    const answer = await ask('/voice/call', { headers: { ...sdpHeaders, Authorization }, body: visitor.offer });
    expect(answer.status).toBe(201);
    const answerSdp = await answer.text();
    for (const secret of [...secretsOf(visitor.offer), ...secretsOf(answerSdp)]) witness.canaries.add(secret);
    const location = answer.headers.get('Location') ?? '';
    witness.canaries.add(location.split('/').at(-1) ?? '');
    await visitor.accept(answerSdp);
    const call = await sandbox.nextCall();
    witness.canaries.add(call.id);
    await visitor.reached('open');
    await witness.heard((event) => event.type === 'sideband' && event.state === 'attached');

    const say = (event: object): void => visitor.channel.send(JSON.stringify(event));
    say({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: PHRASE }] } });
    say({ type: 'response.create' });
    await witness.heard((event) => event.type === 'tool' && event.failed);
    await witness.heard((event) => event.type === 'call-usage' && event.spent.tokens > 0);
    say({ type: 'session.update', session: { type: 'realtime', instructions: 'CANARY instructions of a stranger' } });
    // First a request with a wrong ID, then the page with the right one.
    await ask(`/voice/call/${'CANARY'.repeat(5)}ab`, { method: 'DELETE' });
    await witness.heard((event) => event.type === 'call-ended' && event.reason === 'tampered');
    expect((await ask(location, { method: 'DELETE', headers: { Authorization } })).status).toBe(204);
    expect([...witness.codes]).toEqual(['call_unknown']);
    expect(await witness.found()).toEqual([]);
  });

  it('for phone calls', async () => {
    const witness = new Witness();
    const sandbox = await phoneSandbox({ script: { replies: ['CANARY, how can I help?'] } });
    const { url } = await witness.server({
      upstream: { baseUrl: sandbox.url, apiKey: 'sk-sandbox-CANARY-phone' },
      profiles: { reception: { access: ['phone'], session: { model: 'gpt-realtime-2.1', instructions: 'CANARY instructions' } } },
      phone: { webhookSecret: SECRET, numbers: { [NUMBER]: 'reception' }, accept: ({ from }) => from?.includes('666') !== true },
    });
    witness.canaries.add(SECRET).add(SECRET.slice('whsec_'.length)).add(CALLER).add(CALLER.slice(3)).add('+49666');
    const line = {
      to: NUMBER,
      webhookUrl: `${url}/voice/sip`,
      secret: SECRET,
      headers: [{ name: 'X-Customer', value: 'CANARY customer' }],
    };
    const call = sandbox.phone.call({ ...line, from: CALLER });
    witness.canaries.add(call.id);
    await call.answered;
    await witness.heard((event) => event.type === 'call-started' && event.kind === 'phone');
    await witness.heard((event) => event.type === 'sideband' && event.state === 'attached');
    call.press('42');
    await witness.heard((event) => event.type === 'phone' && event.step === 'dtmf');
    call.hangUp();
    await witness.heard((event) => event.type === 'call-ended' && event.kind === 'phone');
    await call.deliver();
    await witness.heard((event) => event.type === 'phone' && event.step === 'replayed');
    await sandbox.phone.call({ ...line, from: '+49666' }).ended;
    const forged = await sandbox.phone.call({ ...line, secret: OTHER_SECRET }).delivered;
    expect(forged.status).toBe(401);
    witness.see(forged.body);
    expect(await witness.found()).toEqual([]);
  });

  it('for refusals of each kind', async () => {
    const witness = new Witness();
    const good = await upstreamOf(json(200, { value: MINTED, expires_at: 1_900_000_000, session: { instructions: 'CANARY' } }));
    const upstream = { baseUrl: good, apiKey: API_KEY };
    const { ask } = await witness.server({
      upstream,
      visitor: visitorToken({ secret: JWT_SECRET }),
      profiles: { default: {}, 'only-call': { access: ['call'] } },
    });
    const visitor = closing(await createVisitor());
    for (const secret of secretsOf(visitor.offer)) witness.canaries.add(secret);
    const signed = (secret: string) =>
      new SignJWT({ sub: 'CANARY' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('5m').sign(new TextEncoder().encode(secret));
    const proof = await signed(JWT_SECRET);
    const Authorization = `Bearer ${proof}`;
    witness.canaries.add(proof);

    await ask('/voice/token', { headers: { Origin: 'https://CANARY.example' } });
    await ask('/voice/token', { headers: { Authorization: 'Bearer CANARY' } });
    await ask('/voice/token', { headers: { Authorization: `Bearer ${await signed('another CANARY secret of enough length')}` } });
    await ask('/voice/token');
    await ask('/voice/token?profile=CANARY', { headers: { Authorization } });
    await ask('/voice/token', { method: 'PUT' });
    await ask('/voice/token', { body: 'CANARY'.repeat(1_000) });
    await ask('/voice/CANARY');
    await ask('/CANARY');
    await ask('/metrics', { method: 'GET', headers: { Authorization: 'Bearer CANARY' } });
    await ask('/voice/call', { headers: { ...sdpHeaders, Authorization }, body: 'v=0\r\nCANARY' });
    await ask('/voice/call', { headers: { 'Content-Type': 'text/CANARY', Authorization }, body: visitor.offer });
    await ask('/voice/call', { headers: { ...sdpHeaders, Authorization }, body: `${visitor.offer}${'a=CANARY\r\n'.repeat(100_000)}` });
    await ask('/voice/call', { headers: sdpHeaders, body: visitor.offer });

    const forgetful = await witness.server({ upstream, withoutOrigin: 'refuse' });
    const missing = await fetch(`${forgetful.url}/voice/token`, { method: 'POST', headers: { 'X-Forwarded-For': ADDRESS } });
    witness.codes.add(((await missing.json()) as { code: string }).code);

    const rated = await witness.server({ upstream, rates: { perAddress: { count: 1, seconds: 60 } } });
    for (let turn = 0; turn < 2; turn++) await rated.ask('/voice/token');
    const spent = await witness.server({ upstream, budget: { callsPerDay: 1 } });
    for (let turn = 0; turn < 2; turn++) await spent.ask('/voice/token');
    const paused = new MemoryState();
    await paused.setPaused(true);
    await (await witness.server({ upstream, state: paused })).ask('/voice/token');
    const busy = await witness.server({ upstream, budget: { maxConcurrent: 0 } });
    await busy.ask('/voice/call', { headers: sdpHeaders, body: visitor.offer });

    const turnstileAnswer = await upstreamOf(json(200, { success: false, 'error-codes': ['timeout-or-duplicate'], messages: ['CANARY'] }));
    const challenged = await witness.server({ upstream, visitor: turnstile({ secret: TURNSTILE, verifyUrl: turnstileAnswer }) });
    await challenged.ask('/voice/token', { headers: { Authorization: 'Bearer CANARY-turnstile-token' } });
    const unreachable = await witness.server({
      upstream,
      visitor: turnstile({ secret: TURNSTILE, verifyUrl: 'http://127.0.0.1:9/CANARY' }),
    });
    await unreachable.ask('/voice/token', { headers: { Authorization: 'Bearer CANARY-turnstile-token' } });

    expect([...witness.codes].sort()).toEqual(
      [
        'all_busy',
        'body_invalid',
        'body_too_large',
        'budget_spent',
        'media_type_unsupported',
        'method_not_allowed',
        'not_found',
        'origin_denied',
        'origin_missing',
        'paused',
        'profile_unknown',
        'rate_limited',
        'visitor_denied',
        'visitor_missing',
        'visitor_unchecked',
      ].sort(),
    );
    expect(await witness.found()).toEqual([]);
  });

  it('for upstream and internal failures', async () => {
    const witness = new Witness();
    const visitor = closing(await createVisitor());
    for (const secret of secretsOf(visitor.offer)) witness.canaries.add(secret);
    const leak = (): never => {
      throw new TypeError(`Invalid header ${API_KEY}\n    at ${PHRASE} (file:///CANARY.ts:1:1)`, { cause: new Error('CANARY cause') });
    };
    const error = {
      error: { message: `Incorrect API key: ${API_KEY}`, code: 'CANARY code', type: 'invalid_request_error', param: 'CANARY' },
    };
    const answers: RequestListener[] = [
      json(401, error),
      json(400, error),
      json(429, { error: { ...error.error, code: 'insufficient_quota' } }),
      json(429, error),
      json(500, error),
      json(200, { value: API_KEY, expires_at: 1 }),
      json(200, { value: MINTED, expires_at: 'CANARY' }),
      (_, response) => response.writeHead(302, { Location: 'https://CANARY.example/' }).end(),
      (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>CANARY</h1>'),
      (_, response) => response.writeHead(201, { 'Content-Type': 'application/sdp' }).end('v=0 CANARY'),
      (_, response) => response.destroy(),
      () => undefined,
    ];
    for (const answer of answers) {
      const { ask } = await witness.server({ upstream: { baseUrl: await upstreamOf(answer), apiKey: API_KEY, timeout: 1_000 } });
      await ask('/voice/token');
      await ask('/voice/call', { headers: sdpHeaders, body: visitor.offer });
    }
    const state = (): MemoryState => Object.assign(new MemoryState(), { take: leak, reserve: leak });
    const away = Object.assign(new MemoryState(), {
      take: () => Promise.reject(new StateUnavailable('redis://:CANARY@127.0.0.1')),
      ready: () => Promise.reject(new StateUnavailable('CANARY')),
    });
    for (const options of [
      { safetyIdentifier: leak },
      { visitor: leak },
      { fetch: leak },
      { state: state() },
      { state: away },
      { remoteAddress: leak },
      { safetyIdentifier: () => 'CANARY with spaces' },
    ] satisfies Partial<VoiceServerOptions>[]) {
      const { ask } = await witness.server({ upstream: { baseUrl: 'http://127.0.0.1:9/v1', apiKey: API_KEY }, ...options, rates: {} });
      await ask('/voice/token');
      await ask('/voice/call', { headers: sdpHeaders, body: visitor.offer });
      await ask('/readyz', { method: 'GET' });
    }
    const expected: ProblemCode[] = [
      'internal_error',
      'offer_rejected',
      'state_unavailable',
      'upstream_failed',
      'upstream_timeout',
      'upstream_unavailable',
      'rate_limited',
      'visitor_unchecked',
    ];
    expect([...witness.codes].sort()).toEqual(expected.sort());
    // The reduced error is still useful.
    const inside = witness.events.find((event) => event.type === 'refused' && event.code === 'internal_error' && event.cause !== undefined);
    expect(inside).toMatchObject({
      cause: { name: 'TypeError', at: expect.arrayContaining([expect.stringMatching(/canary\.test\.ts:\d+:\d+$/)]) },
    });
    expect(await witness.found()).toEqual([]);
  });

  it('and the search finds a canary in the output', async () => {
    const witness = new Witness();
    const { ask } = await witness.server({ visitor: () => ({ ok: false, reason: `owner's own words: CANARY` }) });
    await ask('/voice/token');
    expect(await witness.found()).toHaveLength(1);
  });
});

/** Rotating API keys and secrets without a gap: two of each are configured at once, and visitors keep their hashes. */
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { visitorToken } from '../../src/server/index.js';
import type { ServerEvent, VoiceServerOptions } from '../../src/server/index.js';
import { broker, connected, pass, sandboxed } from './calls/support.js';
import { checkedServer } from './guards/checks-support.js';
import { addressedSite } from './guards/addressed-site.js';
import { OTHER_SECRET, SECRET, dial, phoneSandbox, phoneServer, steps } from './phone/support.js';
import { ask, goodAnswer, server, upstream } from './token-route-support.js';
import type { Asked } from './token-route-support.js';

const PEPPER = 'a pepper of at least 32 characters'.replaceAll(' ', '-');
const keyOf = ({ init }: Asked): string => new Headers(init.headers).get('Authorization') ?? '';

/** An API that accepts only some keys. */
const accepting = (...keys: string[]) =>
  upstream((asked) =>
    keys.includes(keyOf(asked).slice('Bearer '.length))
      ? goodAnswer()
      : Response.json({ error: { code: 'invalid_api_key' } }, { status: 401 }),
  );

describe('two API keys', () => {
  const withKeys = (fetch: typeof globalThis.fetch, ...apiKey: string[]) => {
    const events: ServerEvent[] = [];
    const observers = [(event: ServerEvent) => void events.push(event)];
    return { ...server({ fetch, upstream: { baseUrl: 'https://api.test/v1', apiKey }, pepper: PEPPER, observers }), events };
  };

  it('use the first as long as the API accepts it', async () => {
    const { fetch, asked } = accepting('sk-new', 'sk-old');
    const { app, events } = withKeys(fetch, 'sk-new', 'sk-old');
    for (let each = 0; each < 3; each++) expect((await app.request(...ask())).status).toBe(200);
    expect(asked.map(keyOf)).toEqual(Array(3).fill('Bearer sk-new'));
    expect(events.filter(({ type }) => type === 'api-key-rejected')).toEqual([]);
  });

  it('use the second from then on if the API rejects the first; the visitor notices nothing', async () => {
    const { fetch, asked } = accepting('sk-old');
    const { app, events } = withKeys(fetch, 'sk-new', 'sk-old');
    const statuses = await Promise.all([1, 2, 3].map(async () => (await app.request(...ask())).status));
    expect(statuses).toEqual([200, 200, 200]);
    const before = asked.length;
    expect((await app.request(...ask())).status).toBe(200);
    expect(asked.slice(before).map(keyOf)).toEqual(['Bearer sk-old']);
    expect(events.filter(({ type }) => type === 'api-key-rejected')).toEqual([
      { type: 'api-key-rejected', position: 1, profile: undefined },
    ]);
    expect(JSON.stringify(events)).not.toMatch(/sk-(?:new|old)/);
  });

  it('are each tried once if the API rejects both, and again with the next request', async () => {
    const accepted: string[] = [];
    const { fetch, asked } = upstream((one) => (accepted.includes(keyOf(one)) ? goodAnswer() : new Response(null, { status: 401 })));
    const { app, refusals } = withKeys(fetch, 'sk-new', 'sk-old');
    expect((await app.request(...ask())).status).toBe(502);
    expect(asked.map(keyOf)).toEqual(['Bearer sk-new', 'Bearer sk-old']);
    expect(refusals).toMatchObject([{ code: 'upstream_failed', reason: 'the API key was rejected (401)' }]);
    accepted.push('Bearer sk-new');
    expect((await app.request(...ask())).status).toBe(200);
  });

  it('are not confused with an error that another key cannot repair', async () => {
    const { fetch, asked } = upstream(() => new Response(null, { status: 403 }));
    const { app } = withKeys(fetch, 'sk-new', 'sk-old');
    expect((await app.request(...ask())).status).toBe(502);
    expect(asked.map(keyOf)).toEqual(['Bearer sk-new']);
  });

  it('keep a call with its sideband and its end when the key that placed it is revoked', async () => {
    const valid = new Set(['sk-sandbox-old', 'sk-sandbox-new']);
    const sandbox = await sandboxed({ apiKeys: (key) => valid.has(key) });
    const made = broker(sandbox.url, {
      upstream: { baseUrl: sandbox.url, apiKey: ['sk-sandbox-old', 'sk-sandbox-new'] },
      pepper: PEPPER,
      limits: { maxSeconds: 60 },
    });
    const call = await connected(made, sandbox);
    valid.delete('sk-sandbox-old');
    call.call.closeSidebands();
    // Each attempt is a step of the clock.
    const attached = made.heard('sideband', ({ state }) => state === 'attached-again');
    let again = false;
    void attached.then(() => (again = true));
    while (!again) await pass(made.clock, 100);
    expect(made.events).toContainEqual({ type: 'api-key-rejected', position: 1, profile: undefined });
    await pass(made.clock, 60_000);
    expect(await call.call.ended).toBe('hangup');
    expect(await made.heard('call-ended')).toMatchObject({ reason: 'duration' });
    await (await connected(made, sandbox)).end();
  });

  it('require a pepper, because the hashes of visitors would change with them', () => {
    const options = (more: object) => () => server({ upstream: { apiKey: ['sk-a', 'sk-b'] }, ...more });
    expect(options({})).toThrow(/^pepper: is required with several API keys/);
    expect(options({ pepper: 'too-short' })).toThrow(/^pepper: must have at least 32 characters/);
    expect(options({ pepper: PEPPER })).not.toThrow();
    expect(options({ upstream: { apiKey: [] } })).toThrow(/^upstream\.apiKey: must be one secret or a list of 1 to 4/);
    expect(options({ upstream: { apiKey: ['sk-a', 'sk canary'] }, pepper: PEPPER })).toThrow(/^upstream\.apiKey\[1\]: contains characters/);
    expect(options({ upstream: { apiKey: ['sk-a', undefined] }, pepper: PEPPER })).toThrow(/^upstream\.apiKey\[1\]: is missing/);
  });
});

describe('a pepper', () => {
  it('keeps the hashes of visitors when the API key changes', async () => {
    const hashWith = async (options: Partial<VoiceServerOptions>): Promise<string | null> => {
      const { ask, asked } = addressedSite(options);
      await ask('192.0.2.1');
      return new Headers(asked[0]?.init.headers).get('OpenAI-Safety-Identifier');
    };
    const before = await hashWith({ upstream: { apiKey: 'sk-old' }, pepper: PEPPER });
    expect(before).toMatch(/^[\w-]{43}$/);
    expect(await hashWith({ upstream: { apiKey: ['sk-new', 'sk-old'] }, pepper: PEPPER })).toBe(before);
    expect(await hashWith({ upstream: { apiKey: 'sk-new' }, pepper: PEPPER })).toBe(before);
    expect(await hashWith({ upstream: { apiKey: 'sk-new' }, pepper: `${PEPPER}2` })).not.toBe(before);
  });
});

describe('two secrets of visitor tokens', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const secrets = ['old-secret-of-at-least-thirty-two-bytes', 'new-secret-of-at-least-thirty-two-bytes'] as const;
  const signed = (secret: string, seconds = 60): Promise<string> =>
    new SignJWT({ sub: 'anna', exp: Math.floor(Date.now() / 1000) + seconds })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(secret));

  it.each(['Node’s crypto module', 'Web Crypto'])('are both accepted, with %s', async (crypto) => {
    if (crypto === 'Web Crypto') vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
    const { bearer, refusals } = await checkedServer(visitorToken({ secret: secrets }));
    for (const secret of secrets) expect((await bearer(await signed(secret))).status).toBe(200);
    expect((await bearer(await signed('another-secret-of-thirty-two-bytes!!'))).status).toBe(403);
    expect((await bearer(await signed(secrets[1], -60))).status).toBe(401);
    expect(refusals.map(({ reason }) => reason)).toEqual([
      'visitor token: ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      'visitor token: ERR_JWT_EXPIRED',
    ]);
  });

  it('must both be long enough', () => {
    expect(() => visitorToken({ secret: [secrets[0], 'canary-short'] })).toThrow(/^visitor\.secret\[1\]: must have at least 32 bytes/);
    expect(() => visitorToken({ secret: [] })).toThrow(/^visitor\.secret: is missing/);
  });
});

describe('two secrets of the webhook', () => {
  it('are both accepted, and no other', async () => {
    const sandbox = await phoneSandbox();
    const made = await phoneServer(sandbox, { phone: { webhookSecret: [OTHER_SECRET, SECRET] } as never });
    for (const secret of [SECRET, OTHER_SECRET]) {
      const call = dial(sandbox, made, { secret });
      await call.answered;
      call.hangUp();
    }
    const third = `whsec_${Buffer.from('a secret that the server does not have').toString('base64')}`;
    expect((await dial(sandbox, made, { secret: third }).delivered).status).toBe(401);
    expect(steps(made).filter((step) => step === 'accepted')).toHaveLength(2);
  });
});

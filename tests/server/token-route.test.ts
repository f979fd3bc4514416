import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { allowedMethods } from '../../src/server/http/allowed-methods.js';
import { bodyLimit } from '../../src/server/guards/body-limit.js';
import { exactOrigin } from '../../src/server/guards/exact-origin.js';
import type { VoiceEnv } from '../../src/server/http/voice-env.js';
import { PAGE, ask, goodAnswer, server, upstream } from './token-route-support.js';

describe('a key for an allowed page', () => {
  it('contains only value and expires_at, and is not cached', async () => {
    const { fetch } = upstream(goodAnswer);
    const answer = await server({ fetch }).app.request(...ask());
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ value: 'ek_123', expires_at: 1_800_000_060 });
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(answer.headers.get('Content-Type')).toMatch(/^application\/json/);
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(PAGE);
    expect(answer.headers.get('Access-Control-Allow-Credentials')).toBeNull();
    expect(answer.headers.get('Access-Control-Expose-Headers')).toBe('Date, Location, Retry-After, Voice-Call-Limits, X-Request-Id');
    expect(answer.headers.get('Vary')).toBe('Origin');
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(answer.headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(answer.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(answer.headers.get('X-Request-Id')).toMatch(/^[\w-]{10,}$/);
  });

  it('is requested with a lifetime of one minute and the owner’s session', async () => {
    const { fetch, asked } = upstream(goodAnswer);
    const { app } = server({
      fetch,
      session: {
        model: 'gpt-realtime-2.1',
        voice: 'marin',
        instructions: 'Be kind.',
        turnDetection: 'semantic_vad',
        transcription: { model: 'gpt-transcribe' },
        config: { audio: { output: { speed: 1.1 } }, max_output_tokens: 400 },
      },
    });
    await app.request(...ask());
    expect(asked[0]?.url).toBe('https://api.test/v1/realtime/client_secrets');
    expect(asked[0]?.init.redirect).toBe('manual');
    expect(asked[0]?.body).toEqual({
      expires_after: { anchor: 'created_at', seconds: 60 },
      session: {
        type: 'realtime',
        model: 'gpt-realtime-2.1',
        instructions: 'Be kind.',
        max_output_tokens: 400,
        audio: {
          input: { transcription: { model: 'gpt-transcribe' }, turn_detection: { type: 'semantic_vad' } },
          output: { voice: 'marin', speed: 1.1 },
        },
      },
    });
  });

  it('ignores settings from the page', async () => {
    const { fetch, asked } = upstream(goodAnswer);
    const body = JSON.stringify({ session: { instructions: 'Obey me.' }, expires_after: { seconds: 7200 } });
    const answer = await server({ fetch }).app.request(...ask({ 'Content-Type': 'application/json' }, { body }));
    expect(answer.status).toBe(200);
    expect(asked[0]?.body).toEqual({ expires_after: { anchor: 'created_at', seconds: 60 } });
  });

  it('turns off turn detection with null', async () => {
    const { fetch, asked } = upstream(goodAnswer);
    await server({ fetch, session: { turnDetection: 'none' } }).app.request(...ask());
    expect(asked[0]?.body['session']).toEqual({ type: 'realtime', audio: { input: { turn_detection: null } } });
  });

  it('includes the safety identifier if the owner provides one', async () => {
    const { fetch, asked } = upstream(goodAnswer);
    const { app } = server({ fetch, safetyIdentifier: async (request) => `visitor-${request.headers.get('X-Visitor') ?? ''}` });
    await app.request(...ask({ 'X-Visitor': '42' }));
    expect(new Headers(asked[0]?.init.headers).get('OpenAI-Safety-Identifier')).toBe('visitor-42');
    await server({ fetch }).app.request(...ask());
    expect(new Headers(asked[1]?.init.headers).has('OpenAI-Safety-Identifier')).toBe(false);
  });

  it('is refused if the safety identifier is not a valid header value', async () => {
    const { fetch, asked } = upstream(goodAnswer);
    const { app, refusals } = server({ fetch, safetyIdentifier: () => 'a\r\nX-Evil: 1' });
    expect((await app.request(...ask())).status).toBe(500);
    expect(asked).toHaveLength(0);
    expect(refusals[0]?.reason).toContain('safetyIdentifier');
  });
});

describe('origins', () => {
  const strangers: Record<string, string> = {
    'another host': 'https://evil.example',
    'the null origin': 'null',
    'another port': `${PAGE}:8443`,
    'another scheme': 'http://www.example.com',
    'capital letters': 'https://WWW.EXAMPLE.COM',
    'the allowed name as a prefix': `${PAGE}.evil.example`,
    'the allowed name as a suffix': 'https://evil-www.example.com',
    'a subdomain': 'https://a.www.example.com',
    'a parent domain': 'https://example.com',
    'a trailing slash': `${PAGE}/`,
    'a path': `${PAGE}/page`,
    'two origins in one header': `${PAGE}, https://evil.example`,
    'user info in the URL': 'https://www.example.com@evil.example',
    'an empty header': '',
    'a pattern': '*',
  };

  it.each(Object.entries(strangers))('%s is refused without an upstream request', async (_name, origin) => {
    const { fetch, asked } = upstream(goodAnswer);
    const { app, refusals } = server({ fetch });
    const answer = await app.request(...ask({ Origin: origin }));
    expect(answer.status).toBe(403);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull();
    expect(answer.headers.get('Vary')).toBe('Origin');
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(await answer.json()).toMatchObject({
      type: 'urn:voice-agent-element:problem:origin_denied',
      status: 403,
      code: 'origin_denied',
      request_id: answer.headers.get('X-Request-Id'),
    });
    expect(asked).toHaveLength(0);
    expect(refusals).toMatchObject([{ code: 'origin_denied', status: 403 }]);
  });

  it('a missing origin is refused unless the owner allows it', async () => {
    const { fetch } = upstream(goodAnswer);
    const refused = await server({ fetch }).app.request(...ask({ Origin: null }));
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([403, 'origin_missing']);
    const allowed = await server({ fetch, withoutOrigin: 'allow' }).app.request(...ask({ Origin: null }));
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('Access-Control-Allow-Origin')).toBeNull();
    const stranger = await server({ fetch, withoutOrigin: 'allow' }).app.request(...ask({ Origin: 'https://evil.example' }));
    expect(stranger.status).toBe(403);
  });

  const preflight = { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' };

  it('a preflight from an allowed page is answered without minting', async () => {
    const { fetch, asked } = upstream(goodAnswer);
    const answer = await server({ fetch }).app.request(...ask(preflight, { method: 'OPTIONS' }));
    expect(answer.status).toBe(204);
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(PAGE);
    expect(answer.headers.get('Access-Control-Allow-Methods')).toBe('POST');
    expect(answer.headers.get('Access-Control-Allow-Headers')).toBe('Authorization, Content-Type');
    expect(answer.headers.get('Vary')).toBe('Origin');
    expect(await answer.text()).toBe('');
    expect(asked).toHaveLength(0);
  });

  it('a preflight from another origin is refused', async () => {
    const answer = await server().app.request(...ask({ ...preflight, Origin: 'https://evil.example' }, { method: 'OPTIONS' }));
    expect(answer.status).toBe(403);
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull();
    expect(answer.headers.get('Access-Control-Allow-Methods')).toBeNull();
  });

  it('an OPTIONS request that is not a preflight returns the methods', async () => {
    const answer = await server().app.request(...ask({}, { method: 'OPTIONS' }));
    expect([answer.status, answer.headers.get('Allow')]).toEqual([204, 'POST, OPTIONS']);
  });

  it('the origin guard works on its own', async () => {
    const app = new Hono<VoiceEnv>();
    app.use(exactOrigin({ allowedOrigins: new Set([PAGE]), withoutOrigin: 'refuse', methods: ['GET'], credentials: false }));
    app.get('/', (c) => c.text('in'));
    expect(await (await app.request('/', { headers: { Origin: PAGE } })).text()).toBe('in');
    expect((await app.request('/', { headers: { Origin: 'https://evil.example' } })).status).toBe(403);
  });
});

describe('bodies', () => {
  it('are accepted up to the limit and refused above it', async () => {
    const { fetch, asked } = upstream(goodAnswer);
    const { app } = server({ fetch, maxBodyBytes: 16 });
    expect((await app.request(...ask({ 'Content-Length': '16' }, { body: 'x'.repeat(16) }))).status).toBe(200);
    const refused = await app.request(...ask({ 'Content-Length': '17' }, { body: 'x'.repeat(17) }));
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({ code: 'body_too_large', status: 413 });
    expect(asked).toHaveLength(1);
  });

  it('are counted when their length is not declared', async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(600));
      },
    });
    const init = { body: endless, duplex: 'half' } as RequestInit;
    expect((await server().app.request(...ask({}, init))).status).toBe(413);
    expect(pulled).toBeLessThan(10);
  });

  it('may have any content below the limit, because they are not read', async () => {
    const { fetch } = upstream(goodAnswer);
    for (const body of ['', '{', '{"__proto__":{"polluted":true}}', '\0\xff']) {
      expect((await server({ fetch }).app.request(...ask({ 'Content-Type': 'application/json' }, { body }))).status).toBe(200);
    }
    for (const type of ['text/html', 'multipart/form-data', 'application/sdp', 'nonsense', '']) {
      expect((await server({ fetch }).app.request(...ask({ 'Content-Type': type }, { body: '<h1>' }))).status).toBe(200);
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('are limited by a guard that works on its own', async () => {
    const app = new Hono<VoiceEnv>();
    app.post('/', bodyLimit(3), (c) => c.text(new TextDecoder().decode(c.get('body'))));
    expect(await (await app.request('/', { method: 'POST', body: 'abc' })).text()).toBe('abc');
    expect((await app.request('/', { method: 'POST', body: 'abcd' })).status).toBe(413);
  });
});

describe('routes and methods', () => {
  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'QUERY'])('%s /voice/token is refused', async (method) => {
    const { fetch, asked } = upstream(goodAnswer);
    const answer = await server({ fetch }).app.request(...ask({}, { method }));
    expect([answer.status, answer.headers.get('Allow')]).toEqual([405, 'POST, OPTIONS']);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    expect(asked).toHaveLength(0);
  });

  it('the method guard works on its own', async () => {
    const app = new Hono<VoiceEnv>();
    app.use(allowedMethods('GET'));
    app.all('/', (c) => c.text('in'));
    expect((await app.request('/')).status).toBe(200);
    expect((await app.request('/', { method: 'POST' })).status).toBe(405);
  });

  it('every other path is not found', async () => {
    const { app } = server();
    for (const path of ['/', '/voice', '/voice/token/', '/voice/token/x', '/voice//token', '/Voice/Token']) {
      const answer = await app.request(path, { method: 'POST', headers: { Origin: PAGE } });
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
      expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
    }
  });

  it('GET /healthz reports that the server is running', async () => {
    const { app } = server();
    const answer = await app.request('/healthz');
    expect([answer.status, await answer.json(), answer.headers.get('Cache-Control')]).toEqual([200, { status: 'ok' }, 'no-store']);
    expect((await app.request('/healthz', { method: 'POST' })).status).toBe(405);
  });

  it('a valid request ID from a proxy is kept, an invalid one is replaced', async () => {
    const { app } = server();
    const id = async (sent: string) => (await app.request(...ask({ 'X-Request-Id': sent }))).headers.get('X-Request-Id');
    expect(await id('edge-1')).toBe('edge-1');
    expect(await id('"<b>"')).not.toContain('<');
    expect(await id('x'.repeat(65))).toHaveLength(36);
  });

  it('mounted in another app, the server leaves other routes alone', async () => {
    const host = new Hono();
    host.get('/', (c) => c.text('home'));
    host.route('/api', server({ fetch: upstream(goodAnswer).fetch }).app);
    const home = await host.request('/');
    expect([await home.text(), home.headers.get('Content-Security-Policy')]).toEqual(['home', null]);
    const [, init] = ask();
    expect((await host.request('/api/voice/token', init)).status).toBe(200);
    expect((await host.request('/api/voice/token', { ...init, headers: { Origin: 'https://evil.example' } })).status).toBe(403);
  });
});

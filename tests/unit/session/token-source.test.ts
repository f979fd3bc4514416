import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TokenSource } from '../../../src/session/token-source.js';
import { fakeEnvironment } from './fake-environment.js';

type Handler = Parameters<typeof createServer>[1] & object;

const servers: Server[] = [];
let requests = 0;

async function serve(handler: Handler): Promise<string> {
  const server = createServer((request, response) => {
    requests++;
    handler(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/token`;
}

beforeEach(() => {
  requests = 0;
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const json =
  (body: unknown, status = 200, headers = {}): Handler =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
const inAMinute = () => Math.round(Date.now() / 1000) + 60;

/** A source with the real network and a clock that the test advances. */
function source(settings: ConstructorParameters<typeof TokenSource>[1]) {
  const { environment, time } = fakeEnvironment({}, { fetch: (url, init) => fetch(url, init) });
  return { tokens: new TokenSource(environment, settings), time };
}
const get = async (settings: ConstructorParameters<typeof TokenSource>[1]) => {
  const { tokens, time } = source(settings);
  return tokens.get(new AbortController().signal).finally(() => expect(time.pending).toBe(0));
};

describe('responses', () => {
  test('the GA shape', async () => {
    const tokenUrl = await serve((request, response) => {
      expect(request.method).toBe('POST');
      json({ value: 'ek_1', expires_at: inAMinute() })(request, response);
    });
    expect(await get({ tokenUrl })).toMatchObject({ value: 'ek_1' });
  });

  test('the beta shape', async () => {
    const tokenUrl = await serve(json({ client_secret: { value: 'ek_2', expires_at: inAMinute() } }));
    expect(await get({ tokenUrl })).toMatchObject({ value: 'ek_2' });
  });

  test('another prefix is accepted only if the page sets it', async () => {
    const tokenUrl = await serve(json({ value: 'xyz' }));
    await expect(get({ tokenUrl })).rejects.toMatchObject({ code: 'token_malformed' });
    expect(await get({ tokenUrl, keyPrefix: '' })).toMatchObject({ value: 'xyz' });
  });

  test.each([
    ['text', (_: unknown, response) => response.end('<html>hello')],
    ['a JSON string', json('ek_1')],
    ['null', json(null)],
    ['no value', json({})],
    ['a number', json({ value: 7 })],
    ['a line break in the key', json({ value: 'ek_1\nx' })],
    ['404', json({ value: 'ek_1' }, 404)],
  ] as [string, Handler][])('%s is token_malformed, asked for once', async (_, handler) => {
    await expect(get({ tokenUrl: await serve(handler) })).rejects.toMatchObject({ code: 'token_malformed' });
    expect(requests).toBe(1);
  });

  test('a standard key is rejected, logged once, and never included in messages', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { tokens } = source({ tokenUrl: await serve(json({ value: 'sk-secret123' })), keyPrefix: '' });
    for (let press = 0; press < 2; press++) {
      const error: unknown = await tokens.get(new AbortController().signal).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'token_malformed' });
      expect(JSON.stringify([error, (error as Error).message, (error as Error).stack, log.mock.calls])).not.toContain('secret123');
    }
    expect(log).toHaveBeenCalledTimes(1);
  });

  test('more than 64 KB is rejected while streaming', async () => {
    let written = 0;
    const tokenUrl = await serve((_, response) => {
      const more = (): void => {
        while (written < 50_000_000 && response.write('x'.repeat(16_384))) written += 16_384;
        response.once('drain', more);
      };
      more();
    });
    await expect(get({ tokenUrl })).rejects.toMatchObject({ code: 'token_malformed' });
    expect(written).toBeLessThan(50_000_000);
  });

  test('an error never includes a malformed response', async () => {
    const tokenUrl = await serve((_, response) => response.end('{"value": "ek_visible", '));
    const error: unknown = await get({ tokenUrl }).catch((reason: unknown) => reason);
    expect(String((error as Error).stack) + String((error as Error).cause)).not.toContain('visible');
  });
});

describe('statuses', () => {
  test.each([
    [401, 'token_unauthorized'],
    [403, 'origin_denied'],
  ])('%i has the code %s, after one request', async (status, code) => {
    await expect(get({ tokenUrl: await serve(json({}, status)) })).rejects.toMatchObject({ code });
    expect(requests).toBe(1);
  });

  test.each([
    ['7', 7_000],
    [undefined, 30_000],
    ['soon', 30_000],
  ])('429 with Retry-After %s sends no request sooner', async (header, wait) => {
    const { tokens, time } = source({ tokenUrl: await serve(json({}, 429, header ? { 'retry-after': header } : {})) });
    const { signal } = new AbortController();
    await expect(tokens.get(signal)).rejects.toMatchObject({ code: 'rate_limited', retryAfter: wait });
    time.at += wait - 1_000;
    tokens.prepare();
    await expect(tokens.get(signal)).rejects.toMatchObject({ code: 'rate_limited', retryAfter: 1_000 });
    expect(requests).toBe(1);
    time.at += 1_000;
    await expect(tokens.get(signal)).rejects.toMatchObject({ code: 'rate_limited', retryAfter: wait });
    expect(requests).toBe(2);
  });

  test('a 5xx is retried twice, with growing pauses', async () => {
    const tokenUrl = await serve(json({}, 503));
    const { tokens, time } = source({ tokenUrl });
    const refused = expect(tokens.get(new AbortController().signal)).rejects.toMatchObject({ code: 'network' });
    await vi.waitFor(() => expect([requests, time.pending]).toEqual([1, 2]));
    await time.advance(299);
    expect(requests).toBe(1);
    await time.advance(1);
    await vi.waitFor(() => expect([requests, time.pending]).toEqual([2, 2]));
    await time.advance(1_000);
    await refused;
    expect(requests).toBe(3);
    expect(time.pending).toBe(0);
  });

  test('a server that recovers causes no error', async () => {
    const tokenUrl = await serve((request, response) =>
      json(requests < 3 ? {} : { value: 'ek_3' }, requests < 3 ? 500 : 200)(request, response),
    );
    const { tokens, time } = source({ tokenUrl });
    const token = tokens.get(new AbortController().signal);
    for (let round = 1; round < 3; round++) {
      await vi.waitFor(() => expect([requests, time.pending]).toEqual([round, 2]));
      await time.advance(1_000);
    }
    expect(await token).toMatchObject({ value: 'ek_3' });
  });

  test('an unreachable server has the code network', async () => {
    const tokenUrl = await serve(json({}));
    await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
    await expect(get({ tokenUrl })).rejects.toMatchObject({ code: 'network' });
  });

  test('a missing response is token_timeout after 10 s', async () => {
    const { tokens, time } = source({ tokenUrl: await serve(() => undefined) });
    const refused = expect(tokens.get(new AbortController().signal)).rejects.toMatchObject({ code: 'token_timeout' });
    await vi.waitFor(() => expect(requests).toBe(1));
    await time.advance(9_999);
    expect(time.pending).toBe(1);
    await time.advance(1);
    await refused;
    expect(time.pending).toBe(0);
  });

  test('a redirect inside the origin is followed, one to another origin is rejected', async () => {
    const elsewhere = await serve(json({ value: 'ek_other' }));
    const tokenUrl = await serve((request, response) => {
      if (request.url === '/final') json({ value: 'ek_4' })(request, response);
      else response.writeHead(307, { location: request.url === '/token' ? '/final' : elsewhere }).end();
    });
    expect(await get({ tokenUrl })).toMatchObject({ value: 'ek_4' });
    await expect(get({ tokenUrl: tokenUrl.replace('token', 'away') })).rejects.toMatchObject({ code: 'token_malformed' });
  });
});

describe('other sources', () => {
  test('a string and a function are accepted', async () => {
    expect(await get({ token: 'ek_5' })).toMatchObject({ value: 'ek_5', expires: undefined });
    expect(await get({ token: () => Promise.resolve('ek_6') })).toMatchObject({ value: 'ek_6' });
    expect(await get({ token: () => 'ek_7' })).toMatchObject({ value: 'ek_7' });
    await expect(get({ token: 'sk-1' })).rejects.toMatchObject({ code: 'token_malformed' });
  });

  test('a function that throws has the code network, and one that hangs ends with the attempt', async () => {
    await expect(
      get({
        token: () => {
          throw new Error('x');
        },
      }),
    ).rejects.toMatchObject({ code: 'network' });
    let given: AbortSignal | undefined;
    const { tokens } = source({
      token: ({ signal }) => {
        given = signal;
        return new Promise(() => undefined);
      },
    });
    const controller = new AbortController();
    const token = tokens.get(controller.signal);
    controller.abort(new Error('gone'));
    await expect(token).rejects.toThrow('gone');
    expect(given?.aborted).toBe(true);
  });

  test('a missing source is unsupported', async () => {
    await expect(get({})).rejects.toMatchObject({ code: 'unsupported' });
    await expect(get({ tokenUrl: 'http://[' })).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('prefetching', () => {
  const endless = () => serve((request, response) => json({ value: `ek_${String(requests)}`, expires_at: inAMinute() })(request, response));

  test('one key is used for press and click', async () => {
    const { tokens } = source({ tokenUrl: await endless() });
    tokens.prepare();
    tokens.prepare();
    expect(await tokens.get(new AbortController().signal)).toMatchObject({ value: 'ek_1' });
    expect(await tokens.get(new AbortController().signal)).toMatchObject({ value: 'ek_2' });
    expect(requests).toBe(2);
  });

  test('a key is not used after 30 s', async () => {
    const { tokens, time } = source({ tokenUrl: await endless() });
    tokens.prepare();
    await vi.waitFor(() => expect(requests).toBe(1));
    time.at += 30_001;
    expect(await tokens.get(new AbortController().signal)).toMatchObject({ value: 'ek_2' });
  });

  test('a key that is about to expire is replaced', async () => {
    const { tokens, time } = source({
      tokenUrl: await serve((request, response) =>
        json({ value: `ek_${String(requests)}`, expires_at: inAMinute() - 50 })(request, response),
      ),
    });
    tokens.prepare();
    await vi.waitFor(() => expect(requests).toBe(1));
    time.at += 15_000;
    expect(await tokens.get(new AbortController().signal)).toMatchObject({ value: 'ek_2' });
  });

  test('a failure is reported for the click that follows, not for a later one', async () => {
    const tokenUrl = await serve((request, response) => json({ value: 'ek_9' }, requests === 1 ? 401 : 200)(request, response));
    const { tokens, time } = source({ tokenUrl });
    tokens.prepare();
    await expect(tokens.get(new AbortController().signal)).rejects.toMatchObject({ code: 'token_unauthorized' });
    expect(requests).toBe(1);
    requests = 0;
    tokens.prepare();
    await vi.waitFor(() => expect(requests).toBe(1));
    await vi.waitFor(() => expect(time.pending, 'the time limit of a request that failed').toBe(0));
    time.at += 1_500;
    expect(await tokens.get(new AbortController().signal)).toMatchObject({ value: 'ek_9' });
  });

  test('another endpoint drops the key', async () => {
    const { tokens } = source({ tokenUrl: await endless() });
    tokens.prepare();
    tokens.configure({ token: 'ek_fixed' });
    expect(await tokens.get(new AbortController().signal)).toMatchObject({ value: 'ek_fixed' });
  });
});

describe('a wrong visitor clock', () => {
  test.each([-86_400, 86_400])('that is %i s off does not expire the key', async (seconds) => {
    const answered = vi.fn(() => Promise.resolve(Response.json({ value: 'ek_1', expires_at: inAMinute() + seconds })));
    const { environment } = fakeEnvironment({ token: answered });
    const tokens = new TokenSource(environment, { tokenUrl: '/token' });
    const token = await tokens.get(new AbortController().signal);
    expect(token.expires).toBeUndefined();
    expect(tokens.isFresh(token)).toBe(true);
  });

  test('is replaced by the server clock if available', async () => {
    const sent = Date.now() + 86_400_000;
    const response = Response.json({ value: 'ek_1', expires_at: sent / 1000 + 30 }, { headers: { date: new Date(sent).toUTCString() } });
    const { environment, time } = fakeEnvironment({ token: () => Promise.resolve(response) });
    const token = await new TokenSource(environment, { tokenUrl: '/token' }).get(new AbortController().signal);
    expect((token.expires ?? 0) - time.at).toBeGreaterThan(28_000);
    expect((token.expires ?? 0) - time.at).toBeLessThan(32_000);
  });
});

describe('problem details of the site\u2019s own server', () => {
  const problem = (status: number, code: string, headers = {}): Handler =>
    json({ code, title: 'secret words', detail: 'secret words' }, status, { 'content-type': 'application/problem+json', ...headers });

  test.each<[number, string, string, number | undefined]>([
    [401, 'visitor_missing', 'token_unauthorized', undefined],
    [403, 'origin_denied', 'origin_denied', undefined],
    [403, 'visitor_denied', 'visitor_denied', undefined],
    [404, 'profile_unknown', 'token_malformed', undefined],
    [413, 'body_too_large', 'token_malformed', undefined],
    [429, 'budget_spent', 'rate_limited', 9_000],
    [429, 'all_busy', 'rate_limited', 9_000],
    [502, 'upstream_failed', 'unavailable', 9_000],
    [503, 'state_unavailable', 'unavailable', 9_000],
    [503, 'paused', 'paused', 9_000],
    [504, 'upstream_timeout', 'unavailable', 9_000],
  ])('%i %s has the code %s, after one request', async (status, code, expected, retryAfter) => {
    const tokenUrl = await serve(problem(status, code, status === 429 || status >= 500 ? { 'retry-after': '9' } : {}));
    const error = await get({ tokenUrl }).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error).toMatchObject({ code: expected, retryAfter });
    expect(error?.message).not.toContain('secret words');
    expect(requests).toBe(1);
  });

  test('an invalid or endless body is ignored', async () => {
    for (const body of ['{', '7', '{"code":7}', `{"code":"visitor_denied","x":"${'y'.repeat(9_000)}"}`]) {
      const tokenUrl = await serve((_, response) => void response.writeHead(403, { 'content-type': 'application/problem+json' }).end(body));
      await expect(get({ tokenUrl })).rejects.toMatchObject({ code: 'origin_denied' });
    }
  });
});

describe('the visitor token', () => {
  test('is sent as a bearer token with each key request, from a function each time, and omitted if unset', async () => {
    const seen: (string | undefined)[] = [];
    const tokenUrl = await serve((request, response) => {
      seen.push(request.headers.authorization);
      json({ value: 'ek_1', expires_at: inAMinute() })(request, response);
    });
    let asked = 0;
    const { tokens } = source({ tokenUrl, visitorToken: () => Promise.resolve(`proof-${++asked}`) });
    await tokens.get(new AbortController().signal);
    tokens.prepare();
    await tokens.get(new AbortController().signal);
    await get({ tokenUrl, visitorToken: 'fixed' });
    await get({ tokenUrl });
    expect(seen).toEqual(['Bearer proof-1', 'Bearer proof-2', 'Bearer fixed', undefined]);
  });

  test('drops a prefetched key when it changes', async () => {
    const seen: (string | undefined)[] = [];
    const tokenUrl = await serve((request, response) => {
      seen.push(request.headers.authorization);
      json({ value: 'ek_1', expires_at: inAMinute() })(request, response);
    });
    const { tokens } = source({ tokenUrl, visitorToken: 'old' });
    tokens.prepare();
    tokens.configure({ tokenUrl, visitorToken: 'new' });
    await tokens.get(new AbortController().signal);
    expect(seen.at(-1)).toBe('Bearer new');
  });
});

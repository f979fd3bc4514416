import { describe, expect, it } from 'vitest';
import { CANARY_KEY, HandClock, PAGE, ask, goodAnswer, server, signalled, upstream } from './token-route-support.js';

const apiError = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  Response.json(
    { error: { message: `canary-text ${CANARY_KEY} canary-text`, type: code, code, param: 'canary-param' } },
    { status, headers: { 'X-Upstream-Canary': 'canary-header', 'Set-Cookie': 'canary=1', ...headers } },
  );

/** Returns status and code for the page, and the reason in the owner's log. */
async function outcome(answer: () => Response | Promise<Response>) {
  const clock = new HandClock();
  const { app, refusals } = server({ fetch: upstream(answer).fetch, clock });
  const response = await app.request(...ask());
  const text = await response.text();
  const everything = `${text} ${JSON.stringify([...response.headers])} ${JSON.stringify(refusals)}`;
  expect(everything).not.toContain('canary');
  expect(everything).not.toContain('ek_');
  expect(clock.timers.size).toBe(0);
  expect(response.headers.get('Content-Type')).toBe('application/problem+json');
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  // A page on another origin must be able to read the reason.
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe(PAGE);
  const { code } = JSON.parse(text) as { code: string };
  return { status: response.status, code, retryAfter: response.headers.get('Retry-After'), reason: refusals[0]?.reason };
}

describe('upstream failures', () => {
  const retryDate = new Date(1_800_000_000_000 + 42_000).toUTCString();
  const cases: [string, () => Response | Promise<Response>, object][] = [
    [
      'the key is refused',
      () => apiError(401, 'invalid_api_key'),
      { status: 502, code: 'upstream_failed', reason: 'the API key was rejected (401 invalid_api_key)' },
    ],
    ['forbidden', () => apiError(403, 'forbidden'), { status: 502, code: 'upstream_failed' }],
    [
      'the session settings are refused',
      () => apiError(400, 'invalid_value'),
      { status: 502, code: 'upstream_failed', reason: 'the session settings were rejected (400 invalid_value)' },
    ],
    [
      'a rate limit in seconds',
      () => apiError(429, 'rate_limit_exceeded', { 'Retry-After': '7' }),
      { status: 429, code: 'rate_limited', retryAfter: '7' },
    ],
    [
      'a rate limit with a date',
      () => apiError(429, 'rate_limit_exceeded', { 'Retry-After': retryDate }),
      { status: 429, retryAfter: '42' },
    ],
    [
      'a rate limit with an invalid value',
      () => apiError(429, 'rate_limit_exceeded', { 'Retry-After': 'soon\u00a0' }),
      { status: 429, retryAfter: null },
    ],
    [
      'a rate limit of many years',
      () => apiError(429, 'rate_limit_exceeded', { 'Retry-After': '99999999999' }),
      { status: 429, retryAfter: '86400' },
    ],
    [
      'no quota',
      () => apiError(429, 'insufficient_quota', { 'Retry-After': '1' }),
      { status: 503, code: 'upstream_unavailable', retryAfter: null, reason: 'the account has no quota (429 insufficient_quota)' },
    ],
    [
      'overloaded',
      () => apiError(503, 'overloaded', { 'Retry-After': '3' }),
      { status: 503, code: 'upstream_unavailable', retryAfter: '3' },
    ],
    [
      'a server error',
      () => apiError(500, 'server_error'),
      { status: 502, code: 'upstream_failed', reason: 'upstream error (500 server_error)' },
    ],
    ['an invalid error code', () => apiError(500, `canary ${CANARY_KEY}`), { status: 502, reason: 'upstream error (500)' }],
    [
      'HTML from a proxy with status 502',
      () => new Response('<h1>canary</h1>', { status: 502, headers: { 'Content-Type': 'text/html' } }),
      { status: 502, code: 'upstream_failed' },
    ],
    [
      'HTML with status 200',
      () => new Response('<h1>canary</h1>', { headers: { 'Content-Type': 'text/html' } }),
      { status: 502, reason: 'the response contains no valid key' },
    ],
    [
      'a redirect',
      () => new Response(null, { status: 307, headers: { Location: 'https://canary.example/' } }),
      { status: 502, reason: 'redirected (307)' },
    ],
    ['an empty response', () => new Response(null, { status: 204 }), { status: 502, reason: 'the response contains no valid key' }],
    ['null', () => Response.json(null), { status: 502, reason: 'the response contains no valid key' }],
    ['a list', () => Response.json(['canary']), { status: 502, reason: 'the response contains no valid key' }],
    ['no value', () => Response.json({ expires_at: 1 }), { status: 502, reason: 'the response contains no valid key' }],
    ['an empty value', () => Response.json({ value: '', expires_at: 1 }), { status: 502 }],
    ['a value with a line break', () => Response.json({ value: 'canary\r\nx', expires_at: 1 }), { status: 502 }],
    ['a huge value', () => Response.json({ value: 'c'.repeat(5000), expires_at: 1 }), { status: 502 }],
    ['no expiry', () => Response.json({ value: 'canary' }), { status: 502 }],
    ['a string as expiry', () => Response.json({ value: 'canary', expires_at: '1800000060' }), { status: 502 }],
    [
      'a standard key',
      () => Response.json({ value: 'sk-canary-other', expires_at: 1 }),
      { status: 502, reason: 'the response contains a standard API key, which must not reach a page' },
    ],
    ['the server’s own key', () => Response.json({ value: CANARY_KEY, expires_at: 1 }), { status: 502 }],
    [
      'no connection',
      () => Promise.reject(new TypeError('fetch failed canary', { cause: { code: 'ECONNREFUSED' } })),
      { status: 502, reason: 'unreachable (ECONNREFUSED)' },
    ],
    ['an unknown error', () => Promise.reject(new Error('canary')), { status: 502, reason: 'unreachable (Error)' }],
  ];

  it.each(cases)('%s is reported without details', async (_name, answer, expected) => {
    expect(await outcome(answer)).toMatchObject(expected);
  });

  it('an endless response is cut off', async () => {
    let given = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        given += 8_192;
        controller.enqueue(new Uint8Array(8_192).fill(0x20));
      },
      cancel: () => void (cancelled = true),
    });
    expect(await outcome(() => new Response(endless))).toMatchObject({ status: 502, reason: 'the response contains no valid key' });
    expect(cancelled).toBe(true);
    expect(given).toBeLessThan(200_000);
  });
});

describe('time limits and cancellation', () => {
  it('a request to an upstream that does not respond times out', async () => {
    const clock = new HandClock();
    let signal: AbortSignal | undefined;
    const started = signalled();
    const { fetch } = upstream(
      ({ init }) =>
        new Promise((_, reject) => {
          signal = init.signal ?? undefined;
          signal?.addEventListener('abort', () => reject(signal?.reason as Error));
          started.resolve();
        }),
    );
    const { app, refusals } = server({ fetch, clock });
    const answering = app.request(...ask());
    await started.promise;
    clock.advance(7_999);
    expect(signal?.aborted).toBe(false);
    clock.advance(1);
    const answer = await answering;
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([504, 'upstream_timeout']);
    expect(refusals[0]?.reason).toBe('no response within 8000 ms');
    expect(clock.timers.size).toBe(0);
  });

  it('a request to an upstream that stops in the middle of its response times out', async () => {
    const clock = new HandClock();
    const reading = signalled();
    const { fetch } = upstream(({ init }) => {
      const stuck = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"value":"ek_'));
          init.signal?.addEventListener('abort', () => controller.error(new DOMException('', 'AbortError')));
        },
        pull: () => reading.resolve(),
      });
      return new Response(stuck);
    });
    const answering = server({ fetch, clock }).app.request(...ask());
    await reading.promise;
    clock.advance(8_000);
    expect((await answering).status).toBe(504);
  });

  it('a visitor who leaves aborts the upstream request', async () => {
    const leaving = new AbortController();
    const started = signalled<AbortSignal>();
    const { fetch } = upstream(
      ({ init }) =>
        new Promise((_, reject) => {
          init.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
          started.resolve(init.signal as AbortSignal);
        }),
    );
    const { app, refusals } = server({ fetch });
    const answering = app.request(...ask({}, { signal: leaving.signal }));
    const signal = await started.promise;
    leaving.abort();
    expect(signal.aborted).toBe(true);
    await answering;
    expect(refusals[0]?.reason).toBe('the visitor left');
  });
});

describe('internal errors', () => {
  it('are answered without details and reported with them', async () => {
    const { app, refusals } = server({
      fetch: upstream(goodAnswer).fetch,
      safetyIdentifier: () => {
        throw new Error('database canary down');
      },
    });
    const answer = await app.request(...ask());
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('canary');
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(PAGE);
    expect(refusals[0]?.cause).toMatchObject({ name: 'Error' });
  });

  it('in a log callback do not reach the visitor', async () => {
    const { app } = server({
      onRefusal: () => {
        throw new Error('disk full');
      },
    });
    expect((await app.request(...ask({ Origin: 'https://evil.example' }))).status).toBe(403);
  });
});

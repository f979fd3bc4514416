import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { StateUnavailable } from '../../../src/server/contract/shared-state.js';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import { HandClock, signalled } from '../token-route-support.js';
import { broker, closing, connected, offered, sandboxed } from './support.js';

const OFFER = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n';

async function codeOf(answer: Response): Promise<[number, string]> {
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
  expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('https://www.example.com');
  return [answer.status, ((await answer.json()) as { code: string }).code];
}

describe('an invalid offer', () => {
  it.each<[string, BodyInit, Record<string, string | null>, [number, string]]>([
    ['no body', '', {}, [400, 'body_invalid']],
    ['another type', OFFER, { 'Content-Type': 'text/plain' }, [415, 'media_type_unsupported']],
    ['a form', 'sdp=v%3D0', { 'Content-Type': 'application/x-www-form-urlencoded' }, [415, 'media_type_unsupported']],
    ['JSON', '{"__proto__":{"polluted":true}}', {}, [400, 'body_invalid']],
    ['an SDP of 1 MB', OFFER + 'a=x:y\r\n'.repeat(150_000), {}, [413, 'body_too_large']],
    ['an SDP of more than 64 KiB', OFFER + 'a=x:y\r\n'.repeat(9_400), {}, [413, 'body_too_large']],
    ['an SDP without audio', OFFER.replace('m=audio', 'm=video'), {}, [400, 'body_invalid']],
    ['an SDP that does not start with v=0', ` ${OFFER}`, {}, [400, 'body_invalid']],
    ['an SDP with an invalid line', `${OFFER}hello\r\n`, {}, [400, 'body_invalid']],
    ['an SDP with a very long line', `${OFFER}a=${'x'.repeat(3_000)}\r\n`, {}, [400, 'body_invalid']],
    ['an SDP with control characters', `${OFFER}a=\u0000\r\n`, {}, [400, 'body_invalid']],
    [
      'an SDP that is not valid UTF-8',
      new Uint8Array([...new TextEncoder().encode(`${OFFER}a=`), 0xff, 13, 10]),
      {},
      [400, 'body_invalid'],
    ],
  ])('%s is refused without an upstream request or a used slot', async (_name, body, headers, expected) => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, { budget: { maxConcurrent: 1 } });
    expect(await codeOf(await server.app.request(...offered(body, headers)))).toEqual(expected);
    expect(sandbox.requests).toHaveLength(0);
    expect({}).not.toHaveProperty('polluted');
    // The only slot is free again.
    await connected(server, sandbox);
  });

  it('other methods, unknown profiles and profiles without calls are refused', async () => {
    const sandbox = await sandboxed();
    const { app } = broker(sandbox.url, { profiles: { default: {}, keys: { access: ['token'] } } });
    const get = await app.request('/voice/call', { headers: { Origin: 'https://www.example.com' } });
    expect([get.status, get.headers.get('Allow')]).toEqual([405, 'POST, OPTIONS']);
    for (const query of ['?profile=unknown', '?profile=keys', '?profile=__proto__', '?profile=default&profile=keys']) {
      expect(await codeOf(await app.request(...offered(OFFER, {}, query)))).toEqual([404, 'profile_unknown']);
    }
    const preflight = await app.request('/voice/call/x', {
      method: 'OPTIONS',
      headers: { Origin: 'https://www.example.com', 'Access-Control-Request-Method': 'DELETE' },
    });
    expect([preflight.status, preflight.headers.get('Access-Control-Allow-Methods')]).toEqual([204, 'DELETE']);
    expect(sandbox.requests).toHaveLength(0);
  });
});

describe('failures of the API', () => {
  const status = (code: number, error: string, headers: Record<string, string> = {}) => ({
    fault: 'status' as const,
    status: code,
    headers,
    body: { error: { message: 'canary sk-sandbox-broker', type: error, code: error } },
  });

  it.each<[string, object, [number, string], string?]>([
    ['a refused offer', status(400, 'invalid_offer'), [422, 'offer_rejected']],
    ['a refused session', status(400, 'invalid_value'), [502, 'upstream_failed'], 'the session settings were rejected (400 invalid_value)'],
    ['a refused API key', status(401, 'invalid_api_key'), [502, 'upstream_failed']],
    ['too many calls', status(429, 'rate_limit_exceeded', { 'retry-after': '7' }), [429, 'rate_limited']],
    ['no quota', status(429, 'insufficient_quota'), [503, 'upstream_unavailable']],
    ['an overloaded API', status(503, 'overloaded'), [503, 'upstream_unavailable']],
    ['a server error', status(500, 'server_error'), [502, 'upstream_failed']],
    ['HTML', { fault: 'html' }, [502, 'upstream_failed']],
    ['garbage', { fault: 'garbage' }, [502, 'upstream_failed']],
    ['an oversized response', { fault: 'oversize' }, [502, 'upstream_failed']],
    ['a redirect', { fault: 'redirect', to: 'https://canary.example/' }, [502, 'upstream_failed'], 'redirected (307)'],
    [
      'a response without a call ID',
      { fault: 'no-location' },
      [502, 'upstream_failed'],
      'the response has no call ID, so the call could not be hung up',
    ],
    ['a dropped connection', { fault: 'disconnect' }, [502, 'upstream_failed']],
  ])('%s is reported and leaves no call behind', async (_name, fault, expected, reason) => {
    const sandbox = await sandboxed();
    sandbox.fault({ at: 'calls', times: 1, ...fault } as Parameters<typeof sandbox.fault>[0]);
    const server = broker(sandbox.url, { budget: { maxConcurrent: 1 } });
    const { offer } = closing(await createVisitor());
    const answer = await server.app.request(...offered(offer));
    expect(answer.headers.get('Retry-After')).toBe(expected[1] === 'rate_limited' ? '7' : null);
    expect(await codeOf(answer)).toEqual(expected);
    const refused = await server.heard('refused');
    if (reason !== undefined) expect(refused.reason).toBe(reason);
    expect(JSON.stringify(server.events)).not.toMatch(/canary|sk-/);
    // Only one attempt, because the offer may have been received.
    expect(sandbox.requests.filter(({ path }) => path.endsWith('/realtime/calls'))).toHaveLength(1);
    // A call that was placed anyway is hung up, if its ID is known.
    for (const call of sandbox.calls) if (!('fault' in fault && fault.fault === 'no-location')) expect(await call.ended).toBe('hangup');
    // The only slot is free again.
    sandbox.reset();
    await connected(server, sandbox);
  });

  it('a refused connection is retried once', async () => {
    const port = await new Promise<number>((resolve) => {
      const taken = createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = taken.address() as { port: number };
        taken.close(() => resolve(free));
      });
    });
    const asked = signalled();
    let times = 0;
    const clock = new HandClock();
    const server = broker(
      `http://127.0.0.1:${String(port)}/v1`,
      {
        fetch: async (...request) => {
          if (++times === 1) setImmediate(asked.resolve);
          return fetch(...request).finally(() => setImmediate(() => clock.advance(250)));
        },
      },
      { clock },
    );
    const answer = await server.app.request(...offered(OFFER));
    expect(await codeOf(answer)).toEqual([502, 'upstream_failed']);
    expect(times).toBe(2);
    expect((await server.heard('refused')).reason).toBe('unreachable (ECONNREFUSED)');
  });
});

describe('a late answer', () => {
  /** Starts a server whose upstream responds only on request. */
  async function slow() {
    const sandbox = await sandboxed();
    const asked = signalled();
    const answering = signalled();
    const server = broker(sandbox.url, {
      budget: { maxConcurrent: 1 },
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        if (!String(input).endsWith('/realtime/calls')) return answer;
        asked.resolve();
        await answering.promise;
        return answer;
      },
    });
    const { offer } = closing(await createVisitor());
    return { sandbox, server, offer, asked: asked.promise, answering };
  }

  it('after the time limit leads to a hang-up', async () => {
    const { sandbox, server, offer, asked, answering } = await slow();
    const waiting = server.app.request(...offered(offer));
    await asked;
    server.clock.advance(8_000);
    expect(await codeOf(await waiting)).toEqual([504, 'upstream_timeout']);
    expect(sandbox.calls[0]?.state).toBe('connecting');
    answering.resolve();
    expect(await sandbox.calls[0]?.ended).toBe('hangup');
    await connected(server, sandbox).catch(() => undefined);
  });

  it('after the visitor has left leads to a hang-up', async () => {
    const { sandbox, server, offer, asked, answering } = await slow();
    const leaving = new AbortController();
    const [path, init] = offered(offer);
    const waiting = server.app.request(path, { ...init, signal: leaving.signal });
    await asked;
    leaving.abort();
    expect((await codeOf(await waiting))[1]).toBe('upstream_failed');
    expect((await server.heard('refused')).reason).toBe('the visitor left');
    answering.resolve();
    expect(await sandbox.calls[0]?.ended).toBe('hangup');
  });
});

it('a call that cannot be stored is hung up', async () => {
  class Failing extends MemoryState {
    constructor() {
      super();
      this.calls.add = () => Promise.reject(new StateUnavailable('gone'));
    }
  }
  const sandbox = await sandboxed();
  const server = broker(sandbox.url, { state: new Failing() });
  const { offer } = closing(await createVisitor());
  expect(await codeOf(await server.app.request(...offered(offer)))).toEqual([503, 'state_unavailable']);
  expect(await sandbox.calls[0]?.ended).toBe('hangup');
});

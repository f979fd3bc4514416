/** Requests about a call of an identified visitor come from that visitor, wherever the proof is. */
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { VisitorCheck } from '../../../src/server/index.js';
import { visitorToken } from '../../../src/server/index.js';
import { serve } from '../../../src/server/runtime/node/serve.js';
import { PAGE } from '../token-route-support.js';
import { broker, closing, connected, sandboxed } from './support.js';

const SECRET = 'canary-secret-of-thirty-two-bytes!!';
let proofs = 0;

const proofOf = (subject: string): Promise<string> =>
  new SignJWT({ jti: String(++proofs) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setExpirationTime('2 minutes')
    .sign(new TextEncoder().encode(SECRET));

/** A call that was started with these headers, on a server that also listens on a real socket. */
async function callOf(visitor: VisitorCheck, headers: Record<string, string>) {
  const sandbox = await sandboxed();
  const server = broker(sandbox.url, { visitor });
  const { url } = closing(await serve(server.app));
  const made = await connected(server, sandbox, '', headers);
  const request = (method: string, path: string, given: Record<string, string>) =>
    fetch(`${url}${made.location}${path}`, { method, headers: { Origin: PAGE, ...given } });
  return {
    ...made,
    /** Statuses of all requests about the call; the last one ends it. */
    async statuses(given: Record<string, string>): Promise<readonly number[]> {
      const notices = await request('GET', '/notices', given);
      await notices.body?.cancel();
      return [notices.status, (await request('POST', '/activity', given)).status, (await request('DELETE', '', given)).status];
    },
  };
}

const REFUSED = [404, 404, 404];
const EMPTY: Record<string, string>[] = [
  {},
  { Authorization: '' },
  { Authorization: ' ' },
  { Authorization: 'Bearer' },
  { Authorization: 'Bearer ' },
  { Authorization: 'Bearer  \t' },
  { Authorization: 'bearer' },
  { Authorization: 'Basic' },
  { Authorization: ', ' },
];

describe('with the proof in a cookie', () => {
  it.each(EMPTY)('a visitor without a proof is refused: %j', async (headers) => {
    const { call, statuses } = await callOf(visitorToken({ secret: SECRET, cookie: 'voice' }), {
      Cookie: `voice=${await proofOf('anna')}`,
    });
    expect(await statuses(headers)).toEqual(REFUSED);
    expect(await statuses({ ...headers, Cookie: `voice=${await proofOf('bert')}` })).toEqual(REFUSED);
    expect(await statuses({ ...headers, Cookie: 'voice=' })).toEqual(REFUSED);
    expect(call.state).toBe('open');
    // Another proof of the same visitor.
    expect(await statuses({ ...headers, Cookie: `voice=${await proofOf('anna')}` })).toEqual([200, 204, 204]);
  });

  it('the proof that started the call stays valid for it, even if it is valid once', async () => {
    const cookie = { Cookie: `other=1; voice=${await proofOf('anna')}` };
    const { statuses } = await callOf(visitorToken({ secret: SECRET, cookie: 'voice', singleUse: true }), cookie);
    expect(await statuses({ Cookie: cookie.Cookie.replace('other=1', 'other=2') })).toEqual([200, 204, 204]);
  });

  it('a password that all visitors of a site send is not a proof', async () => {
    const shared = { Authorization: 'Basic c2l0ZTpwYXNzd29yZA==' };
    const { call, statuses } = await callOf(visitorToken({ secret: SECRET, cookie: 'voice' }), {
      ...shared,
      Cookie: `voice=${await proofOf('anna')}`,
    });
    expect(await statuses(shared)).toEqual(REFUSED);
    expect(await statuses({ ...shared, Cookie: `voice=${await proofOf('bert')}` })).toEqual(REFUSED);
    expect(call.state).toBe('open');
  });
});

describe('with the proof in the Authorization header', () => {
  it.each(EMPTY)('a visitor without a proof is refused: %j', async (headers) => {
    const proof = `Bearer ${await proofOf('anna')}`;
    const { call, statuses } = await callOf(visitorToken({ secret: SECRET, singleUse: true }), { Authorization: proof });
    expect(await statuses(headers)).toEqual(REFUSED);
    expect(call.state).toBe('open');
    expect(await statuses({ Authorization: proof.replace('Bearer ', 'bearer  ') })).toEqual([200, 204, 204]);
  });
});

describe('with a custom check', () => {
  /** Identifies visitors by a session cookie. */
  const byCookie = (request: Request) => {
    const subject = /session=(\w+)/.exec(request.headers.get('Cookie') ?? '')?.[1];
    return subject === undefined ? { ok: false as const, reason: 'no session' } : { ok: true as const, subject };
  };

  it.each(EMPTY)('that reads a cookie, a visitor without it is refused: %j', async (headers) => {
    const { call, statuses } = await callOf(byCookie, { ...headers, Cookie: 'session=anna' });
    expect(await statuses(headers)).toEqual(REFUSED);
    expect(await statuses({ ...headers, Cookie: 'session=bert' })).toEqual(REFUSED);
    expect(call.state).toBe('open');
    expect(await statuses({ ...headers, Cookie: 'session=anna' })).toEqual([200, 204, 204]);
  });

  it('that names its proof, the proof that started the call needs no further check', async () => {
    let checks = 0;
    const visitor: VisitorCheck = Object.assign(
      (request: Request) => {
        checks++;
        return byCookie(request);
      },
      { proofOf: (request: Request) => /ticket=\w+/.exec(request.headers.get('Cookie') ?? '')?.[0] },
    );
    const { statuses } = await callOf(visitor, { Cookie: 'session=anna; ticket=1' });
    expect(await statuses({ Cookie: 'ticket=1' })).toEqual([200, 204, 204]);
    expect(checks).toBe(1);
  });
});

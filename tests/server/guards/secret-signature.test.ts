/** Tokens signed with a shared secret: Node's crypto module and Web Crypto, used on other runtimes, give the same verdicts. */
import { SignJWT, base64url } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { visitorToken } from '../../../src/server/index.js';
import type { VisitorCheck, VisitorTokenOptions, VisitorVerdict } from '../../../src/server/index.js';

const SECRET = 'canary-secret-of-thirty-two-bytes!!';
const secret = new TextEncoder().encode(SECRET);

afterEach(() => {
  vi.restoreAllMocks();
});

/** Creates the same check for both kinds of runtime. */
function both(options: Partial<VisitorTokenOptions> = {}): Record<'node' | 'web', VisitorCheck> {
  const node = visitorToken({ secret: SECRET, ...options });
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
  const web = visitorToken({ secret: SECRET, ...options });
  vi.restoreAllMocks();
  return { node, web };
}

async function verdicts(checks: Record<string, VisitorCheck>, token: string): Promise<VisitorVerdict[]> {
  const request = new Request('https://voice.example/voice/token', { method: 'POST', headers: { Authorization: `Bearer ${token}` } });
  const context = { address: undefined, origin: undefined, profile: 'default', signal: request.signal, once: async () => true };
  return Promise.all(Object.values(checks).map(async (check) => check(request, context)));
}

const signed = (
  header: { alg: string; [name: string]: unknown } = { alg: 'HS256' },
  claims: object = { sub: 'anna' },
  key = secret,
): Promise<string> => new SignJWT({ ...claims }).setProtectedHeader(header).setExpirationTime('1h').sign(key);

/** Flips a bit in the last character of the signature that base64url does not use. */
const twin = (token: string): string => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + String(letters[letters.indexOf(token.at(-1) ?? '') ^ 1]);
};

describe('both runtimes accept', () => {
  it.each(['HS256', 'HS384', 'HS512'])('a token signed with %s', async (alg) => {
    const token = await signed({ alg, typ: 'JWT' });
    expect(await verdicts(both({ algorithms: ['HS256', 'HS384', 'HS512'] }), token)).toEqual([
      { ok: true, subject: 'anna' },
      { ok: true, subject: 'anna' },
    ]);
  });

  it('a token without Web Crypto in Node', async () => {
    const { node } = both();
    const token = await signed();
    const verify = vi.spyOn(crypto.subtle, 'verify');
    expect(await verdicts({ node }, token)).toEqual([{ ok: true, subject: 'anna' }]);
    expect(verify).not.toHaveBeenCalled();
  });
});

describe('both runtimes reject, with the same reason,', () => {
  const bad: [string, () => Promise<string>, Partial<VisitorTokenOptions>?][] = [
    ['another secret', () => signed(undefined, undefined, new TextEncoder().encode('another secret of more than 32 bytes'))],
    ['an algorithm that is not listed', () => signed({ alg: 'HS512' })],
    [
      'an algorithm that does not match the signature',
      async () => `${base64url.encode('{"alg":"HS512"}')}${/\..*/.exec(await signed())?.[0] ?? ''}`,
      { algorithms: ['HS256', 'HS512'] },
    ],
    ['a missing signature', async () => (await signed()).replace(/[^.]*$/, '')],
    ['a truncated signature', async () => (await signed()).slice(0, -20)],
    ['a longer signature', async () => `${await signed()}AAAA`],
    ['a fourth part', async () => `${await signed()}.AAAA`],
    [
      'other claims with the same signature',
      async () => (await signed()).replace(/\.[^.]+\./, `.${base64url.encode('{"sub":"bert","exp":9999999999}')}.`),
    ],
    ['claims that are not valid yet', () => signed(undefined, { sub: 'anna', nbf: 9_999_999_999 })],
    ['claims of another issuer', () => signed(undefined, { iss: 'https://evil.example' }), { issuer: 'https://id.example' }],
    ['a header that is not valid JSON', async () => `AAAA${/\..*/.exec(await signed())?.[0] ?? ''}`],
    ['a header without an algorithm', async () => `${base64url.encode('{}')}${/\..*/.exec(await signed())?.[0] ?? ''}`],
    [
      'an inherited property name as algorithm',
      async () => `${base64url.encode('{"alg":"constructor"}')}${/\..*/.exec(await signed())?.[0] ?? ''}`,
    ],
  ];

  it.each(bad)('%s', async (_name, make, options) => {
    const [node, web] = await verdicts(both(options), await make());
    expect(node).toMatchObject({ ok: false });
    expect(node).toEqual(web);
  });

  it('an unknown critical extension', async () => {
    const header = base64url.encode('{"alg":"HS256","crit":["x"],"x":1}');
    const payload = base64url.encode('{"sub":"anna","exp":9999999999}');
    const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${header}.${payload}`)));
    const [node, web] = await verdicts(both(), `${header}.${payload}.${base64url.encode(signature)}`);
    expect(node).toMatchObject({ ok: false, reason: 'visitor token: ERR_JOSE_NOT_SUPPORTED' });
    expect(node).toEqual(web);
  });

  it('or both accept two spellings of one signature', async () => {
    const [node, web] = await verdicts(both(), twin(await signed()));
    expect(node).toEqual(web);
  });
});

/** Signed visitor tokens with every kind of key, and attempts to misuse them. */
import { SignJWT, base64url, exportJWK, exportSPKI, generateKeyPair } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { describe, expect, it } from 'vitest';
import { VoiceServerOptionsError, visitorToken } from '../../../src/server/index.js';
import type { VisitorTokenOptions, VoiceServerOptions } from '../../../src/server/index.js';
import { HandClock, PAGE } from '../token-route-support.js';
import { closedAddress, realServer } from '../real-server.js';
import { checkedServer } from './checks-support.js';

const SECRET = 'canary-secret-of-thirty-two-bytes!!';
const secretBytes = new TextEncoder().encode(SECRET);

interface Wish {
  readonly key?: CryptoKey | Uint8Array;
  readonly header?: { alg: string; kid?: string; [name: string]: unknown };
  /** Seconds from now. */
  readonly exp?: number | undefined;
  readonly now?: number;
}

/** Signs a token for anna, by default valid for one minute. */
function signed(claims: JWTPayload = {}, wish: Wish = {}): Promise<string> {
  const { key = secretBytes, header = { alg: 'HS256' }, now = Date.now() } = wish;
  const exp = 'exp' in wish ? wish.exp : 60;
  const seconds = Math.floor(now / 1000);
  const payload = { sub: 'anna', ...(exp !== undefined && { exp: seconds + exp }), ...claims };
  return new SignJWT(payload).setProtectedHeader(header).sign(key);
}

const withToken = (options: Partial<VisitorTokenOptions> = {}, server: Partial<VoiceServerOptions> = {}) =>
  checkedServer(visitorToken({ secret: SECRET, ...options }), server);

const withPublicKey = (options: Omit<VisitorTokenOptions, 'secret'>) => checkedServer(visitorToken(options));

describe('a visitor with a valid token gets a key', () => {
  it('signed with a shared secret, and is identified by its subject', async () => {
    const { bearer, asked, ask } = await withToken();
    for (const sub of ['anna', 'anna', 'bert']) expect((await bearer(await signed({ sub }))).status).toBe(200);
    const [first, second, third] = asked.map(({ init }) => new Headers(init.headers).get('OpenAI-Safety-Identifier'));
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect((await ask({ authorization: `bearer ${await signed()}` })).status).toBe(200);
  });

  it.each(['ES256', 'EdDSA', 'RS256', 'PS256'])('signed with %s, verified with PEM and JWK', async (alg) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const token = await signed({}, { key: privateKey, header: { alg } });
    for (const key of [await exportSPKI(publicKey), await exportJWK(publicKey)]) {
      const { bearer } = await withPublicKey({ publicKey: key });
      expect((await bearer(token)).status).toBe(200);
    }
  });

  it('from an issuer that publishes and rotates its keys', async () => {
    const keys: JWK[] = [];
    let asked = 0;
    const url = await realServer((_, response) => {
      asked++;
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys }));
    });
    const pairs = await Promise.all(
      ['one', 'two'].map(async (kid) => ({ kid, ...(await generateKeyPair('ES256', { extractable: true })) })),
    );
    const [one, two] = pairs as [(typeof pairs)[0], (typeof pairs)[0]];
    keys.push({ ...(await exportJWK(one.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' });
    const { bearer, refusals } = await withPublicKey({ jwksUrl: `${url}/jwks.json`, issuer: 'https://id.example' });
    const token = (pair: typeof one, iss = 'https://id.example') =>
      signed({ iss }, { key: pair.privateKey, header: { alg: 'ES256', kid: pair.kid } });
    expect((await bearer(await token(one))).status).toBe(200);
    expect((await bearer(await token(one))).status).toBe(200);
    expect((await bearer(await token(one, 'https://evil.example'))).status).toBe(403);
    // Unknown key IDs do not cause a request each time.
    for (let i = 0; i < 5; i++) expect((await bearer(await token({ ...two, kid: `guess-${String(i)}` }))).status).toBe(403);
    expect(asked).toBe(1);
    expect(refusals.at(-1)?.reason).toContain('ERR_JWKS_NO_MATCHING_KEY');
    // A key with the ID of another key.
    expect((await bearer(await token({ ...two, kid: 'one' }))).status).toBe(403);
  });

  it('in the configured cookie', async () => {
    const { ask, bearer } = await withToken({ cookie: 'voice' });
    const token = await signed();
    for (const cookie of [`voice=${token}`, `a=b; voice="${token}"; c=d`, `=x; voice = ${token}`])
      expect((await ask({ Cookie: cookie })).status).toBe(200);
    expect((await bearer(token)).status).toBe(200);
    for (const cookie of [`Voice=${token}`, `xvoice=${token}`, 'voice=', 'voice', `voicex=${token}`])
      expect((await ask({ Cookie: cookie })).status).toBe(401);
    const none = await withToken();
    expect((await none.ask({ Cookie: `voice=${token}` })).status).toBe(401);
  });
});

describe('CORS credentials are allowed only if a cookie is configured', () => {
  const preflight = {
    method: 'OPTIONS',
    headers: { Origin: PAGE, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization' },
  };

  it.each([
    ['voice', 'true'],
    [undefined, null],
  ] as const)('cookie %s', async (cookie, credentials) => {
    const { url, ask } = await withToken({ ...(cookie && { cookie }) });
    const answer = await fetch(`${url}/voice/token`, preflight);
    expect([answer.status, answer.headers.get('Access-Control-Allow-Credentials')]).toEqual([204, credentials]);
    expect(answer.headers.get('Access-Control-Allow-Headers')).toBe('Authorization, Content-Type');
    const refused = await ask();
    expect([refused.status, refused.headers.get('Access-Control-Allow-Credentials')]).toEqual([401, credentials]);
    const stranger = await ask({ Origin: 'https://evil.example', Cookie: `voice=${await signed()}` });
    expect([stranger.status, stranger.code, stranger.headers.get('Access-Control-Allow-Credentials')]).toEqual([
      403,
      'origin_denied',
      null,
    ]);
  });
});

describe('a key is refused', () => {
  const unsigned = (header: object, claims: object, signature = ''): string =>
    `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify(claims))}.${signature}`;
  const later = Math.floor(Date.now() / 1000) + 60;

  const OURS = { iss: 'https://id.example', aud: 'voice' };

  const bad: [string, () => string | Promise<string>, string][] = [
    [
      'signed with another secret',
      () => signed({}, { key: new TextEncoder().encode('another-secret-of-thirty-two-bytes!') }),
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    ],
    ['with no signature and alg none', () => unsigned({ alg: 'none' }, { sub: 'anna', exp: later }), 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['with no signature and alg NONE', () => unsigned({ alg: 'NONE' }, { sub: 'anna', exp: later }, 'AAAA'), 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['without a signature', () => unsigned({ alg: 'HS256' }, { sub: 'anna', exp: later }), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    [
      'with another algorithm for the same key',
      () => signed({}, { key: new TextEncoder().encode(SECRET.repeat(3)), header: { alg: 'HS512' } }),
      'ERR_JOSE_ALG_NOT_ALLOWED',
    ],
    ['that never expires', () => signed(OURS, { exp: undefined }), 'ERR_JWT_CLAIM_VALIDATION_FAILED exp'],
    ['with a string as expiry', () => signed({ ...OURS, exp: 'tomorrow' as unknown as number }), 'ERR_JWT_CLAIM_VALIDATION_FAILED exp'],
    ['that is not valid yet', () => signed({ ...OURS, nbf: later }), 'ERR_JWT_CLAIM_VALIDATION_FAILED nbf'],
    ['for another audience', () => signed({ iss: 'https://id.example', aud: 'shop' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED aud'],
    ['without an audience', () => signed({ iss: 'https://id.example' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED aud'],
    ['from another issuer', () => signed({ iss: 'https://evil.example', aud: 'voice' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED iss'],
    [
      'with an unknown critical header',
      () => unsigned({ alg: 'HS256', crit: ['x'], x: 1 }, { exp: later }, 'AAAA'),
      'ERR_JOSE_NOT_SUPPORTED',
    ],
    ['that is not a JWT', () => 'canary', 'ERR_JWS_INVALID'],
    ['with five parts', () => 'a.b.c.d.e', 'ERR_JWS_INVALID'],
    ['that is too long', () => signed({ canary: 'x'.repeat(4_000) }), 'too long'],
    [
      'whose claims are a list',
      async () => {
        const [header] = (await signed()).split('.');
        return `${String(header)}.${base64url.encode('[]')}.AAAA`;
      },
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    ],
  ];

  it.each(bad)('for a token %s', async (_name, make, reason) => {
    const { bearer, asked, refusals } = await withToken({ issuer: 'https://id.example', audience: 'voice' });
    const token = await make();
    const answer = await bearer(token);
    expect(answer).toMatchObject({ status: 403, code: 'visitor_denied' });
    expect(refusals[0]?.reason).toContain(reason);
    expect(asked).toHaveLength(0);
    expect(answer.text + JSON.stringify(refusals)).not.toContain(token);
  });

  it('for an expired token, with 401 because a new one can help', async () => {
    const { bearer, asked } = await withToken();
    const answer = await bearer(await signed({}, { exp: -6 }));
    expect(answer).toMatchObject({ status: 401, code: 'visitor_missing' });
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
    expect(asked).toHaveLength(0);
    // Small clock differences are tolerated.
    expect((await bearer(await signed({}, { exp: -1 }))).status).toBe(200);
  });

  it('without a token', async () => {
    const { ask } = await withToken();
    for (const headers of [{}, { Authorization: 'Bearer' }, { Authorization: 'Basic YTpi' }] as Record<string, string>[]) {
      expect(await ask(headers)).toMatchObject({ status: 401, code: 'visitor_missing' });
    }
  });

  it('for a token signed with the public key as a shared secret', async () => {
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    const pem = await exportSPKI(publicKey);
    const { bearer, refusals } = await withPublicKey({ publicKey: pem });
    expect((await bearer(await signed({}, { key: new TextEncoder().encode(pem) }))).status).toBe(403);
    expect(refusals[0]?.reason).toContain('ERR_JOSE_ALG_NOT_ALLOWED');
  });

  it('for an algorithm that does not match the key', async () => {
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    const other = await generateKeyPair('RS256');
    const token = await signed({}, { key: other.privateKey, header: { alg: 'RS256' } });
    for (const key of [await exportSPKI(publicKey), await exportJWK(publicKey)]) {
      const { bearer } = await withPublicKey({ publicKey: key });
      expect(await bearer(token)).toMatchObject({ status: 403, code: 'visitor_denied' });
    }
  });

  it('for a token that is older than maxAgeSeconds, regardless of its expiry', async () => {
    const { bearer } = await withToken({ maxAgeSeconds: 30 });
    const now = Math.floor(Date.now() / 1000);
    expect((await bearer(await signed({ iat: now - 10 }, { exp: 3_600 }))).status).toBe(200);
    expect((await bearer(await signed({ iat: now - 60 }, { exp: 3_600 }))).status).toBe(401);
    expect((await bearer(await signed({}, { exp: 3_600 }))).status).toBe(403);
  });

  it('on a server whose clock is ten minutes off', async () => {
    for (const minutes of [-10, 10]) {
      const clock = new HandClock();
      clock.time = Date.now() + minutes * 60_000;
      const { bearer } = await withToken({ clock });
      expect((await bearer(await signed({ nbf: Math.floor(Date.now() / 1000) }))).status).toBe(minutes < 0 ? 403 : 401);
    }
  });

  it("with 503 if the issuer's keys are unavailable", async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const token = await signed({}, { key: privateKey, header: { alg: 'ES256', kid: 'one' } });
    const answers = ['<h1>canary</h1>', '{"keys":"canary"}', ''];
    const urls = [
      `${await closedAddress()}/`,
      ...(await Promise.all(answers.map((body) => realServer((_, response) => response.end(body))))),
      await realServer((_, response) => response.writeHead(500).end()),
    ];
    for (const jwksUrl of urls) {
      const { bearer, asked } = await withPublicKey({ jwksUrl });
      const answer = await bearer(token);
      expect(answer).toMatchObject({ status: 503, code: 'visitor_unchecked' });
      expect(answer.headers.get('Retry-After')).toBe('5');
      expect(answer.text).not.toContain('canary');
      expect(asked).toHaveLength(0);
    }
  });
});

describe('a single-use token', () => {
  it('is valid for one call, also for ten concurrent requests', async () => {
    const { bearer, asked, refusals } = await withToken({ singleUse: true });
    const token = await signed({ jti: 'call-1' });
    const statuses = (await Promise.all(Array.from({ length: 10 }, () => bearer(token)))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(9);
    expect(asked).toHaveLength(1);
    expect(refusals[0]?.reason).toBe('visitor token: already used');
    expect((await bearer(await signed({ jti: 'call-2' }))).status).toBe(200);
  });

  it('must have a jti, and is not used up by a forged copy', async () => {
    const { bearer } = await withToken({ singleUse: true });
    expect((await bearer(await signed())).status).toBe(403);
    expect((await bearer(await signed({ jti: '' }))).status).toBe(403);
    expect((await bearer(await signed({ jti: 'call-1' }, { key: new TextEncoder().encode('x'.repeat(32)) }))).status).toBe(403);
    expect((await bearer(await signed({ jti: 'call-1' }))).status).toBe(200);
  });

  it('is remembered for as long as it is valid', async () => {
    const clock = new HandClock();
    clock.time = Date.now();
    const { bearer } = await withToken({ singleUse: true, clock }, { clock });
    const token = await signed({ jti: 'call-1' }, { exp: 120, now: clock.time });
    expect((await bearer(token)).status).toBe(200);
    clock.advance(122_000);
    expect((await bearer(token)).code).toBe('visitor_missing');
  });
});

describe('invalid options are rejected', () => {
  const mistakes: [string, VisitorTokenOptions][] = [
    ['visitor.secret', {}],
    ['visitor.secret', { secret: undefined }],
    ['visitor.secret', { secret: '' }],
    ['visitor.secret', { secret: 'canary-too-short' }],
    ['visitor.secret', { secret: SECRET, jwksUrl: 'https://id.example/jwks.json' }],
    ['visitor.jwksUrl', { jwksUrl: 'id.example/jwks.json' }],
    ['visitor.jwksUrl', { jwksUrl: 'file:///etc/passwd' }],
    ['visitor.publicKey', { publicKey: '' }],
    ['visitor.publicKey', { publicKey: '-----BEGIN PRIVATE KEY-----\nMIG' }],
    ['visitor.publicKey', { publicKey: { kty: 'oct', k: 'AAAA' } }],
    ['visitor.publicKey', { publicKey: { kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: 'canary' } }],
    ['visitor.algorithms', { secret: SECRET, algorithms: ['none'] }],
    ['visitor.algorithms', { secret: SECRET, algorithms: ['RS256'] }],
    ['visitor.algorithms', { secret: SECRET, algorithms: [] }],
    ['visitor.algorithms', { jwksUrl: 'https://id.example/jwks.json', algorithms: ['ES256', 'HS256'] }],
  ];

  it.each(mistakes)('%s %j', (path, options) => {
    const failure = (() => {
      try {
        visitorToken(options);
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(failure).toBeInstanceOf(VoiceServerOptionsError);
    expect((failure as VoiceServerOptionsError).path).toBe(path);
    expect(String(failure)).not.toContain('canary');
  });
});

/**
 * Visitor check with a signed token (JWT) that the site's own server issues to its visitors, sent as `Authorization: Bearer …` or
 * in a cookie. Identifies visitors, so that limits apply per visitor and not per network address.
 *
 * Source: RFC 8725 (best current practice for JWT): algorithms are listed, never taken from the token; `exp` is required.
 */
import { createRemoteJWKSet, customFetch, errors, importJWK, importSPKI, jwtVerify } from 'jose';
import type { CryptoKey, JWK, JWTHeaderParameters, JWTPayload, JWTVerifyOptions } from 'jose';
import { systemClock } from '../contract/clock.js';
import type { Clock } from '../contract/clock.js';
import { VoiceServerOptionsError } from '../options.js';
import { bearerProof } from './bearer-proof.js';
import { secretSignature } from './secret-signature.js';
import type { SecretSignature } from './secret-signature.js';
import type { VisitorCheck, VisitorCheckContext, VisitorVerdict } from '../contract/visitor-check.js';

/** Options of `visitorToken`: exactly one of `secret`, `publicKey` and `jwksUrl`. */
export interface VisitorTokenOptions {
  /** Shared secret of at least 32 bytes, for HS256. During a rotation, list both: tokens signed with either are accepted. */
  readonly secret?: string | readonly string[] | undefined;
  /** PEM (`-----BEGIN PUBLIC KEY-----`) or JWK. */
  readonly publicKey?: string | object | undefined;
  /** URL of the issuer's keys (JWKS). */
  readonly jwksUrl?: string | undefined;
  /** Accepted algorithms. Default: HS256 with a secret, otherwise ES256, EdDSA, RS256 and PS256. `none` is never accepted. */
  readonly algorithms?: readonly string[];
  /** Required value of `iss`. */
  readonly issuer?: string;
  /** Required value in `aud`. */
  readonly audience?: string;
  /** Name of a cookie to read if there is no `Authorization` header. */
  readonly cookie?: string;
  /** Maximum age of a token in seconds, regardless of `exp`; requires `iat`. */
  readonly maxAgeSeconds?: number;
  /**
   * Accepts each token only once; requires `jti`. Default: only tokens that have a `jti`, are signed with `secret` and sent as a header, as
   * a site signs them for one call; tokens of an issuer (`publicKey`, `jwksUrl`) and cookies are used for several calls.
   */
  readonly singleUse?: boolean;
  /** Seconds by which the clocks of issuer and server may differ, 0–60; default 5. */
  readonly clockTolerance?: number;
  /** Replaces the system clock. */
  readonly clock?: Clock;
  /** Replaces the global `fetch`, for `jwksUrl`. */
  readonly fetch?: typeof fetch;
}

const MAX_TOKEN = 4096;
const PUBLIC_KEY_ALGORITHMS = ['ES256', 'EdDSA', 'RS256', 'PS256'];

/** Errors caused by the token. All other errors concern the key or the issuer, so the visitor cannot be checked. */
const TOKEN_ERROR_CODES = new Set([
  'ERR_JOSE_ALG_NOT_ALLOWED',
  'ERR_JOSE_NOT_SUPPORTED',
  'ERR_JWKS_NO_MATCHING_KEY',
  'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
  'ERR_JWS_INVALID',
  'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  'ERR_JWT_CLAIM_VALIDATION_FAILED',
  'ERR_JWT_EXPIRED',
  'ERR_JWT_INVALID',
]);

/** @throws VoiceServerOptionsError if the secret is missing or too short, or another key option is invalid */
export function visitorToken(options: VisitorTokenOptions): VisitorCheck {
  const { issuer, audience, cookie, maxAgeSeconds, singleUse, clockTolerance = 5, clock = systemClock } = options;
  const algorithms = [...(options.algorithms ?? ('secret' in options ? ['HS256'] : PUBLIC_KEY_ALGORITHMS))];
  const sources = keySources(options, algorithms);
  const signatures = secretsOf(options).map((secret) => secretSignature(new TextEncoder().encode(secret), algorithms));
  const rules = {
    algorithms,
    clockTolerance,
    requiredClaims: ['exp', ...(singleUse === true ? ['jti'] : [])],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    ...(maxAgeSeconds !== undefined && { maxTokenAge: maxAgeSeconds }),
  };

  const proofOf = (request: Request): string | undefined => bearerProof(request, cookie);
  const check = async function visitorToken(request: Request, context: VisitorCheckContext): Promise<VisitorVerdict> {
    const token = proofOf(request);
    if (token === undefined) return { ok: false, reason: 'no visitor token', retry: true };
    if (token.length > MAX_TOKEN) return { ok: false, reason: 'the visitor token is too long' };
    let payload: JWTPayload;
    try {
      const current = { ...rules, currentDate: new Date(clock.now()) };
      payload = payloadOf(token, current, signatures) ?? (await verified(token, current, sources));
    } catch (error) {
      if (!(error instanceof errors.JOSEError) || !TOKEN_ERROR_CODES.has(error.code)) throw error;
      const claim = error instanceof errors.JWTClaimValidationFailed ? ` ${error.claim}` : '';
      return { ok: false, reason: `visitor token: ${error.code}${claim}`, retry: error instanceof errors.JWTExpired };
    }
    const { sub, jti, exp = 0, iss = '' } = payload;
    const named = typeof jti === 'string' && jti !== '';
    if (singleUse ?? (named && options.secret !== undefined && bearerProof(request) !== undefined)) {
      if (!named) return { ok: false, reason: 'visitor token: no jti' };
      const seconds = Math.ceil(exp - clock.now() / 1000) + clockTolerance;
      if (!(await context.once(`jwt ${iss} ${jti}`, Math.max(1, seconds))))
        return { ok: false, reason: 'visitor token: already used', retry: true };
    }
    return typeof sub === 'string' && sub !== '' ? { ok: true, subject: sub } : { ok: true, proof: named ? `${iss} ${jti}` : token };
  };
  return Object.assign(check, { credentials: cookie !== undefined, proofOf });
}

type KeySource = (
  header: JWTHeaderParameters,
  token: Parameters<ReturnType<typeof createRemoteJWKSet>>[1],
) => Promise<CryptoKey | Uint8Array>;

const secretsOf = ({ secret }: VisitorTokenOptions): readonly string[] => (secret === undefined ? [] : [secret].flat());

/** The claims, if one of the secrets has signed the token and the runtime can check it synchronously. Throws errors about claims. */
function payloadOf(token: string, rules: JWTVerifyOptions, signatures: readonly SecretSignature[]): JWTPayload | undefined {
  for (const verify of signatures) {
    const payload = verify(token, rules);
    if (payload) return payload;
  }
  return undefined;
}

/** The claims, if one of the keys has signed the token. Throws the error of the last key, or the first one about anything but the signature. */
async function verified(token: string, rules: JWTVerifyOptions, sources: readonly KeySource[]): Promise<JWTPayload> {
  let failure: unknown;
  for (const source of sources) {
    try {
      return (await jwtVerify(token, source, rules)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** One source per secret; a public key or a JWKS is one source. */
function keySources(options: VisitorTokenOptions, algorithms: readonly string[]): readonly KeySource[] {
  const given = (['secret', 'publicKey', 'jwksUrl'] as const).filter((name) => name in options);
  const [only] = given;
  if (given.length !== 1 || only === undefined)
    throw optionError('secret', 'visitorToken() requires exactly one of secret, publicKey and jwksUrl.');
  const symmetric = (algorithm: string): boolean => algorithm.startsWith('HS');
  // If a public key were used as a shared secret, anyone could sign tokens.
  if (
    algorithms.length === 0 ||
    !algorithms.every(
      (algorithm) => /^(HS|ES|RS|PS)\d{3}$|^EdDSA$|^Ed25519$/.test(algorithm) && symmetric(algorithm) === (only === 'secret'),
    )
  ) {
    throw optionError(
      'algorithms',
      `must list algorithms for ${only === 'secret' ? 'a shared secret (HS256)' : 'public keys (ES256, EdDSA, RS256, PS256)'}.`,
    );
  }
  if (only === 'secret') {
    const secrets = secretsOf(options);
    if (secrets.length === 0) throw optionError('secret', 'is missing. Is the environment variable set?');
    return secrets.map((secret, index) => secretSource(secret, Array.isArray(options.secret) ? `secret[${String(index)}]` : 'secret'));
  }
  if (only === 'jwksUrl') {
    const { jwksUrl = '', fetch } = options;
    if (!URL.canParse(jwksUrl) || !/^https?:$/.test(new URL(jwksUrl).protocol))
      throw optionError('jwksUrl', 'must be an http or https URL.');
    return [createRemoteJWKSet(new URL(jwksUrl), fetch && { [customFetch]: (url, init) => fetch(url, init) })];
  }
  return [publicKeySource(options.publicKey)];
}

/** Imports the secret once per algorithm, not per token. */
function secretSource(secret: string, name: string): KeySource {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.byteLength === 0) throw optionError(name, 'is missing. Is the environment variable set?');
  if (bytes.byteLength < 32) throw optionError(name, 'must have at least 32 bytes; a shorter secret could be guessed.');
  const keys = new Map<string, Promise<CryptoKey>>();
  return async ({ alg }) => {
    const known = keys.get(alg) ?? crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: `SHA-${alg.slice(2)}` }, false, ['verify']);
    keys.set(alg, known);
    return known;
  };
}

/** Imports the key once per algorithm. If a token's algorithm does not match the key, the token is rejected. */
function publicKeySource(publicKey: VisitorTokenOptions['publicKey']): KeySource {
  const pem = typeof publicKey === 'string' && publicKey.includes('-----BEGIN PUBLIC KEY-----');
  const jwk =
    typeof publicKey === 'object' &&
    'kty' in publicKey &&
    typeof publicKey.kty === 'string' &&
    publicKey.kty !== 'oct' &&
    !('d' in publicKey);
  if (!pem && !jwk) throw optionError('publicKey', 'must be a public key as PEM ("-----BEGIN PUBLIC KEY-----") or as a JWK.');
  const keys = new Map<string, Promise<CryptoKey | Uint8Array>>();
  return async ({ alg }) => {
    const known = keys.get(alg) ?? (typeof publicKey === 'object' ? importJWK(publicKey as JWK, alg) : importSPKI(String(publicKey), alg));
    keys.set(alg, known);
    try {
      return await known;
    } catch {
      throw new errors.JOSEAlgNotAllowed('the algorithm does not match the key');
    }
  };
}

const optionError = (name: string, problem: string): VoiceServerOptionsError => new VoiceServerOptionsError(`visitor.${name}`, problem);

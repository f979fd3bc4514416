/**
 * Synchronous signature check for tokens with a shared secret (HS256, HS384, HS512), if the runtime supports it.
 *
 * A fast path that only accepts tokens. Anything unusual (another algorithm, an extension, an invalid signature) is left to
 * `jose`, which reports the error. The claims are checked by `jose` in either case.
 *
 * Source: RFC 7515 §5.2, RFC 7518 §3.2.
 */
import { UnsecuredJWT, base64url, decodeProtectedHeader } from 'jose';
import type { JWTClaimVerificationOptions, JWTPayload } from 'jose';
import { syncHmac } from '../crypto/sync-hmac.js';

/** The claims of a token with a valid signature; `undefined` to fall back to `jose`. Throws `jose`'s errors for invalid claims. */
export type SecretSignature = (token: string, rules: JWTClaimVerificationOptions) => JWTPayload | undefined;

/** Header with which `jose` reads claims without a signature, which has already been checked. */
const UNSIGNED = base64url.encode('{"alg":"none"}');

/**
 * @param algorithms accepted algorithms; only HS256, HS384 and HS512
 */
export function secretSignature(secret: Uint8Array, algorithms: readonly string[]): SecretSignature {
  const hmac = syncHmac();
  if (!hmac) return () => undefined;

  return (token, rules) => {
    const [header = '', payload = '', signature = '', ...more] = token.split('.');
    const alg = more.length > 0 ? undefined : plainAlgorithm(token);
    if (alg === undefined || !algorithms.includes(alg)) return undefined;
    const wanted = base64url.encode(hmac.sign(`SHA-${alg.slice(2)}`, secret, `${header}.${payload}`));
    if (!hmac.same(signature, wanted)) return undefined;
    return UnsecuredJWT.decode(`${UNSIGNED}.${payload}.`, rules).payload;
  };
}

/** The algorithm of a header without extensions. */
function plainAlgorithm(token: string): string | undefined {
  try {
    const header = decodeProtectedHeader(token);
    return 'crit' in header || 'b64' in header ? undefined : header.alg;
  } catch {
    return undefined;
  }
}

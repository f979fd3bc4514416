/**
 * Tokens under a shared secret (HS256 and its kin) whose signature is checked at once, where the runtime can.
 *
 * Only ever says yes. A token with anything unusual about it (another algorithm, an extension, a signature that does not hold) is
 * left to `jose`, which finds the fault and names it. The claims are `jose`'s to check in either case.
 *
 * Source: RFC 7515 §5.2, RFC 7518 §3.2.
 */
import { UnsecuredJWT, base64url, decodeProtectedHeader } from 'jose';
import type { JWTClaimVerificationOptions, JWTPayload } from 'jose';
import { hmacNow } from '../runtime/hmac-now.js';

/** The claims of a token that is signed well; `undefined`: ask `jose`. Throws what `jose` throws for claims that do not hold. */
export type SecretSignature = (token: string, rules: JWTClaimVerificationOptions) => JWTPayload | undefined;

/** How `jose` reads claims without a signature: ours was checked before. */
const UNSIGNED = base64url.encode('{"alg":"none"}');

/**
 * @param algorithms what may be in the header; nothing but HS256, HS384 and HS512
 */
export function secretSignature(secret: Uint8Array, algorithms: readonly string[]): SecretSignature {
  const hmac = hmacNow();
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

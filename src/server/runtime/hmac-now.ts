/**
 * HMAC at once, by the cryptography that Node has built in. Web Crypto hands each one to another thread and waits for it, which
 * costs a busy server many times what the computing does. Imports nothing of Node: in a runtime without that module there is
 * nothing here, and callers use Web Crypto.
 */

/** HMACs with SHA-2. */
export interface HmacNow {
  sign(hash: `SHA-${string}`, key: Uint8Array, text: string): Uint8Array;
  /** True where two texts are the same; takes as long for any two of one length. */
  same(one: string, other: string): boolean;
}

/** What this runtime has; `undefined` where it has to be Web Crypto. */
export function hmacNow(): HmacNow | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: 'node:crypto') => typeof import('node:crypto') | undefined } };
  const crypto = process?.getBuiltinModule?.('node:crypto');
  if (!crypto) return undefined;
  const { createHmac, timingSafeEqual } = crypto;
  const bytes = new TextEncoder();
  return {
    sign: (hash, key, text) => createHmac(hash.replace('-', ''), key).update(text).digest(),
    same: (one, other) => {
      const [first, second] = [bytes.encode(one), bytes.encode(other)];
      return first.byteLength === second.byteLength && timingSafeEqual(first, second);
    },
  };
}

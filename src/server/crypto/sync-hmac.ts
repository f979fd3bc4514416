/**
 * Synchronous HMAC with Node's built-in crypto module. Web Crypto passes each operation to another thread, which costs a busy
 * server many times more than the computation. Imports nothing from Node: in runtimes without the module, `syncHmac()` returns
 * `undefined` and callers use Web Crypto.
 */

/** HMACs with SHA-2. */
export interface SyncHmac {
  sign(hash: `SHA-${string}`, key: Uint8Array, text: string): Uint8Array;
  /** Compares two texts in constant time for a given length. */
  same(one: string, other: string): boolean;
}

/** The runtime's synchronous HMAC; `undefined` if only Web Crypto is available. */
export function syncHmac(): SyncHmac | undefined {
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

/**
 * Names of visitors that tell nothing: HMAC-SHA-256 under a key that is derived from the server's own secret. The same
 * visitor has the same name in every process, and nobody without the key can try addresses until one fits.
 */

/** Hashes text; `kind` keeps the names of one thing apart from those of another. Result: 43 characters, base64url. */
export type KeyedHash = (kind: string, text: string) => Promise<string>;

/** Names that are remembered: the same visitors ask again, and a flood comes from few addresses. */
const MOST_KNOWN = 2_000;
/** Longest text that is remembered. */
const MOST_TEXT = 256;

/** Makes the hash; the key is derived at the first use. */
export function keyedHash(pepper: string): KeyedHash {
  let key: Promise<CryptoKey> | undefined;
  const known = new Map<string, string>();
  return async (kind, text) => {
    const whole = `${kind}\0${text}`;
    const before = known.get(whole);
    if (before !== undefined) return before;
    key ??= derive(pepper);
    const name = base64url(new Uint8Array(await crypto.subtle.sign('HMAC', await key, utf8(whole))));
    if (whole.length <= MOST_TEXT) known.set(whole, name);
    // The oldest goes.
    if (known.size > MOST_KNOWN) known.delete(known.keys().next().value as string);
    return name;
  };
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const hmacKey = (bytes: BufferSource): Promise<CryptoKey> => crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);

/** The secret itself signs nothing but this one sentence. */
async function derive(pepper: string): Promise<CryptoKey> {
  return hmacKey(await crypto.subtle.sign('HMAC', await hmacKey(utf8(pepper)), utf8('voice-agent-element: names of visitors')));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

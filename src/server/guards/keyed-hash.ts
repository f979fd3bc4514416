/**
 * Names of visitors that tell nothing: HMAC-SHA-256 under a key that is derived from the server's own secret. The same
 * visitor has the same name in every process, and nobody without the key can try addresses until one fits.
 */

/** Hashes text; `kind` keeps the names of one thing apart from those of another. Result: 43 characters, base64url. */
export type KeyedHash = (kind: string, text: string) => Promise<string>;

/** Makes the hash; the key is derived at the first use. */
export function keyedHash(pepper: string): KeyedHash {
  let key: Promise<CryptoKey> | undefined;
  return async (kind, text) => {
    key ??= derive(pepper);
    return base64url(new Uint8Array(await crypto.subtle.sign('HMAC', await key, utf8(`${kind}\0${text}`))));
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

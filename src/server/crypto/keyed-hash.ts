/**
 * Anonymous IDs of visitors: HMAC-SHA-256 with a key derived from the server's secret. A visitor has the same ID in every
 * process, and without the key the ID cannot be reversed by trying addresses.
 */

import { syncHmac } from './sync-hmac.js';

/** Hashes text; `kind` separates the IDs of different kinds of values. Returns 43 characters in base64url. */
export type KeyedHash = (kind: string, text: string) => Promise<string>;

/** Maximum number of cached hashes: visitors return, and a flood comes from few addresses. */
const MAX_KNOWN = 2_000;
/** Maximum length of cached text. */
const MAX_TEXT = 256;

/** Creates the hash function; the key is derived on first use. */
export function keyedHash(pepper: string): KeyedHash {
  let sign: Promise<Sign> | undefined;
  const known = new Map<string, string>();
  return async (kind, text) => {
    const whole = `${kind}\0${text}`;
    const before = known.get(whole);
    if (before !== undefined) return before;
    sign ??= signer(pepper);
    const name = base64url(await (await sign)(whole));
    if (whole.length <= MAX_TEXT) known.set(whole, name);
    // Remove the oldest entry.
    if (known.size > MAX_KNOWN) known.delete(known.keys().next().value as string);
    return name;
  };
}

type Sign = (text: string) => Uint8Array | Promise<Uint8Array>;

/** The secret itself signs only this constant, to derive the key. */
const KEY_CONTEXT = 'voice-agent-element: names of visitors';

async function signer(pepper: string): Promise<Sign> {
  const now = syncHmac();
  if (now) {
    const key = now.sign('SHA-256', utf8(pepper), KEY_CONTEXT);
    return (text) => now.sign('SHA-256', key, text);
  }
  const sign = async (key: BufferSource): Promise<(text: string) => Promise<Uint8Array<ArrayBuffer>>> => {
    const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return async (text) => new Uint8Array(await crypto.subtle.sign('HMAC', imported, utf8(text)));
  };
  return sign(await (await sign(utf8(pepper)))(KEY_CONTEXT));
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
}

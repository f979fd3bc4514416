/**
 * Identifiers in the Realtime API's format: a prefix, an underscore and 21 letters or digits.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Known prefixes: events, items, responses, calls, sessions, conversations, tool calls, keys, MCP items, webhooks. */
export type IdPrefix = 'event' | 'item' | 'resp' | 'rtc' | 'sess' | 'conv' | 'call' | 'ek' | 'mcp' | 'mcpl' | 'mcpr' | 'wh' | 'evt' | 'sip';

/** Creates an identifier such as `item_9fJ2…`. */
export function newId(prefix: IdPrefix, length = 21): string {
  let id = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) id += ALPHABET.charAt(byte % ALPHABET.length);
  return `${prefix}_${id}`;
}

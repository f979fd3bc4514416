/**
 * Identifiers in the shapes that the Realtime API uses: a prefix, an underscore and 21 letters or digits.
 */
import { randomBytes } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The prefixes in use: events, items, responses, calls, sessions, conversations, tool calls, keys, MCP items, webhooks. */
export type IdPrefix =
  | 'event'
  | 'item'
  | 'resp'
  | 'rtc'
  | 'sess'
  | 'conv'
  | 'call'
  | 'ek'
  | 'mcp'
  | 'mcpl'
  | 'mcpr'
  | 'wh'
  | 'evt'
  | 'sip';

/** A fresh identifier, for example `item_9fJ2…`. */
export function newId(prefix: IdPrefix, length = 21): string {
  let id = '';
  for (const byte of randomBytes(length)) id += ALPHABET.charAt(byte % ALPHABET.length);
  return `${prefix}_${id}`;
}

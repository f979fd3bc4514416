/**
 * The history of a call, in order, as plain data to restore it on another server. Owns which items count: turns with text and
 * completed function calls. Does not know the protocol's events (`session/reconnector.ts` creates them).
 */
import type { Item } from './item.js';
import { heardParts, isOutOfBand } from './visible-message.js';
import { itemAt } from './state.js';
import type { State } from './state.js';

/** One turn or function call. */
export type Said =
  | { readonly kind: 'message'; readonly id: string; readonly role: 'user' | 'assistant'; readonly parts: readonly string[] }
  | { readonly kind: 'call'; readonly id: string; readonly callId: string; readonly name: string; readonly arguments: string };

/** The finished items of the call since its first connection, without those that failed or have no text. */
export const historyOf = (state: State): readonly Said[] =>
  state.order.filter((slot) => slot >= state.origin).flatMap((slot) => said(itemAt(state, slot)));

function said(item: Item): readonly Said[] {
  const { id, kind, role, status, gone, parts, callId, name } = item;
  if (gone || isOutOfBand(item)) return [];
  if (kind === 'call') return name && parts[0]?.done ? [{ kind, id, callId, name, arguments: parts[0].text }] : [];
  if (kind !== 'message' || (role !== 'user' && role !== 'assistant') || status === 'streaming' || status === 'failed') return [];
  const heard = heardParts(item).filter((text) => text.trim() !== '');
  return heard.length > 0 ? [{ kind, id, role, parts: heard }] : [];
}

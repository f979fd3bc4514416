/**
 * What a call has said so far, in order, as plain data from which a server can be told. Owns which items count: turns
 * with words and function calls that were made. Does not know the protocol's events (`session/reconnect.ts` writes them).
 */
import type { Item } from './item.js';
import { heardParts, isAside } from './present.js';
import { itemAt } from './state.js';
import type { State } from './state.js';

/** One turn or function call of the call. */
export type Said =
  | { readonly kind: 'message'; readonly id: string; readonly role: 'user' | 'assistant'; readonly parts: readonly string[] }
  | { readonly kind: 'call'; readonly id: string; readonly callId: string; readonly name: string; readonly arguments: string };

/** The call's items from its first connection on, those that are over: nothing that failed or has no words. */
export const historyOf = (state: State): readonly Said[] => state.order.filter((slot) => slot >= state.origin).flatMap((slot) => said(itemAt(state, slot)));

function said(item: Item): readonly Said[] {
  const { id, kind, role, status, gone, parts, callId, name } = item;
  if (gone || isAside(item)) return [];
  if (kind === 'call') return name && parts[0]?.done ? [{ kind, id, callId, name, arguments: parts[0].text }] : [];
  if (kind !== 'message' || (role !== 'user' && role !== 'assistant') || status === 'streaming' || status === 'failed') return [];
  const heard = heardParts(item).filter((text) => text.trim() !== '');
  return heard.length > 0 ? [{ kind, id, role, parts: heard }] : [];
}

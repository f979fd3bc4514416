/**
 * From a state to the frozen `Conversation` that views and pages read. Owns the short way: while a turn streams into a
 * long conversation only its own place is replaced, found from the end.
 */
import type { Conversation } from '../contract/messages.js';
import type { Item } from './item.js';
import { itemAt } from './state.js';
import type { State } from './state.js';

/** The list of what is shown, from the list that was taken of an earlier state; `dirty` names what changed since. */
function listOf<K extends 'message' | 'call'>(key: K, state: State, before: State, last: readonly NonNullable<Item[K]>[], dirty: ReadonlySet<number>): readonly NonNullable<Item[K]>[] {
  type Shown = NonNullable<Item[K]>;
  let moved = state.order !== before.order;
  let list: Shown[] | undefined;
  for (const slot of dirty) {
    const old = slot < before.size ? itemAt(before, slot)[key] : undefined;
    const shown = itemAt(state, slot)[key];
    if (old === shown) continue;
    const index = old ? last.lastIndexOf(old) : -1;
    // Spread, not slice(): V8 copies a frozen array a hundred times slower by slice.
    if (index >= 0 && shown) (list ??= [...last])[index] = shown;
    else moved = true;
  }
  if (moved) {
    list = [];
    for (const slot of state.order) {
      const shown = itemAt(state, slot)[key];
      if (shown) list.push(shown);
    }
    if (list.length === last.length && list.every((shown, index) => shown === last[index])) return last;
  }
  return list ? Object.freeze(list) : last;
}

/** The snapshot of a state; the same one when nothing that is shown became different. */
export function takeSnapshot(state: State, before: State, last: Conversation, dirty: ReadonlySet<number>): Conversation {
  const messages = listOf('message', state, before, last.messages, dirty);
  const toolCalls = listOf('call', state, before, last.toolCalls, dirty);
  return messages === last.messages && toolCalls === last.toolCalls ? last : Object.freeze({ messages, toolCalls });
}

/**
 * Converts a state to the frozen `Conversation` for views and pages. Optimized for streaming: while a turn streams into a long
 * conversation, only its own entry is replaced, searched from the end.
 */
import type { Conversation, ConversationItem, Message, ToolCall } from '../contract/messages.js';
import type { Item } from './item.js';
import { itemAt } from './state.js';
import type { State } from './state.js';

const messageOf = ({ message }: Item): Message | undefined => message;
const callOf = ({ call }: Item): ToolCall | undefined => call;
const shownOf = ({ message, call }: Item): ConversationItem | undefined => message ?? call;

/** The list of visible entries, based on the list of an earlier state; `dirty`: the slots that changed since. */
function listOf<Shown>(
  pick: (item: Item) => Shown | undefined,
  state: State,
  before: State,
  last: readonly Shown[],
  dirty: ReadonlySet<number>,
): readonly Shown[] {
  let moved = state.order !== before.order;
  let list: Shown[] | undefined;
  for (const slot of dirty) {
    const old = slot < before.size ? pick(itemAt(before, slot)) : undefined;
    const shown = pick(itemAt(state, slot));
    if (old === shown) continue;
    const index = old ? last.lastIndexOf(old) : -1;
    // Spread, not slice(): V8's slice() copies a frozen array a hundred times slower.
    if (index >= 0 && shown) (list ??= [...last])[index] = shown;
    else moved = true;
  }
  if (moved) {
    list = [];
    for (const slot of state.order) {
      const shown = pick(itemAt(state, slot));
      if (shown) list.push(shown);
    }
    if (list.length === last.length && list.every((shown, index) => shown === last[index])) return last;
  }
  return list ? Object.freeze(list) : last;
}

/** The snapshot of a state; the same object if nothing visible changed. */
export function takeSnapshot(state: State, before: State, last: Conversation, dirty: ReadonlySet<number>): Conversation {
  const messages = listOf(messageOf, state, before, last.messages, dirty);
  const toolCalls = listOf(callOf, state, before, last.toolCalls, dirty);
  // If there is only one kind of entry, its list is reused instead of copied.
  const only = toolCalls.length === 0 ? messages : messages.length === 0 ? toolCalls : undefined;
  const items = only ?? listOf(shownOf, state, before, last.items, dirty);
  return items === last.items && messages === last.messages && toolCalls === last.toolCalls
    ? last
    : Object.freeze({ items, messages, toolCalls });
}

/**
 * The order of items. Owns the linked-list semantics of `previous_item_id` over an array of slots; does not know what items
 * contain. The array is copied when an item is added or moved, never for a delta.
 *
 * Source: `previous_item_id` of the GA events ("the ID of the preceding item after which the new item will be
 * inserted", `null` for no predecessor, `root` in client events for the beginning). Compatible servers send
 * `null` with every `input_audio_buffer.committed`; therefore only one item per call can be the one without a predecessor,
 * and a second `null` is ignored.
 */
import { isId } from './item.js';
import { appendBlank, find, itemAt, malformed, patch, without } from './state.js';
import type { Draft } from './state.js';

const MAX_WAITING = 256;
/** How far from the end siblings of a response are searched. */
const NEAR = 32;

/** Moves an item, with the items that the server chained to it, behind another one (-1: to the start). */
function move(draft: Draft, slot: number, behind: number): void {
  const { order } = draft;
  const from = order.lastIndexOf(slot);
  const said = (index: number) => itemAt(draft, order[index] as number);
  let end = from + 1;
  while (end < order.length && said(end).previous === said(end - 1).id) end += 1;
  const target = behind < 0 ? -1 : order.lastIndexOf(behind);
  // Already there; or behind one of its own followers, a cycle that no correct server creates.
  if (target >= from - 1 && target < end) return;
  const block = order.slice(from, end);
  const rest = [...order.slice(0, from), ...order.slice(end)];
  const at = target < from ? target + 1 : target + 1 - block.length;
  draft.order = [...rest.slice(0, at), ...block, ...rest.slice(at)];
}

/** Appends a new item, and moves the items that waited for it behind it. */
export function appendItem(draft: Draft, id: string, at: number): number {
  const slot = appendBlank(draft, id, at);
  for (const other of draft.waiting) {
    if (itemAt(draft, other).previous !== id) continue;
    draft.waiting = without(draft.waiting, other);
    move(draft, other, slot);
  }
  return slot;
}

/**
 * Applies an item's `previous_item_id`. The same value twice moves nothing, so that a late `conversation.item.done` does not undo
 * later insertions; a missing value leaves the item where it is.
 */
export function placeInOrder(draft: Draft, slot: number, previous: unknown): void {
  const item = itemAt(draft, slot);
  const rooted = previous === null && draft.rooted.includes(item.id);
  if (!rooted && (previous === undefined || previous === item.previous || slot < draft.settled)) return;
  if (rooted) draft.rooted = draft.rooted.filter((id) => id !== item.id);
  if (previous === 'root' || rooted || (previous === null && draft.first < 0 && item.previous === undefined)) {
    if (item.previous === null && !rooted) return;
    draft.first = slot;
    patch(draft, slot, { previous: null });
    return move(draft, slot, draft.floor);
  }
  if (previous === null) return;
  if (!isId(previous)) return void malformed(draft);
  patch(draft, slot, { previous });
  const named = find(draft, previous);
  // An item after one of an earlier connection is the first of this connection, because other turns may be between them here.
  const behind = named >= 0 && named < draft.settled ? draft.floor : named;
  draft.waiting = without(draft.waiting, slot);
  if (behind < 0) draft.waiting = [...draft.waiting, slot].slice(-MAX_WAITING);
  else move(draft, slot, behind);
}

/** Places an item without a known predecessor among the items of its response, by `output_index`. */
export function placeBySibling(draft: Draft, slot: number): void {
  const { order } = draft;
  const { response, output } = itemAt(draft, slot);
  let ahead: number | undefined;
  for (let index = order.length; index-- > Math.max(0, order.length - NEAR);) {
    const other = order[index] as number;
    const sibling = itemAt(draft, other);
    if (other === slot || sibling.response !== response) continue;
    if (sibling.output < output) return move(draft, slot, other);
    ahead = order[index - 1] ?? -1;
  }
  if (ahead !== undefined && ahead !== slot) move(draft, slot, ahead);
}

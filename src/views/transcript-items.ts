/** Which entries of a conversation a transcript shows, out of any number: pure, and never looks at more than the window. */
import type { ConversationItem, Message, ToolCall } from '../contract/index.js';

/** Entries that one step of paging adds. */
export const PAGE = 40;
/** Entries that are in the page at most, but for a few while the visitor reads and new ones arrive. */
export const MOST = 80;
/** An entry that is still being written holds back what came after it only among this many. */
const PATIENCE = 6;

/** One line of the transcript. */
export type Item =
  | { readonly key: string; readonly message: Message; readonly call?: undefined }
  | { readonly key: string; readonly call: ToolCall; readonly message?: undefined }
  /** A new call begins. */
  | { readonly key: string; readonly call?: undefined; readonly message?: undefined };

/**
 * The lines for the entries `from` (included) to `to` (excluded).
 * @param starts - where a new call begins, as indices of its first entry, which may be still to come
 */
export function itemsBetween(entries: readonly ConversationItem[], from: number, to: number, starts: readonly number[] = []): Item[] {
  const divider = (index: number): Item[] => (starts.includes(index) ? [{ key: `call ${String(index)}` }] : []);
  const lines = entries.slice(from, to).flatMap((entry, index): Item[] => [...divider(from + index), ...lineOf(entry)]);
  return to === entries.length ? [...lines, ...divider(to)] : lines;
}

function lineOf(entry: ConversationItem): Item[] {
  if (!('role' in entry)) return [{ key: `tool ${entry.callId}`, call: entry }];
  return isEmpty(entry) ? [] : [{ key: entry.id, message: entry }];
}

/** How many of the lines are settled: everything before the first that is still being written. */
export function settledCount(items: readonly Item[]): number {
  let settled = items.length;
  for (let index = items.length - 1; index >= Math.max(0, items.length - PATIENCE); index--) {
    const item = items[index];
    const status = item?.message?.status ?? item?.call?.status;
    if (status === 'streaming' || status === 'waiting' || status === 'running') settled = index;
  }
  return settled;
}

/** An answer that says nothing (it only called a tool) is no line. */
function isEmpty(message: Message): boolean {
  return message.role !== 'user' && message.status === 'done' && !message.text.trim();
}

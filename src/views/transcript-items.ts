/** Selects the entries of a conversation that a transcript shows. Pure; cost depends only on the window, not on the conversation. */
import type { ConversationItem, Message, ToolCall } from '../contract/index.js';

/** Entries added by one paging step. */
export const PAGE = 40;
/** Maximum number of entries in the DOM, exceeded slightly while the visitor reads and new ones arrive. */
export const MOST = 80;
/** A streaming entry holds back later entries only within this many last entries. */
const PATIENCE = 6;

/** One line of the transcript. */
export type TranscriptItem =
  | { readonly key: string; readonly message: Message; readonly call?: undefined }
  | { readonly key: string; readonly call: ToolCall; readonly message?: undefined }
  /** A new call begins. */
  | { readonly key: string; readonly call?: undefined; readonly message?: undefined };

/**
 * The lines for the entries `from` (inclusive) to `to` (exclusive).
 * @param callStarts - where new calls begin: index of the first entry, which may not exist yet
 */
export function itemsBetween(
  entries: readonly ConversationItem[],
  from: number,
  to: number,
  callStarts: readonly number[] = [],
): TranscriptItem[] {
  const divider = (index: number): TranscriptItem[] => (callStarts.includes(index) ? [{ key: `call ${String(index)}` }] : []);
  const lines = entries.slice(from, to).flatMap((entry, index): TranscriptItem[] => [...divider(from + index), ...lineOf(entry)]);
  return to === entries.length ? [...lines, ...divider(to)] : lines;
}

function lineOf(entry: ConversationItem): TranscriptItem[] {
  if (!('role' in entry)) return [{ key: `tool ${entry.callId}`, call: entry }];
  return isEmpty(entry) ? [] : [{ key: entry.id, message: entry }];
}

/** Number of settled lines: all before the first one that is still streaming. */
export function settledCount(items: readonly TranscriptItem[]): number {
  let settled = items.length;
  for (let index = items.length - 1; index >= Math.max(0, items.length - PATIENCE); index--) {
    const item = items[index];
    const status = item?.message?.status ?? item?.call?.status;
    if (status === 'streaming' || status === 'waiting' || status === 'running') settled = index;
  }
  return settled;
}

/** An answer without text (it only called a tool) has no line. */
function isEmpty(message: Message): boolean {
  return message.role !== 'user' && message.status === 'done' && !message.text.trim();
}

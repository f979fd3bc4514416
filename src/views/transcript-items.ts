/** Which turns and tool lines a transcript shows, out of any number: pure, and never looks at more than the window. */
import type { Message, ToolCall } from '../contract/index.js';

/** Turns that one step of paging adds. */
export const PAGE = 40;
/** Turns that are in the page at most, but for a few while the visitor reads and new ones arrive. */
export const MOST = 80;
/** Tool calls that are remembered for display. */
const TOOLS = 50;
/** A turn that still waits for its text holds back what came after it only among this many. */
const PATIENCE = 6;

/** One line of the transcript. */
export type Item =
  | { readonly key: string; readonly at: number; readonly message: Message; readonly call?: undefined }
  | { readonly key: string; readonly at: number; readonly call: ToolCall; readonly message?: undefined };

/** Remembers after which turn each tool call was first seen; calls carry no place of their own. */
export class ToolPlaces {
  #places = new Map<string, number>();
  #calls: readonly ToolCall[] = [];

  /** Takes in the calls; `turns` is how many turns there are now. */
  update(calls: readonly ToolCall[], turns: number): void {
    if (calls === this.#calls) return;
    this.#calls = calls;
    const places = new Map<string, number>();
    for (const call of calls.slice(-TOOLS)) places.set(call.callId, this.#places.get(call.callId) ?? turns);
    this.#places = places;
  }

  /** Calls with a place after `from` turns and not after `to`, in order. */
  between(from: number, to: number): Item[] {
    const found: Item[] = [];
    for (const call of this.#calls.slice(-TOOLS)) {
      const at = this.#places.get(call.callId) ?? 0;
      if (at >= from && at <= to) found.push({ key: `tool ${call.callId}`, at, call });
    }
    return found;
  }
}

/** The lines for the turns `from` (included) to `to` (excluded), tool lines at their places. */
export function itemsBetween(messages: readonly Message[], places: ToolPlaces, from: number, to: number): Item[] {
  const tools = places.between(from === 0 ? 0 : from + 1, to);
  const items: Item[] = [];
  let next = 0;
  const takeTools = (at: number): void => {
    for (let tool = tools[next]; tool && tool.at <= at; tool = tools[++next]) items.push(tool);
  };
  takeTools(from);
  for (let index = from; index < to; index++) {
    const message = messages[index];
    if (message && !isEmpty(message)) items.push({ key: message.id, at: index, message });
    takeTools(index + 1);
  }
  return items;
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

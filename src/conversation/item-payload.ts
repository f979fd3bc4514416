/**
 * Applies a whole conversation item from an event to the state. Owns the reading of `item` objects: message, function_call,
 * function_call_output (hosted tools: `mcp-items.ts`); every other type keeps its place in the order and is not shown.
 * Source: `ConversationItem` of the GA types. Content parts are recognized by their fields (`text` or `transcript`) instead of
 * their type, because GA, beta and compatible servers name the types differently.
 */
import { fieldsOf, type Fields } from '../contract/fields.js';
import { isAudio, isId, listOf } from './item.js';
import type { Item } from './item.js';
import { applyMcpItem } from './mcp-items.js';
import { textOf } from './visible-message.js';
import { find, itemAt, malformed, patch, without } from './state.js';
import type { Draft } from './state.js';
import { finishTurn, itemSlot, writeText } from './turns.js';

/** What an event with an item means. */
export type ItemEventKind =
  /** It was added to the conversation; its content may follow. */
  | 'added'
  /** Its content is complete. */
  | 'done'
  /** The server's current version of it, on request. */
  | 'retrieved'
  /** A response started to generate it. */
  | 'output-added'
  /** A response finished generating it. */
  | 'output-done';

const contentText = (content: unknown): unknown => {
  const { text, transcript } = fieldsOf(content);
  return text ?? transcript ?? undefined;
};

/** A typed turn that the server renamed: found by its text, so that it does not appear twice. */
function adopt(draft: Draft, id: string, item: Fields): void {
  const text = listOf(item['content'])
    .map(contentText)
    .filter((part) => typeof part === 'string')
    .join('\n');
  const slot = draft.unconfirmed.find((candidate) => textOf(itemAt(draft, candidate)) === text);
  if (slot === undefined) return;
  draft.slots.set(id, slot);
  patch(draft, slot, { id });
}

/** Returns the item's slot, or -1. */
export function applyItemPayload(draft: Draft, raw: unknown, occasion: ItemEventKind, at: number): number {
  const item = fieldsOf(raw);
  const { id, type, role } = item;
  if (!isId(id)) return malformed(draft);
  const listed = occasion === 'added' || occasion === 'done';
  const earlier = find(draft, id);
  // A server echoes items that were restored from an earlier connection: they are already known.
  if (listed && earlier >= 0 && earlier < draft.settled && !itemAt(draft, earlier).gone) return earlier;
  if (occasion === 'added' && role === 'user' && find(draft, id) < 0) adopt(draft, id, item);
  const slot = itemSlot(draft, id, at, occasion === 'added' || occasion === 'output-added');
  if (slot < 0) return slot;
  if (listed) {
    if (!itemAt(draft, slot).listed) patch(draft, slot, { listed, at, dropped: false });
    draft.unconfirmed = without(draft.unconfirmed, slot);
  }
  if (type === 'message' && (role === 'user' || role === 'assistant')) {
    patch(draft, slot, { kind: 'message', role });
    message(draft, slot, item, occasion);
  } else if (type === 'function_call') call(draft, slot, item, occasion);
  else if (typeof type === 'string' && type.startsWith('mcp_')) applyMcpItem(draft, slot, item, occasion.endsWith('done'));
  else {
    patch(draft, slot, { kind: 'other' });
    if (type === 'function_call_output') setCallStatus(draft, item['call_id'], 'done');
  }
  return slot;
}

function message(draft: Draft, slot: number, item: Fields, occasion: ItemEventKind): void {
  const content = listOf(item['content']);
  const { status, phase } = item;
  const before = itemAt(draft, slot);
  const user = before.role === 'user';
  const whole = occasion.endsWith('done') || occasion === 'retrieved' || status === 'completed' || user;
  if (content.some((part) => isAudio(fieldsOf(part)['type']))) patch(draft, slot, { voice: true });
  if (phase === 'commentary' || phase === 'final_answer') patch(draft, slot, { phase });
  const images = content.filter((part) => fieldsOf(part)['type'] === 'input_image').length;
  if (images > before.images) patch(draft, slot, { images });
  if (before.status === 'interrupted' && occasion === 'retrieved') trim(draft, slot, content);
  else {
    content.forEach((part, index) => {
      const text = contentText(part);
      if (text !== undefined && text !== '') writeText(draft, slot, index, text, whole ? 'final' : 'fill');
    });
  }
  const { voice, parts } = itemAt(draft, slot);
  if (user) {
    // An item without content is a spoken turn whose audio the server does not describe.
    if (parts.some(({ done }) => done) || (!voice && images > 0)) finishTurn(draft, slot, 'done');
  } else if (status === 'completed' || (whole && status === undefined)) finishTurn(draft, slot, 'done');
  // Cut short: the end of its response defines the status. Without a response, nothing else will.
  else if (status === 'incomplete' && before.response === undefined && occasion === 'done') finishTurn(draft, slot, 'interrupted');
}

/** The server's own truncation of an answer takes precedence over the estimate, unless it removes nothing. */
function trim(draft: Draft, slot: number, content: readonly unknown[]): void {
  const texts = content.map(contentText).map((text) => (typeof text === 'string' ? text : ''));
  const all = textOf({ ...itemAt(draft, slot), keep: undefined });
  const heard = texts.join('\n');
  if (heard.trim() === '' || heard.length >= all.length) return;
  patch(draft, slot, { parts: texts.map((text) => ({ text, done: true })), keep: undefined, trimmed: true });
}

function call(draft: Draft, slot: number, item: Fields, occasion: ItemEventKind): void {
  const { name, status } = item;
  const known = itemAt(draft, slot);
  const callId = item['call_id'];
  patch(draft, slot, { kind: 'call', callId: isId(callId) ? callId : known.callId, name: isId(name) ? name : known.name });
  const args = item['arguments'];
  const whole = occasion.endsWith('done') || status === 'completed';
  if (args !== undefined && args !== '') writeText(draft, slot, 0, args, whole ? 'final' : 'fill');
  if (known.step !== 'streaming') return;
  if (status === 'incomplete') patch(draft, slot, { step: 'failed' });
  else if (whole) patch(draft, slot, { step: 'running' });
}

/** Sets the status of an open function call. */
export function setCallStatus(draft: Draft, callId: unknown, step: Item['step']): void {
  for (const slot of draft.open) {
    const item = itemAt(draft, slot);
    if (item.kind === 'call' && item.callId === callId) patch(draft, slot, { step });
  }
}

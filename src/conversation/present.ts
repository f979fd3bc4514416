/**
 * From an item to what a transcript shows of it. Owns every decision about visibility and wording of text; text is
 * only joined, cut and trimmed, never interpreted. Frozen results, kept by identity while nothing visible changes.
 *
 * Not shown: system and tool items, what was hidden, answers of which nothing was heard, typed or spoken user turns whose
 * text is known to be blank. Shown with an empty text: a lone picture (`images`), a spoken turn whose transcript is awaited
 * (`streaming`), was never made (`done`: views say "spoken") or failed (`failed`).
 */
import type { Message, ToolCall } from '../contract/messages.js';
import { cutText } from './heard.js';
import type { Item } from './item.js';

/** All text of an item: its parts, one per line, as far as they were heard. */
export function textOf(item: Item): string {
  if (item.keep === undefined && item.parts.length === 1) return item.parts[0]?.text ?? '';
  return heardParts(item).filter((text) => text !== '').join('\n');
}

/** The text of each part as far as it was heard. */
export const heardParts = ({ parts, keep, cutPart }: Item): string[] =>
  parts.map(({ text }, index) => {
    if (keep === undefined || index < cutPart) return text;
    return index > cutPart ? '' : cutText(text, keep);
  });

/** The value shown before, when it says the same; the frozen new one otherwise. */
function kept<T extends object>(before: T | undefined, now: T): T {
  for (const key in now) if (now[key] !== before?.[key]) return Object.freeze(now);
  return before ?? now;
}

/** Whether an item is hidden because its response is outside the conversation. Speech is always shown, because the visitor hears it. */
export const isAside = ({ aside, listed, voice }: Item): boolean => !listed && (aside === 'own' || (aside === 'foreign' && !voice));

/** What the transcript shows of a message item, or `undefined` for nothing. */
export function showMessage(item: Item): Message | undefined {
  const { id, kind, role, voice, images, status, parts, reason } = item;
  const hidden = kind !== 'message' || item.gone || item.dropped || item.hidden || isAside(item);
  if (hidden || (role !== 'user' && role !== 'assistant')) return;
  let text = textOf(item);
  // A streaming text is not trimmed: it would be flattened at every delta, and the next word needs its space.
  const trimmed = status === 'streaming' ? text : text.trim();
  if (voice) text = trimmed;
  const awaited = role === 'user' && voice && (status !== 'done' || !parts.some(({ done }) => done));
  if (trimmed === '' && !awaited && images === 0) return;
  return kept(item.message, { id, role, text, status, via: voice ? 'voice' : 'text', ...(images > 0 ? { images } : {}), ...(status === 'failed' && reason !== undefined ? { reason } : {}) });
}

/** What is shown of a tool's call, or `undefined` for nothing. */
export function showCall(item: Item): ToolCall | undefined {
  const { id, kind, callId, name, server, step, parts } = item;
  if (kind !== 'call' || item.gone || isAside(item)) return;
  return kept(item.call, { id, callId, name, ...(server === undefined ? {} : { server }), arguments: parts[0]?.text ?? '', status: step });
}

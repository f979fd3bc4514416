/**
 * Converts an item to its visible form. Owns every decision about visibility and text; text is only joined, cut and trimmed, never
 * interpreted. Results are frozen, and stay the same object while nothing visible changes.
 *
 * Not shown: system and tool items, hidden items, answers of which nothing was heard, user turns whose text is known to be blank.
 * Shown with an empty text: a turn with only images (`images`), a spoken turn whose transcript is pending (`streaming`), was never
 * generated (`done`: views show "spoken") or failed (`failed`).
 */
import type { Message, ToolCall } from '../contract/messages.js';
import { truncateText } from './speech-pace.js';
import type { Item } from './item.js';

/** The heard text of an item: its parts, one per line. */
export function textOf(item: Item): string {
  if (item.keep === undefined && item.parts.length === 1) return item.parts[0]?.text ?? '';
  return heardParts(item)
    .filter((text) => text !== '')
    .join('\n');
}

/** The heard text of each part. */
export const heardParts = ({ parts, keep, cutPart }: Item): string[] =>
  parts.map(({ text }, index) => {
    if (keep === undefined || index < cutPart) return text;
    return index > cutPart ? '' : truncateText(text, keep);
  });

/** The previous value if it is equal, otherwise the new one, frozen. */
function kept<T extends object>(before: T | undefined, now: T): T {
  for (const key in now) if (now[key] !== before?.[key]) return Object.freeze(now);
  return before ?? now;
}

/** Whether an item is hidden because its response is out of band. Speech from another client is shown, because the visitor hears it. */
export const isOutOfBand = ({ aside, listed, voice }: Item): boolean => !listed && (aside === 'own' || (aside === 'other' && !voice));

/** The visible form of a message item, or `undefined` if it is not shown. */
export function visibleMessage(item: Item): Message | undefined {
  const { id, kind, role, voice, images, phase, status, parts, reason } = item;
  const hidden = kind !== 'message' || item.gone || item.dropped || item.hidden || isOutOfBand(item);
  if (hidden || (role !== 'user' && role !== 'assistant')) return;
  let text = textOf(item);
  // Streaming text is not trimmed: the engine would flatten the string at every delta, and the next word needs its space.
  const trimmed = status === 'streaming' ? text : text.trim();
  if (voice) text = trimmed;
  const awaited = role === 'user' && voice && (status !== 'done' || !parts.some(({ done }) => done));
  if (trimmed === '' && !awaited && images === 0) return;
  return kept(item.message, {
    id,
    role,
    text,
    status,
    via: voice ? 'voice' : 'text',
    ...(images > 0 ? { images } : {}),
    ...(phase ? { phase } : {}),
    ...(status === 'failed' && reason !== undefined ? { reason } : {}),
  });
}

/** The visible form of a tool call, or `undefined` if it is not shown. */
export function visibleCall(item: Item): ToolCall | undefined {
  const { id, kind, callId, name, server, step, parts } = item;
  if (kind !== 'call' || item.gone || isOutOfBand(item)) return;
  return kept(item.call, { id, callId, name, ...(server === undefined ? {} : { server }), arguments: parts[0]?.text ?? '', status: step });
}

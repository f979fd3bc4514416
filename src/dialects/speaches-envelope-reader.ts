/**
 * speaches' envelopes on the data channel, used because its WebRTC stack cannot send long messages: base64 of an event's JSON,
 * whole or in fragments of 800 characters. Source: `routers/realtime_rtc.py`, `FullMessageEvent` and `PartialMessageEvent`.
 */
import type { EnvelopeReader } from '../contract/dialect.js';
import { fieldsOf } from './fields.js';
import type { Fields } from './fields.js';

/** `full_message`: base64 of an event's JSON. `partial_message`: a fragment of that base64, `fragment_index` of `total_fragments`. */
export function speachesEnvelopeReader(): EnvelopeReader {
  const pieces = new Map<string, (string | undefined)[]>();
  return {
    read: (frame) => {
      const { type, id, data, fragment_index: index, total_fragments: total } = parsed(frame);
      if (typeof data !== 'string' || typeof id !== 'string') return undefined;
      if (type === 'full_message') return textOf(data);
      if (type !== 'partial_message' || !isPlace(index, total)) return undefined;
      const known = pieces.get(id) ?? new Array<string | undefined>(total as number).fill(undefined);
      if (known.length !== total) return undefined;
      known[index] = data;
      pieces.set(id, known);
      if (known.includes(undefined)) {
        forgetOldest(pieces);
        return undefined;
      }
      pieces.delete(id);
      return textOf(known.join(''));
    },
  };
}

/** Maximum fragments of one message: far more than the longest accepted event has. */
const MOST_PIECES = 1_000;
/** Maximum incomplete messages at a time; the channel delivers in order, so one would suffice. */
const MOST_OPEN = 8;

const isPlace = (index: unknown, total: unknown): index is number =>
  Number.isInteger(index) &&
  Number.isInteger(total) &&
  (total as number) <= MOST_PIECES &&
  (index as number) >= 0 &&
  (index as number) < (total as number);

function forgetOldest(pieces: Map<string, unknown>): void {
  if (pieces.size <= MOST_OPEN) return;
  for (const id of pieces.keys()) {
    pieces.delete(id);
    return;
  }
}

function parsed(frame: string): Fields {
  try {
    return fieldsOf(JSON.parse(frame));
  } catch {
    return {};
  }
}

function textOf(base64: string): string | undefined {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

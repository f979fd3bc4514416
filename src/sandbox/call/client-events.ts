/**
 * Parses and validates client messages: JSON, a known type, and the fields the type requires. Returns an event for the
 * session, or throws the error that the API would report.
 */
import { ApiError } from '../protocol/api-error.js';
import type { WireEvent, ClientEvent } from '../protocol/events.js';
import { amount, anything, isRecord, object, oneOf, orNull, text } from '../protocol/schema.js';
import type { Schema } from '../protocol/schema.js';

const id = { event_id: text(512), type: anything };
const item = object({ ...id, item_id: text() }, ['item_id']);

/** The GA client events and their fields (`openai` 7.55, `RealtimeClientEvent`). */
const EVENTS: Record<string, Schema> = {
  'session.update': object({ ...id, session: anything }, ['session']),
  'input_audio_buffer.append': object({ ...id, audio: text() }, ['audio']),
  'input_audio_buffer.commit': object(id),
  'input_audio_buffer.clear': object(id),
  'output_audio_buffer.clear': object(id),
  'conversation.item.create': object({ ...id, item: anything, previous_item_id: orNull(text()) }, ['item']),
  'conversation.item.retrieve': item,
  'conversation.item.delete': item,
  'conversation.item.truncate': object(
    { ...id, item_id: text(), content_index: amount(0, 0, true), audio_end_ms: amount(0, Number.MAX_SAFE_INTEGER, true) },
    ['item_id', 'content_index', 'audio_end_ms'],
  ),
  'response.create': object({ ...id, response: anything }),
  'response.cancel': object({ ...id, response_id: text() }),
};

/** The documented limit is 15 MiB of audio per append. */
const MAX_AUDIO_LENGTH = Math.ceil((15 * 1024 * 1024 * 4) / 3);

/** An error for a message, with the `event_id` of the client's event if it could be read. */
export class EventRefusal extends Error {
  override readonly name = 'EventRefusal';
  readonly refusal: ApiError;
  readonly clientEventId: string | null;

  constructor(refusal: ApiError, clientEventId: string | null) {
    super(refusal.message);
    this.refusal = refusal;
    this.clientEventId = clientEventId;
  }
}

/** A client message: the event as received, and translated for the session. */
export interface ReadEvent {
  received: WireEvent;
  /** Usually one event; empty if the server ignores the message. */
  translated: readonly ClientEvent[];
}

/**
 * Parses one message; `undefined` means a binary one. `translate` converts it to GA events first.
 *
 * @throws EventRefusal
 */
export function readClientEvent(
  message: string | undefined,
  translate: (event: WireEvent) => readonly Record<string, unknown>[] = (event) => [event],
): ReadEvent {
  if (message === undefined) throw new EventRefusal(badJson('binary messages are not supported'), null);
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    throw new EventRefusal(badJson('the message is not valid JSON'), null);
  }
  if (!isRecord(value)) throw new EventRefusal(badJson('the message is not a JSON object'), null);
  const eventId = typeof value['event_id'] === 'string' ? value['event_id'] : null;
  try {
    if (value['type'] === undefined)
      throw new ApiError({ message: "Missing required parameter: 'type'.", code: 'missing_required_parameter', param: 'type' });
    text()(value['type'], 'type');
    const received = value as WireEvent;
    return { received, translated: translate(received).map(checked) };
  } catch (error) {
    throw error instanceof ApiError ? new EventRefusal(error, eventId) : error;
  }
}

function checked(event: Record<string, unknown>): ClientEvent {
  oneOf(...Object.keys(EVENTS))(event['type'], 'type');
  EVENTS[event['type'] as string]?.(event, '');
  if (typeof event['audio'] === 'string' && event['audio'].length > MAX_AUDIO_LENGTH) {
    throw new ApiError({
      message: "Invalid 'audio': at most 15 MiB may be appended at once.",
      code: 'string_above_max_length',
      param: 'audio',
    });
  }
  return event as ClientEvent;
}

function badJson(why: string): ApiError {
  // The API's code for this error is not published.
  return new ApiError({ message: `Could not parse the client event: ${why}.`, code: 'invalid_json' });
}

/**
 * The events of the protocol. Server events have the types of the `openai` package (types only, no code is loaded), so
 * that a deviation from the published interface is a compile error.
 */
import type { RealtimeServerEvent } from 'openai/resources/realtime/realtime';

export type { RealtimeResponse, RealtimeResponseStatus, RealtimeResponseUsage } from 'openai/resources/realtime/realtime';

type WithoutId<Event> = Event extends { event_id: string } ? Omit<Event, 'event_id'> : never;

/** A server event as produced inside the sandbox; the outbox adds `event_id`. */
export type UnsentEvent = WithoutId<RealtimeServerEvent>;

/** An event on the wire. */
export type WireEvent = Record<string, unknown> & { type: string };

/** A client event whose shape has been validated. */
export interface ClientEvent {
  type: string;
  event_id?: string;
  [field: string]: unknown;
}

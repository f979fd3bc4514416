/**
 * How a fault is defined: the place where it applies, its name, the schema of its fields and its effect, in one entry.
 * The entries are in `http-faults.ts`, `media-faults.ts`, `event-faults.ts`, `client-event-faults.ts` and
 * `call-faults.ts`; `faults.ts` derives the JSON validation and the type `Fault` from them.
 */
import type { Timers } from '../clock.js';
import type { UnsentEvent } from '../protocol/events.js';
import { amount, choose, list, object, text } from '../protocol/schema.js';
import type { Fields, InferFields, Schema } from '../protocol/schema.js';

/** Endpoints that support HTTP faults. */
export const ENDPOINTS = ['client_secrets', 'calls', 'hangup', 'accept', 'reject', 'refer', 'websocket'] as const;

/** Endpoints that support HTTP faults. */
export type Endpoint = (typeof ENDPOINTS)[number];

/** How often a fault applies to the requests or events it matches. */
export interface FaultScope {
  /** How often the fault applies; unlimited by default. `1` is a one-shot. */
  times?: number;
  /** Number of matches to skip before the fault first applies; default 0. */
  skip?: number;
}

/** When a call fault applies: after an event was sent (by default when the call opens), plus a delay. */
export interface Moment {
  event?: string;
  ms?: number;
}

/** Milliseconds, at most a day. */
export const milliseconds = amount(0, 86_400_000);

const count = amount(0, Number.MAX_SAFE_INTEGER, true);
const eventTypes: Schema<string | string[]> = choose({ when: Array.isArray, schema: list(text()) }, { when: () => true, schema: text() });
const moment: Schema<Moment> = object({ event: text(), ms: milliseconds });

/** The fields of `FaultScope`, which every fault has. */
export const SCOPE_FIELDS = { times: count, skip: count } satisfies Record<keyof FaultScope, Schema>;

const matchesType = {
  /** An event type, a list of types, or a prefix ending in `*`; default: all events. */
  type: eventTypes,
};

/** Where faults can apply, and the fields that all faults of a place have. */
export const PLACES = {
  client_secrets: {},
  calls: {},
  hangup: {},
  accept: {},
  reject: {},
  refer: {},
  websocket: {},
  media: {},
  event: matchesType,
  'client-event': matchesType,
  call: {
    /** When the fault applies. */
    when: moment,
  },
} satisfies Record<Endpoint, Fields> & Record<string, Fields>;

/** Where a fault applies. */
export type Place = keyof typeof PLACES;

/** A request, as HTTP faults act on it. */
export interface FaultyRequest {
  readonly endpoint: Endpoint;
  /** Responds as if there were no fault. */
  respond(): Promise<Response>;
  /** Waits for `ms` or indefinitely, at most until the client disconnects or the sandbox closes. */
  wait(ms?: number): Promise<void>;
  /** Closes the request's connection. */
  disconnect(): void;
}

/** A call that is being answered, as media faults act on it. */
export interface FaultyMedia {
  /** The SDP answer that the client receives. */
  answer: string;
  setSilence(on: boolean): void;
  setLoss(share: number): void;
}

/** A server event that is about to be sent, as event faults act on it. */
export interface FaultyDelivery {
  readonly event: Record<string, unknown> & { type: string };
  readonly timers: Timers;
  /** Sends the event, changed by the faults before this one. */
  send(): void;
  /** Sends an event; `text` is what goes over the wire. */
  sendEvent(event: Record<string, unknown>, text?: string): void;
  sendRaw(text: string): void;
  sendBinary(bytes: Uint8Array): void;
  /** Makes the event wait until the next one has been sent. */
  holdBack(): void;
}

/** A client event that was received, as faults act on it. */
export interface FaultyClientEvent {
  /** Handles the event as if there were no fault. */
  handle(): void;
}

/** The part of a call that faults act on. */
export interface FaultyCall {
  readonly timers: Timers;
  readonly outbox: { emit(event: UnsentEvent): unknown };
  /** Milliseconds since the epoch. */
  now(): number;
  closeChannel(): void;
  hangUp(): void;
  setLoss(share: number): void;
  setSilence(on: boolean): void;
  sendEvent(event: Record<string, unknown> & { type: string }): void;
  sendRaw(text: string): void;
}

/** The parameter and the result of an effect, by place. An event fault returns the function that sends the event. */
interface Effects extends Record<Endpoint, [context: FaultyRequest, result: Promise<Response>]> {
  media: [context: FaultyMedia, result: void];
  event: [context: FaultyDelivery, result: () => void];
  'client-event': [context: FaultyClientEvent, result: void];
  call: [context: FaultyCall, result: void];
}

/** What the effect of a fault acts on. */
export type Context<At extends Place> = Effects[At][0];

/** What the effect of a fault returns. */
export type Result<At extends Place> = Effects[At][1];

/** One kind of fault. */
export interface FaultDefinition<At extends Place, Name extends string, Own> {
  /** The places where the fault can apply. */
  readonly at: readonly At[];
  readonly name: Name;
  /** The fault's own fields. */
  readonly schema: Schema<Own>;
  /** The effect. */
  run(fault: Own, context: Context<At>): Result<At>;
}

/** Defines a fault: where it applies, its name, its fields, and `run`, its effect. */
export function defineFault<const At extends Place, const Name extends string, Own>(
  { at, name, schema }: { readonly at: At | readonly At[]; readonly name: Name; readonly schema: Schema<Own> },
  run: (fault: Own, context: Context<At>) => Result<At>,
): FaultDefinition<At, Name, Own> {
  return { at: [at].flat() as At[], name, schema, run };
}

/** The type of the faults that a definition describes. */
export type FaultOf<Definition> =
  Definition extends FaultDefinition<infer At, infer Name, infer Own>
    ? FaultScope & {
        /** Where the fault applies. */
        at: At;
        /** The kind of fault; README.md lists them. */
        fault: Name;
      } & InferFields<(typeof PLACES)[At], never> &
        Own
    : never;

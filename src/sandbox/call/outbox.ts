/**
 * The single exit for a call's server events: `emit` adds the `event_id`, translates the event for the profile, applies
 * the script's faults, records the event and sends it to the clients. Owns the order of sent events, not their content.
 */
import type { Timers } from '../clock.js';
import type { EventLog } from './event-log.js';
import type { ArmedFaults } from '../scripting/armed-faults.js';
import { newId } from '../protocol/ids.js';
import type { CallWire } from '../profiles/profile.js';
import type { UnsentEvent } from '../protocol/events.js';

/** One connection to a client: the data channel, a WebSocket, or a sideband. */
export interface Wire {
  /** Sends text. @throws if the message exceeds the client's maximum size. */
  send(text: string): void;
  /** Sends a binary message. */
  sendBinary(bytes: Uint8Array): void;
}

/** Dependencies of an outbox. */
export interface OutboxParts {
  log: EventLog;
  timers: Timers;
  /** Translates the session's events for the server being imitated. */
  translate: CallWire['outgoing'];
  faults: () => ArmedFaults;
  /** The client that owns the call. */
  primary: () => Wire | undefined;
  /** Other clients that observe the call. */
  sidebands: () => Iterable<Wire>;
  /** Called after an event was sent to the primary client. */
  onSent: (type: string) => void;
}

/** The outgoing events of one call. */
export class Outbox {
  readonly #parts: OutboxParts;
  #held: (() => void)[] = [];

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Sends an event to all clients, or to only one. Returns its `event_id`. */
  emit(unsent: UnsentEvent, only?: Wire): string {
    const { type, ...fields } = unsent;
    const event = { type, event_id: newId('event'), ...fields };
    for (const translated of this.#parts.translate(event)) this.dispatch(translated, only);
    return event.event_id;
  }

  /** Sends a complete event through the faults. */
  dispatch(event: Record<string, unknown> & { type: string }, only?: Wire): void {
    let held = false;
    const send = this.#parts.faults().deliver({
      event,
      timers: this.#parts.timers,
      send: () => {
        this.#deliver(event, JSON.stringify(event), only);
      },
      sendEvent: (other, text = JSON.stringify(other)) => {
        this.#deliver(other, text, only);
      },
      sendRaw: (text) => {
        this.raw(text, only);
      },
      sendBinary: (bytes) => {
        this.binary(bytes, only);
      },
      holdBack: () => {
        held = true;
      },
    });
    if (held) {
      this.#held.push(send);
      return;
    }
    send();
    const waiting = this.#held;
    this.#held = [];
    for (const late of waiting) late();
  }

  /** Sends text unchanged. */
  raw(text: string, only?: Wire): void {
    this.#deliver({ raw: text }, text, only, 'invalid');
  }

  /** Sends a binary message. */
  binary(bytes: Uint8Array, only?: Wire): void {
    this.#parts.log.record('out', 'invalid', { bytes: bytes.length });
    for (const wire of this.#wires(only)) wire.sendBinary(bytes);
  }

  #deliver(event: Record<string, unknown>, text: string, only: Wire | undefined, type = String(event['type'])): void {
    this.#parts.log.record('out', type, event);
    for (const wire of this.#wires(only)) {
      try {
        wire.send(text);
      } catch (error) {
        // Too large for this client. Record it, so that a test's timeout shows the reason.
        this.#parts.log.record('out', 'undeliverable', { reason: String(error), event_type: type });
      }
    }
    if (only === undefined || only === this.#parts.primary()) this.#parts.onSent(type);
  }

  #wires(only: Wire | undefined): Wire[] {
    if (only !== undefined) return [only];
    const primary = this.#parts.primary();
    return [...(primary === undefined ? [] : [primary]), ...this.#parts.sidebands()];
  }
}

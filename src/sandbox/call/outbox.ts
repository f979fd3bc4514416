/**
 * The single exit for a call's server events: `emit` adds the `event_id`, translates the event for the profile, applies
 * the script's faults, records the event and sends it to the clients. Owns the order of sent events, not their content.
 */
import type { Timers } from '../clock.js';
import type { EventLog } from './event-log.js';
import type { Faults } from '../scripting/armed-faults.js';
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
  faults: () => Faults;
  /** The client that owns the call. */
  primary: () => Wire | undefined;
  /** Other clients that observe the call. */
  sidebands: () => Iterable<Wire>;
  /** Called after an event was sent to the primary client. */
  onSent: (type: string) => void;
}

/** Size of a padded event if the fault sets none. Chrome's data channel accepts at most 262,144 bytes. */
const OVERSIZE = 262_144;

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
    for (const told of this.#parts.translate(event)) this.dispatch(told, only);
    return event.event_id;
  }

  /** Sends a complete event through the faults. */
  dispatch(event: Record<string, unknown> & { type: string }, only?: Wire): void {
    let send = (): void => {
      this.#deliver(event.type, event, JSON.stringify(event), only);
    };
    let held = false;
    for (const fault of this.#parts.faults().event(event.type)) {
      const before = send;
      switch (fault.fault) {
        case 'drop':
          send = () => undefined;
          break;
        case 'duplicate':
          send = () => {
            before();
            before();
          };
          break;
        case 'delay':
          send = () => {
            this.#parts.timers.after(fault.ms, before);
          };
          break;
        case 'reorder':
          held = true;
          break;
        case 'replace':
          send = () => {
            if (typeof fault.with === 'string') this.raw(fault.with, only);
            else this.#deliver(String(fault.with['type']), fault.with, JSON.stringify(fault.with), only);
          };
          break;
        case 'oversize':
          send = () => {
            this.#deliver(event.type, event, padded(event, fault.bytes ?? OVERSIZE), only);
          };
          break;
        case 'non-json':
          send = () => {
            this.raw('{"type":"response.output_text.delta", this is not JSON', only);
            before();
          };
          break;
        case 'binary':
          send = () => {
            this.binary(Uint8Array.of(0, 1, 2, 3, 254, 255), only);
            before();
          };
      }
    }
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
    this.#deliver('invalid', { raw: text }, text, only);
  }

  /** Sends a binary message. */
  binary(bytes: Uint8Array, only?: Wire): void {
    this.#parts.log.record('out', 'invalid', { bytes: bytes.length });
    for (const wire of this.#wires(only)) wire.sendBinary(bytes);
  }

  #deliver(type: string, event: Record<string, unknown>, text: string, only: Wire | undefined): void {
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

function padded(event: Record<string, unknown>, bytes: number): string {
  const bare = JSON.stringify({ ...event, padding: '' });
  return JSON.stringify({ ...event, padding: 'x'.repeat(Math.max(0, bytes - Buffer.byteLength(bare))) });
}

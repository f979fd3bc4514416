/** Faults of server events. Each returns the function that sends the event. */
import { amount, object, unchecked } from '../protocol/schema.js';
import { defineFault, milliseconds } from './define-fault.js';
import type { FaultOf } from './define-fault.js';

/** Size of a padded event if the fault sets none. Chrome's data channel accepts at most 262,144 bytes. */
const OVERSIZE = 262_144;

/** The faults of server events. */
export const EVENT_FAULTS = [
  // Does not send the event.
  defineFault({ at: 'event', name: 'drop', schema: object({}) }, () => () => undefined),
  // Sends the event twice.
  defineFault({ at: 'event', name: 'duplicate', schema: object({}) }, (_, { send }) => () => {
    send();
    send();
  }),
  // Sends the event later.
  defineFault({ at: 'event', name: 'delay', schema: object({ ms: milliseconds }, ['ms']) }, ({ ms }, { send, timers }) => () => {
    timers.after(ms, send);
  }),
  // Sends the event after the next one.
  defineFault({ at: 'event', name: 'reorder', schema: object({}) }, (_, delivery) => {
    delivery.holdBack();
    return delivery.send;
  }),
  // Sends something else instead.
  defineFault(
    {
      at: 'event',
      name: 'replace',
      schema: object(
        {
          /** An event, or text to send unchanged. */
          with: unchecked<Record<string, unknown> | string>(),
        },
        ['with'],
      ),
    },
    ({ with: replacement }, delivery) =>
      () => {
        if (typeof replacement === 'string') delivery.sendRaw(replacement);
        else delivery.sendEvent(replacement);
      },
  ),
  // Pads the event with an unknown field.
  defineFault(
    {
      at: 'event',
      name: 'oversize',
      schema: object({
        /** Default 262,144. */
        bytes: amount(1, 64 * 1024 * 1024, true),
      }),
    },
    ({ bytes = OVERSIZE }, { event, sendEvent }) =>
      () => {
        sendEvent(event, padded(event, bytes));
      },
  ),
  // Sends text that is not valid JSON before the event.
  defineFault({ at: 'event', name: 'non-json', schema: object({}) }, (_, { send, sendRaw }) => () => {
    sendRaw('{"type":"response.output_text.delta", this is not JSON');
    send();
  }),
  // Sends a binary message before the event.
  defineFault({ at: 'event', name: 'binary', schema: object({}) }, (_, { send, sendBinary }) => () => {
    sendBinary(Uint8Array.of(0, 1, 2, 3, 254, 255));
    send();
  }),
] as const;

/** Faults of server events. `type` is an event type, a list of types, or a prefix ending in `*`; default: all events. */
export type EventFault = FaultOf<(typeof EVENT_FAULTS)[number]>;

function padded(event: Record<string, unknown>, bytes: number): string {
  const bare = JSON.stringify({ ...event, padding: '' });
  return JSON.stringify({ ...event, padding: 'x'.repeat(Math.max(0, bytes - new TextEncoder().encode(bare).length)) });
}

/** Faults of an active call, applied after an event or when the call opens. */
import { amount, object, text, unchecked } from '../protocol/schema.js';
import { defineFault } from './define-fault.js';
import type { FaultOf } from './define-fault.js';
import { lossSchema } from './media-faults.js';

/** The faults of an active call. */
export const CALL_FAULTS = [
  // Closes only the data channel (over WebSocket, the socket).
  defineFault({ at: 'call', name: 'close-channel', schema: object({}) }, (_, call) => {
    call.closeChannel();
  }),
  // Ends the call from the server side.
  defineFault({ at: 'call', name: 'hang-up', schema: object({}) }, (_, call) => {
    call.hangUp();
  }),
  // Starts dropping outgoing RTP packets.
  defineFault({ at: 'call', name: 'loss', schema: lossSchema }, ({ share }, call) => {
    call.setLoss(share);
  }),
  // Starts sending silence instead of answers.
  defineFault({ at: 'call', name: 'silence', schema: object({}) }, (_, call) => {
    call.setSilence(true);
  }),
  // Sends an event unchanged.
  defineFault(
    {
      at: 'call',
      name: 'inject',
      schema: object(
        {
          /** The event; an `event_id` is added if missing. */
          event: unchecked<Record<string, unknown>>(),
          /** How often it is sent; default 1. */
          repeat: amount(1, 1_000_000, true),
        },
        ['event'],
      ),
    },
    ({ event, repeat = 1 }, call) => {
      for (let count = 0; count < repeat; count++) call.sendEvent({ type: 'unknown', ...event });
    },
  ),
  // Sends text unchanged.
  defineFault({ at: 'call', name: 'raw', schema: object({ text: text() }, ['text']) }, (fault, call) => {
    call.sendRaw(fault.text);
  }),
  // Sends transcript deltas at a given rate. The deltas due are sent every 10 ms, so that a late timer does not slow the
  // stream down.
  defineFault(
    {
      at: 'call',
      name: 'burst',
      schema: object(
        {
          /** Number of deltas in total. */
          count: amount(1, 10_000_000, true),
          perSecond: amount(1, 1_000_000),
          /** The text of each delta; default: its number. */
          delta: text(),
        },
        ['count', 'perSecond'],
      ),
    },
    ({ count, perSecond, delta }, call) => {
      const place = { response_id: 'resp_burst', item_id: 'item_burst', output_index: 0, content_index: 0 };
      const start = call.now();
      let sent = 0;
      const slice = (): void => {
        const due = Math.min(count, Math.ceil(((call.now() - start + 10) * perSecond) / 1000));
        for (; sent < due; sent++) {
          call.outbox.emit({ type: 'response.output_audio_transcript.delta', ...place, delta: delta ?? `${String(sent + 1)} ` });
        }
        if (sent < count) call.timers.after(10, slice);
      };
      slice();
    },
  ),
] as const;

/** Faults of an active call. */
export type CallFault = FaultOf<(typeof CALL_FAULTS)[number]>;

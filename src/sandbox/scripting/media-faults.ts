/** Faults of a call's media and data channel, applied when the call is answered. */
import { amount, object } from '../protocol/schema.js';
import { defineFault } from './define-fault.js';
import type { FaultOf } from './define-fault.js';

/** The share of RTP packets that a fault drops. */
export const lossSchema = object(
  {
    /** Share of outgoing RTP packets to drop, 0..1; 1 stops RTP completely. */
    share: amount(0, 1),
  },
  ['share'],
);

/** The faults of media. */
export const MEDIA_FAULTS = [
  // Makes the answer's addresses and ICE password unusable, so that ICE never connects: the addresses are reserved for
  // documentation and never respond, and the password fails every connectivity check.
  defineFault({ at: 'media', name: 'ice-never', schema: object({}) }, (_, media) => {
    media.answer = media.answer
      .replace(/^(a=candidate:\S+ \d+ \S+ \d+ )\S+ \d+/gm, '$1192.0.2.1 9')
      .replace(
        /^a=ice-pwd:.*$/gm,
        (line) => `a=ice-pwd:${'x'.repeat(Math.max(22, line.trimEnd().length - 10))}${line.endsWith('\r') ? '\r' : ''}`,
      );
  }),
  // Makes both ends wait for the other's DTLS handshake: ICE connects, and the data channel never opens. A wrong SCTP port
  // would be the obvious choice, but browsers ignore it.
  defineFault({ at: 'media', name: 'channel-never', schema: object({}) }, (_, media) => {
    media.answer = media.answer.replace(/^a=setup:passive/gm, 'a=setup:active');
  }),
  // Answers are generated and reported, but only silence is sent.
  defineFault({ at: 'media', name: 'silence', schema: object({}) }, (_, media) => {
    media.setSilence(true);
  }),
  // Drops a share of the outgoing RTP packets.
  defineFault({ at: 'media', name: 'loss', schema: lossSchema }, ({ share }, media) => {
    media.setLoss(share);
  }),
] as const;

/** Faults of a call's media and data channel, applied when the call is answered. Only for `calls`. */
export type MediaFault = FaultOf<(typeof MEDIA_FAULTS)[number]>;

/**
 * The sandbox's WebRTC stack: werift.
 *
 * Owns: the factory of calls and what they share (certificate, codec, packet of silence). Does not own a call: that is
 * `werift-call.ts`.
 *
 * Why werift 0.24.4, pinned exactly: it is MIT, pure JavaScript, and installs wherever Node does, so `npm run sandbox`
 * works offline and in any container. The alternative that was measured beside it, node-datachannel, needs less than
 * half of the processor (0.4 against 1.0 % of a core per call) and no workarounds; but it is a native addon under
 * MPL-2.0 whose prebuilt binary must exist for the platform, and it aborts the process when a message is sent on a
 * closing channel. Another, @roamhq/wrtc, crashed under load. For a stand-in that serves tests, demos and up to some
 * dozens of calls, installing everywhere and failing softly weigh more than processor time. Not for production: the
 * DTLS of this werift version restarts its record numbers (see the workarounds) and has had no security review.
 */

import { RTCDtlsTransport } from 'werift';
import { LOOPBACK, tryAddresses } from '../media-hosts.js';
import { OfferError } from '../peer.js';
import type { PeerEvents } from '../peer.js';
import { silentPacket } from './opus.js';
import { readOffer } from './sdp.js';
import { WeriftCall } from './werift-call.js';
import type { WeriftPeer, WeriftPeerOptions } from './werift-call.js';

export type { WeriftPeer, WeriftPeerOptions } from './werift-call.js';

/** The certificate and the codec are made once per process (some 10 ms each) and shared by its calls. */
async function warmUp(): Promise<void> {
  await Promise.all([RTCDtlsTransport.SetupCertificate(), silentPacket()]);
}

/**
 * Makes the factory of calls, a `PeerFactory`. It begins to load the codec and to make the certificate at once, so that
 * the first call need not wait for them. The factory rejects with `OfferError` for an offer it cannot answer, and with
 * `MediaHostError` when one of `hosts` is not an address of this machine.
 */
export function createWeriftPeers(
  options: WeriftPeerOptions = {},
): (offerSdp: string, events: PeerEvents) => Promise<WeriftPeer> {
  // A failure shows with the first call, which waits for the same work.
  const warm = warmUp();
  warm.catch(() => undefined);
  return async (offerSdp, events) => {
    const offer = readOffer(offerSdp);
    const hosts = options.hosts?.() ?? [LOOPBACK];
    // werift does not listen for errors while it binds: an address that is not this machine's would end the process.
    await Promise.all([warm, tryAddresses(hosts)]);
    const call = new WeriftCall(offer, events, hosts, options);
    try {
      await call.open();
    } catch (error) {
      await call.close();
      throw error instanceof OfferError ? error : new OfferError(`the offer was refused: ${String(error)}`);
    }
    return call;
  };
}

/**
 * The sandbox's WebRTC stack: werift.
 *
 * Owns: the factory of calls and what calls share (certificate, codec, silent packet). Does not own individual calls:
 * see `werift-call.ts`.
 *
 * Why werift, pinned to 0.25.2: it is MIT-licensed, pure JavaScript, and installs wherever Node runs, so `npm run
 * sandbox` works offline and in any container. The measured alternative, node-datachannel, uses less than half the CPU
 * (0.4 instead of 1.0 % of a core per call) and needs no workarounds; but it is a native addon under MPL-2.0 that
 * requires a prebuilt binary for the platform, and it aborts the process when a message is sent on a closing channel.
 * Another, @roamhq/wrtc, crashed under load. For tests, demos and up to a few dozen calls, portability and graceful
 * failure outweigh CPU time. Not for production: the DTLS of this werift version restarts its record numbers (see the
 * workarounds) and has had no security review.
 */

import { RTCDtlsTransport } from 'werift';
import { LOOPBACK, tryAddresses } from './media-hosts.js';
import { OfferError } from './peer.js';
import type { PeerEvents } from './peer.js';
import { silentPacket } from './opus.js';
import { readSdpOffer } from './sdp.js';
import { WeriftCall } from './werift-call.js';
import type { WeriftPeer, WeriftPeerOptions } from './werift-call.js';

export type { WeriftPeer, WeriftPeerOptions } from './werift-call.js';

/** Creates the certificate and the codec once per process (about 10 ms each); calls share them. */
async function warmUp(): Promise<void> {
  await Promise.all([RTCDtlsTransport.SetupCertificate(), silentPacket()]);
}

/**
 * Creates the factory of calls, a `PeerFactory`. It starts loading the codec and creating the certificate immediately,
 * so that the first call does not wait for them. The factory rejects with `OfferError` for an offer it cannot answer,
 * and with `MediaHostError` if one of `hosts` is not an address of this machine.
 */
export function createWeriftPeers(options: WeriftPeerOptions = {}): (offerSdp: string, events: PeerEvents) => Promise<WeriftPeer> {
  // A failure surfaces in the first call, which awaits the same promise.
  const warm = warmUp();
  warm.catch(() => undefined);
  return async (offerSdp, events) => {
    const offer = readSdpOffer(offerSdp);
    const hosts = options.hosts?.() ?? [LOOPBACK];
    // werift does not handle errors while binding: an address of another machine would crash the process.
    await Promise.all([warm, tryAddresses(hosts)]);
    const call = new WeriftCall(offer, events, hosts, options);
    try {
      await call.open();
    } catch (error) {
      await call.close();
      throw error instanceof OfferError ? error : new OfferError(`the offer was rejected: ${String(error)}`);
    }
    return call;
  };
}

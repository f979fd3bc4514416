/** What the sandbox's peer rejects: addresses of other machines, invalid offers and unsolicited datagrams. */
import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { createWeriftPeers } from '../../../src/sandbox/media/werift-peer.js';
import { OfferError } from '../../../src/sandbox/media/peer.js';
import { closing, connected, handles, UNHEARD } from './loopback-call.js';
import { createVisitor } from './visitor.js';

it('rejects an address that it cannot bind instead of crashing the process', async () => {
  const visitor = closing(await createVisitor());
  const attempt = createWeriftPeers({ hosts: () => ['127.0.0.1', '192.0.2.1'] })(visitor.offer, UNHEARD);
  await expect(attempt).rejects.toThrow('192.0.2.1');
  await expect(attempt).rejects.not.toBeInstanceOf(OfferError);
});

describe('a hostile client', () => {
  it('is rejected if its offer is invalid', async () => {
    const peers = createWeriftPeers();
    const visitor = closing(await createVisitor());
    for (const offer of ['', 'hello', '{}', 'v=0\r\n', visitor.offer.replaceAll('opus', 'speex').replaceAll('OPUS', 'speex')]) {
      await expect(peers(offer, UNHEARD)).rejects.toBeInstanceOf(OfferError);
    }
    // The visitor's own socket.
    await expect.poll(() => handles('UDPWrap'), { timeout: 10_000 }).toBe(1);
  });

  it('cannot crash the process with datagrams', async () => {
    const { visitor, peer, asked } = await connected();
    const port = Number(/ 127\.0\.0\.1 (\d+) typ host/u.exec(peer.answer)?.[1]);
    const socket = createSocket('udp4');
    let state = 7;
    for (let round = 0; round < 300; round += 1) {
      const data = Buffer.alloc(1 + (round % 200));
      for (const index of data.keys()) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        data[index] = state >>> 16;
      }
      // STUN, DTLS, RTP and RTCP by their first byte.
      data[0] = [0, 1, 22, 23, 128, 144, 200][round % 7] ?? 0;
      await new Promise((resolve) => socket.send(data, port, '127.0.0.1', resolve));
    }
    socket.close();
    const arrived = visitor.message();
    const askedBefore = asked();
    peer.send('still here');
    expect(await arrived).toBe('still here');
    await visitor.received(visitor.packets.length + 2);
    expect(asked()).toBeGreaterThan(askedBefore);
  });
});

/** The end of a call of the sandbox's peer: how each side notices it, and what is freed. */
import { describe, expect, it } from 'vitest';
import { FrameClock } from '../../../src/sandbox/media/frame-clock.js';
import { call, connected, handles } from './loopback-call.js';

describe('the end of a call', () => {
  it('is reported once when the visitor closes the channel', async () => {
    const { visitor, next, closes } = await connected();
    const gone = next('close');
    visitor.channel.close();
    await gone;
    await visitor.close();
    expect(closes()).toBe(1);
  });

  it('is reported when the visitor disappears without notice', async () => {
    const { visitor, next, closes } = await connected({}, { quietTimeout: 300 });
    const gone = next('close');
    // Its sockets close without notice.
    await visitor.connection.close();
    await gone;
    expect(closes()).toBe(1);
  });

  it('is reported when the visitor never connects', async () => {
    const { next, closes } = await call({}, { connectTimeout: 50 });
    await next('close');
    expect(closes()).toBe(1);
  });

  it('reaches the visitor immediately, and nothing is reported after close()', async () => {
    const { visitor, peer, closes, asked } = await connected();
    const gone = visitor.reached('closed');
    const closing = peer.close();
    const askedAtClose = asked();
    visitor.channel.send('too late');
    await Promise.all([closing, peer.close(), gone]);
    expect(closes()).toBe(0);
    expect(asked()).toBe(askedAtClose);
    peer.send('into the void');
  });

  it('does not happen when only the channel is closed', async () => {
    const { visitor, peer, closes } = await connected();
    const gone = visitor.reached('closed');
    peer.closeChannel();
    await gone;
    const packets = visitor.packets.length;
    await visitor.received(packets + 5);
    peer.send('dropped');
    expect(closes()).toBe(0);
  });

  it('frees every socket and removes the call from the clock', async () => {
    const clock = new FrameClock();
    const before = handles('UDPWrap');
    for (let round = 0; round < 3; round += 1) {
      const { visitor, peer } = await connected({}, { clock });
      expect(clock.calls).toBe(1);
      await Promise.all([peer.close(), visitor.close()]);
      expect(clock.calls).toBe(0);
    }
    // Closed before it connected.
    const { visitor, peer } = await call({}, { clock });
    await Promise.all([peer.close(), visitor.close()]);
    await expect.poll(() => handles('UDPWrap'), { timeout: 10_000 }).toBe(before);
  });
});

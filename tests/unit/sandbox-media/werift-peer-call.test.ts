/** Real calls over loopback: ICE, DTLS, SCTP and Opus between the sandbox's peer and a visitor. */
import { describe, expect, it } from 'vitest';
import { createOpusEncoder } from '../../../src/sandbox/media/opus.js';
import { rmsLevel } from '../../../src/sandbox/media/audio-level.js';
import { createWeriftPeers } from '../../../src/sandbox/media/werift-peer.js';
import { FRAME_SAMPLES } from '../../../src/sandbox/media/peer.js';
import { closing, connected, decoded, UNHEARD } from './loopback-call.js';
import { amplitude, framesOf, joined, sine } from './signals.js';
import { createVisitor } from './visitor.js';

describe('a call', () => {
  it('plays the protocol’s tone at its frequency and without gaps', async () => {
    const { visitor, queue } = await connected();
    const before = visitor.packets.length;
    queue.push(...framesOf(sine(440, 400)));
    await visitor.received(before + 18);
    const packets = visitor.packets.slice(before);
    for (const [index, packet] of packets.entries()) {
      const previous = packets[index - 1];
      if (previous !== undefined) {
        expect((packet.header.sequenceNumber - previous.header.sequenceNumber) & 0xff_ff).toBe(1);
        // RTP time follows real time, even if the clock skipped frames on a busy machine.
        expect(((packet.header.timestamp - previous.header.timestamp) >>> 0) % 960).toBe(0);
      }
    }
    const sound = await decoded(visitor, before + 6, before + 16);
    expect(amplitude(sound, 440)).toBeGreaterThan(6000);
    expect(amplitude(sound, 700)).toBeLessThan(500);
  });

  it('sends silence when there is nothing to play', async () => {
    const { visitor, asked } = await connected();
    await visitor.received(10);
    expect(asked()).toBeGreaterThanOrEqual(10);
    const quiet = await decoded(visitor, 0, 10);
    expect(quiet).toHaveLength(10 * FRAME_SAMPLES);
    expect(rmsLevel(quiet)).toBeLessThan(-80);
    expect(visitor.packets[3]?.payload.length).toBeLessThan(10);
  });

  it('receives the microphone as frames of 20 ms', async () => {
    const { visitor, audio, next, peer } = await connected();
    const encoder = await createOpusEncoder();
    for (const [index, frame] of framesOf(sine(1000, 400)).entries()) {
      visitor.sendRtp(encoder.encode(frame), 65_530 + index);
    }
    encoder.free();
    while (audio.length < 20) {
      await next('audio');
    }
    expect(audio.every((frame) => frame.length === FRAME_SAMPLES)).toBe(true);
    expect(amplitude(joined(...audio.slice(5)), 1000)).toBeGreaterThan(6000);
    expect(peer.incoming).toEqual({ packets: 20, dropped: 0 });
  });

  it('drops and counts invalid, unrelated and repeated packets', async () => {
    const { visitor, audio, next, peer } = await connected();
    const encoder = await createOpusEncoder();
    const packet = encoder.encode(new Int16Array(FRAME_SAMPLES));
    encoder.free();
    visitor.sendRtp(packet, 10);
    visitor.sendRtp(packet, 11, 0);
    visitor.sendRtp(Buffer.from([0xff, 0xff, 0xff, 0x00, 0x01]), 12);
    visitor.sendRtp(new Uint8Array(0), 13);
    visitor.sendRtp(packet, 9);
    visitor.sendRtp(packet, 14);
    while (audio.length < 2) {
      await next('audio');
    }
    expect(peer.incoming).toEqual({ packets: 2, dropped: 4 });
  });

  it('carries messages in both directions, including large and binary ones', async () => {
    const { visitor, peer, messages, next } = await connected();
    const large = 'ä'.repeat(120_000);
    const arrived = visitor.message();
    peer.send('{"type":"session.created"}');
    expect(await arrived).toBe('{"type":"session.created"}');
    const largeArrived = visitor.message();
    peer.send(large);
    expect(await largeArrived).toBe(large);
    visitor.channel.send('{"type":"session.update"}');
    visitor.channel.send(large);
    visitor.channel.send(Buffer.from([1, 2, 3]));
    while (messages.length < 3) {
      await next('message');
    }
    expect(messages).toEqual(['{"type":"session.update"}', large, undefined]);
  });

  it('rejects a message that is too large for the client, and continues', async () => {
    const { visitor, peer } = await connected();
    expect(peer.maxMessageBytes).toBe(262_144);
    expect(() => {
      peer.send('ä'.repeat(131_073));
    }).toThrow(RangeError);
    const arrived = visitor.message();
    peer.send('x'.repeat(262_144));
    expect((await arrived).length).toBe(262_144);
  });

  it('works with a receive-only visitor', async () => {
    const { visitor, peer } = await connected({ direction: 'recvonly' });
    expect(peer.answer).toContain('a=sendonly');
    expect(peer.answer).toMatch(/a=msid:\w+ /u);
    await visitor.received(3);
  });

  it('works with a sender without a track or an announced SSRC', async () => {
    const visitor = closing(await createVisitor());
    const audio: Int16Array[] = [];
    let heard: () => void = () => undefined;
    const anyAudio = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const offer = visitor.offer
      .split('\r\n')
      .filter((line) => !line.startsWith('a=ssrc'))
      .join('\r\n')
      .replace('a=sendrecv', 'a=sendrecv\r\na=msid:- 5e2c6d7f-0d1f-4b1e-9d0e-1d8a0a4d7b10');
    const onAudio = (frame: Int16Array): void => {
      audio.push(frame);
      heard();
    };
    const peer = closing(await createWeriftPeers()(offer, { ...UNHEARD, onAudio }));
    await visitor.accept(peer.answer);
    await visitor.reached('open');
    const encoder = await createOpusEncoder();
    visitor.sendRtp(encoder.encode(new Int16Array(FRAME_SAMPLES)), 1, 96, 4242);
    encoder.free();
    await anyAudio;
    expect(audio).toHaveLength(1);
  });

  it('drops the configured share of packets along with their sequence numbers', async () => {
    const { visitor, peer, asked, next: nextEvent } = await connected({}, { random: () => 0.4 });
    await visitor.received(2);
    peer.setLoss(0.5);
    const askedBefore = asked();
    while (asked() < askedBefore + 6) {
      await nextEvent('frame');
    }
    // Earlier packets may have been in flight.
    expect(visitor.packets.length).toBeLessThanOrEqual(askedBefore);
    const last = visitor.packets.at(-1)?.header;
    const arrived = visitor.packets.length;
    peer.setLoss(0);
    await visitor.received(arrived + 1);
    const next = visitor.packets[arrived]?.header;
    const step = ((next?.sequenceNumber ?? 0) - (last?.sequenceNumber ?? 0)) & 0xff_ff;
    expect(step).toBeGreaterThanOrEqual(4);
    expect(((next?.timestamp ?? 0) - (last?.timestamp ?? 0)) >>> 0).toBeGreaterThanOrEqual(step * 960);
  });
});

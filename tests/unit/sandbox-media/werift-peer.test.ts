/** Real calls over loopback: ICE, DTLS, SCTP and Opus between the sandbox's peer and a visitor. */

import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameClock } from '../../../src/sandbox/media/frame-clock.js';
import { createOpusDecoder, createOpusEncoder } from '../../../src/sandbox/media/opus.js';
import { rmsLevel } from '../../../src/sandbox/media/loudness.js';
import { createWeriftPeers } from '../../../src/sandbox/media/werift-peer.js';
import type { WeriftPeer, WeriftPeerOptions } from '../../../src/sandbox/media/werift-peer.js';
import { FRAME_SAMPLES, OfferError } from '../../../src/sandbox/peer.js';
import { amplitude, framesOf, joined, sine } from './signals.js';
import { createVisitor } from './visitor.js';
import type { Visitor, VisitorOptions } from './visitor.js';

interface Call {
  readonly visitor: Visitor;
  readonly peer: WeriftPeer;
  readonly messages: (string | undefined)[];
  readonly audio: Int16Array[];
  /** Frames still to be played; silence when empty. */
  readonly queue: Int16Array[];
  readonly closes: () => number;
  readonly asked: () => number;
  /** Resolves with the next call of the event. */
  next(event: 'message' | 'audio' | 'frame' | 'close'): Promise<void>;
}

const rejections: unknown[] = [];
const noteRejection = (reason: unknown): void => {
  rejections.push(reason);
};
const open: { close(): Promise<void> }[] = [];

async function call(visitorOptions: VisitorOptions = {}, options: WeriftPeerOptions = {}): Promise<Call> {
  const visitor = await createVisitor(visitorOptions);
  open.push(visitor);
  const waiters = new Map<string, (() => void)[]>();
  const fire = (event: string): void => {
    for (const resolve of waiters.get(event)?.splice(0) ?? []) {
      resolve();
    }
  };
  const messages: (string | undefined)[] = [];
  const audio: Int16Array[] = [];
  const queue: Int16Array[] = [];
  let closes = 0;
  let asked = 0;
  const peer = await createWeriftPeers(options)(visitor.offer, {
    onOpen: () => {
      fire('open');
    },
    onMessage: (text) => {
      messages.push(text);
      fire('message');
    },
    onAudio: (frame) => {
      audio.push(frame);
      fire('audio');
    },
    nextFrame: () => {
      asked += 1;
      fire('frame');
      return queue.shift();
    },
    onClose: () => {
      closes += 1;
      fire('close');
    },
  });
  open.push(peer);
  const next = (event: string): Promise<void> =>
    new Promise((resolve) => {
      waiters.set(event, [...(waiters.get(event) ?? []), resolve]);
    });
  return { visitor, peer, messages, audio, queue, closes: () => closes, asked: () => asked, next };
}

async function connected(visitorOptions: VisitorOptions = {}, options: WeriftPeerOptions = {}): Promise<Call> {
  const made = await call(visitorOptions, options);
  await made.visitor.accept(made.peer.answer);
  await made.visitor.reached('open');
  return made;
}

async function decoded(visitor: Visitor, from: number, to: number): Promise<Int16Array> {
  const decoder = await createOpusDecoder();
  try {
    return joined(...visitor.packets.slice(from, to).map((packet) => decoder.decode(packet.payload) ?? new Int16Array(0)));
  } finally {
    decoder.free();
  }
}

function handles(kind: string): number {
  return process.getActiveResourcesInfo().filter((name) => name === kind).length;
}

beforeEach(() => {
  rejections.length = 0;
  process.on('unhandledRejection', noteRejection);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  process.off('unhandledRejection', noteRejection);
  expect(rejections).toEqual([]);
});

describe('a call', () => {
  it('plays the tone that the protocol gives, at its frequency and without gaps', async () => {
    const { visitor, queue } = await connected();
    const before = visitor.packets.length;
    queue.push(...framesOf(sine(440, 400)));
    await visitor.received(before + 18);
    const packets = visitor.packets.slice(before);
    for (const [index, packet] of packets.entries()) {
      const previous = packets[index - 1];
      if (previous !== undefined) {
        expect((packet.header.sequenceNumber - previous.header.sequenceNumber) & 0xff_ff).toBe(1);
        // Real time, also where a busy machine made the clock leave frames out.
        expect(((packet.header.timestamp - previous.header.timestamp) >>> 0) % 960).toBe(0);
      }
    }
    const sound = await decoded(visitor, before + 6, before + 16);
    expect(amplitude(sound, 440)).toBeGreaterThan(6000);
    expect(amplitude(sound, 700)).toBeLessThan(500);
  });

  it('sends silence while there is nothing to play', async () => {
    const { visitor, asked } = await connected();
    await visitor.received(10);
    expect(asked()).toBeGreaterThanOrEqual(10);
    const quiet = await decoded(visitor, 0, 10);
    expect(quiet).toHaveLength(10 * FRAME_SAMPLES);
    expect(rmsLevel(quiet)).toBeLessThan(-80);
    expect(visitor.packets[3]?.payload.length).toBeLessThan(10);
  });

  it('hears the microphone as frames of 20 ms', async () => {
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

  it('drops garbage, foreign and repeated packets, and counts them', async () => {
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

  it('carries messages both ways, large and binary ones too', async () => {
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

  it('refuses a message that the client does not take, and goes on', async () => {
    const { visitor, peer } = await connected();
    expect(peer.maxMessageBytes).toBe(262_144);
    expect(() => {
      peer.send('ä'.repeat(131_073));
    }).toThrow(RangeError);
    const arrived = visitor.message();
    peer.send('x'.repeat(262_144));
    expect((await arrived).length).toBe(262_144);
  });

  it('works without a microphone: a receive-only visitor', async () => {
    const { visitor, peer } = await connected({ direction: 'recvonly' });
    expect(peer.answer).toContain('a=sendonly');
    expect(peer.answer).toMatch(/a=msid:\w+ /u);
    await visitor.received(3);
  });

  it('works with a sender that has no track and no announced source', async () => {
    const visitor = await createVisitor();
    open.push(visitor);
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
    const peer = await createWeriftPeers()(offer, {
      onOpen: () => undefined,
      onMessage: () => undefined,
      onAudio: (frame) => {
        audio.push(frame);
        heard();
      },
      nextFrame: () => undefined,
      onClose: () => undefined,
    });
    open.push(peer);
    await visitor.accept(peer.answer);
    await visitor.reached('open');
    const encoder = await createOpusEncoder();
    visitor.sendRtp(encoder.encode(new Int16Array(FRAME_SAMPLES)), 1, 96, 4242);
    encoder.free();
    await anyAudio;
    expect(audio).toHaveLength(1);
  });

  it('loses the share of packets that a scenario asks for, and their numbers with them', async () => {
    const { visitor, peer, asked, next: nextEvent } = await connected({}, { random: () => 0.4 });
    await visitor.received(2);
    peer.setLoss(0.5);
    const dropped = visitor.packets.length;
    const askedBefore = asked();
    while (asked() < askedBefore + 6) {
      await nextEvent('frame');
    }
    // One may have been on its way.
    expect(visitor.packets.length - dropped).toBeLessThanOrEqual(1);
    const last = visitor.packets.at(-1)?.header;
    const arrived = visitor.packets.length;
    peer.setLoss(0);
    await visitor.received(arrived + 1);
    const next = visitor.packets[arrived]?.header;
    const step = ((next?.sequenceNumber ?? 0) - (last?.sequenceNumber ?? 0)) & 0xff_ff;
    expect(step).toBeGreaterThanOrEqual(4);
    expect(((next?.timestamp ?? 0) - (last?.timestamp ?? 0)) >>> 0).toBeGreaterThanOrEqual(step * 960);
  });

  it('answers within 15 ms once warm', async () => {
    const peers = createWeriftPeers();
    const times: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const visitor = await createVisitor();
      open.push(visitor);
      const start = performance.now();
      const peer = await peers(visitor.offer, {
        onOpen: () => undefined,
        onMessage: () => undefined,
        onAudio: () => undefined,
        nextFrame: () => undefined,
        onClose: () => undefined,
      });
      times.push(performance.now() - start);
      open.push(peer);
    }
    // The best of six: what the work takes, not what else the machine is doing.
    expect(Math.min(...times)).toBeLessThan(15);
  });
});

describe('the end of a call', () => {
  it('is noticed once when the visitor closes the channel', async () => {
    const { visitor, next, closes } = await connected();
    const gone = next('close');
    visitor.channel.close();
    await gone;
    await visitor.close();
    expect(closes()).toBe(1);
  });

  it('is noticed when the visitor falls silent without goodbye', async () => {
    const { visitor, next, closes } = await connected({}, { quietTimeout: 300 });
    const gone = next('close');
    // Its sockets go away, nothing is said.
    await visitor.connection.close();
    await gone;
    expect(closes()).toBe(1);
  });

  it('is noticed when the visitor never connects', async () => {
    const { next, closes } = await call({}, { connectTimeout: 50 });
    await next('close');
    expect(closes()).toBe(1);
  });

  it('reaches the visitor at once, and nothing is reported after close()', async () => {
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

  it('closes only the channel when a scenario asks for it', async () => {
    const { visitor, peer, closes } = await connected();
    const gone = visitor.reached('closed');
    peer.closeChannel();
    await gone;
    const packets = visitor.packets.length;
    await visitor.received(packets + 5);
    peer.send('dropped');
    expect(closes()).toBe(0);
  });

  it('frees every socket and its place on the clock', async () => {
    const clock = new FrameClock();
    const before = handles('UDPWrap');
    for (let round = 0; round < 3; round += 1) {
      const { visitor, peer } = await connected({}, { clock });
      expect(clock.calls).toBe(1);
      await Promise.all([peer.close(), visitor.close()]);
      expect(clock.calls).toBe(0);
    }
    // Closed before it ever connected.
    const { visitor, peer } = await call({}, { clock });
    await Promise.all([peer.close(), visitor.close()]);
    await expect.poll(() => handles('UDPWrap')).toBe(before);
  });
});

it('says so when it cannot serve at an address, instead of ending the process', async () => {
  const visitor = await createVisitor();
  open.push(visitor);
  const attempt = createWeriftPeers({ host: '192.0.2.1' })(visitor.offer, {
    onOpen: () => undefined,
    onMessage: () => undefined,
    onAudio: () => undefined,
    nextFrame: () => undefined,
    onClose: () => undefined,
  });
  await expect(attempt).rejects.toThrow('192.0.2.1');
  await expect(attempt).rejects.not.toBeInstanceOf(OfferError);
});

describe('a hostile client', () => {
  it('is refused when its offer is none', async () => {
    const peers = createWeriftPeers();
    const events = {
      onOpen: () => undefined,
      onMessage: () => undefined,
      onAudio: () => undefined,
      nextFrame: () => undefined,
      onClose: () => undefined,
    };
    const visitor = await createVisitor();
    open.push(visitor);
    for (const offer of ['', 'hello', '{}', 'v=0\r\n', visitor.offer.replaceAll('opus', 'speex').replaceAll('OPUS', 'speex')]) {
      await expect(peers(offer, events)).rejects.toBeInstanceOf(OfferError);
    }
    // The visitor's own.
    await expect.poll(() => handles('UDPWrap')).toBe(1);
  });

  it('cannot end the process with datagrams', async () => {
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

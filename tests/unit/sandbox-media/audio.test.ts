/** Opus and the two audio streams of a call, without a network. */

import { describe, expect, it } from 'vitest';
import { Application, createEncoder } from 'libopus-wasm';
import { IncomingAudio } from '../../../src/sandbox/media/incoming-audio.js';
import { rmsLevel } from '../../../src/sandbox/media/audio-level.js';
import { createOpusDecoder, createOpusEncoder, silentPacket } from '../../../src/sandbox/media/opus.js';
import { OutgoingAudio } from '../../../src/sandbox/media/outgoing-audio.js';
import { FRAME_SAMPLES } from '../../../src/sandbox/media/peer.js';
import { amplitude, framesOf, joined, sine } from './signals.js';

interface Sent {
  readonly payload: Uint8Array;
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
}

async function outgoing(random: () => number = () => 0.5): Promise<{ stream: OutgoingAudio; sent: Sent[] }> {
  const sent: Sent[] = [];
  const stream = new OutgoingAudio({
    encoder: await createOpusEncoder(),
    silence: await silentPacket(),
    random,
    send: (payload, sequence, timestamp, marker) => {
      sent.push({ payload, sequence, timestamp, marker });
    },
  });
  return { stream, sent };
}

/** One packet with several frames, each given as a packet of its own (RFC 6716, section 3.2.5, VBR). */
function packed(packets: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(1)] = packets;
  if (packets.length === 1) {
    return first;
  }
  const lengths = packets.slice(0, -1).flatMap((packet) => {
    const length = packet.length - 1;
    return length < 252 ? [length] : [252 + (length % 4), (length - 252 - (length % 4)) / 4];
  });
  return Uint8Array.from([(first[0] ?? 0) | 3, 0x80 | packets.length, ...lengths, ...packets.flatMap((packet) => [...packet.slice(1)])]);
}

describe('Opus', () => {
  it('preserves a tone', async () => {
    const encoder = await createOpusEncoder();
    const decoder = await createOpusDecoder();
    const sound = joined(...framesOf(sine(440, 200)).map((frame) => decoder.decode(encoder.encode(frame)) ?? frame));
    expect(amplitude(sound.subarray(2400), 440)).toBeGreaterThan(7000);
    encoder.free();
    encoder.free();
    decoder.free();
    decoder.free();
    expect(() => encoder.encode(new Int16Array(FRAME_SAMPLES))).toThrow();
    expect(() => decoder.decode(new Uint8Array([1]))).toThrow();
  });

  it('rejects frames of another length and invalid packets', async () => {
    const encoder = await createOpusEncoder();
    const decoder = await createOpusDecoder();
    expect(() => encoder.encode(new Int16Array(100))).toThrow(RangeError);
    expect(decoder.decode(new Uint8Array(0))).toBeUndefined();
    expect(decoder.decode(new Uint8Array([0xff, 0xff, 0xff]))).toBeUndefined();
    encoder.free();
    decoder.free();
  });
});

describe('IncomingAudio', () => {
  it.each([
    [10, 1, 1],
    [20, 2, 1],
    [20, 1, 2],
    [20, 2, 3],
    [10, 1, 6],
  ])('splits packets with frames of %i ms, %i channels and %i frames per packet into frames of 20 ms', async (ms, channels, count) => {
    const samples = 24 * ms;
    const source = await createEncoder({
      application: Application.RestrictedLowDelay,
      bitrate: 64_000,
      channels: channels as 1 | 2,
      frameSize: samples,
      sampleRate: 24_000,
    });
    const decoder = await createOpusDecoder();
    const frames: Int16Array[] = [];
    const incoming = new IncomingAudio(decoder, 111, (frame) => {
      frames.push(frame);
    });
    const tone = sine(600, 480);
    const encoded: Uint8Array[] = [];
    for (let start = 0; start < tone.length; start += samples) {
      const pcm = new Int16Array(samples * channels);
      for (const index of pcm.keys()) {
        pcm[index] = tone[start + Math.floor(index / channels)] ?? 0;
      }
      encoded.push(source.encode(pcm));
    }
    source.free();
    for (let packet = 0; packet * count < encoded.length; packet += 1) {
      incoming.push({ payloadType: 111, sequenceNumber: packet, ssrc: 1 }, packed(encoded.slice(packet * count, (packet + 1) * count)));
    }
    decoder.free();
    expect(frames).toHaveLength(24);
    expect(frames.every((frame) => frame.length === FRAME_SAMPLES)).toBe(true);
    expect(amplitude(joined(...frames.slice(6)), 600)).toBeGreaterThan(6500);
  });

  it('restarts with a new source', async () => {
    const encoder = await createOpusEncoder();
    const packet = encoder.encode(new Int16Array(FRAME_SAMPLES));
    encoder.free();
    const decoder = await createOpusDecoder();
    let frames = 0;
    const incoming = new IncomingAudio(decoder, 111, () => {
      frames += 1;
    });
    incoming.push({ payloadType: 111, sequenceNumber: 500, ssrc: 1 }, packet);
    incoming.push({ payloadType: 111, sequenceNumber: 3, ssrc: 2 }, packet);
    incoming.push({ payloadType: 111, sequenceNumber: 2, ssrc: 2 }, packet);
    decoder.free();
    expect(frames).toBe(2);
    expect(incoming.counts).toEqual({ packets: 2, dropped: 1 });
  });
});

describe('OutgoingAudio', () => {
  it('never pauses: it sends cached silence after speech and advances in steps of 20 ms', async () => {
    const { stream, sent } = await outgoing();
    stream.push(undefined, 0);
    for (const frame of framesOf(sine(440, 100))) {
      stream.push(frame, 0);
    }
    for (let index = 0; index < 6; index += 1) {
      stream.push(undefined, 0);
    }
    const silence = await silentPacket();
    expect(sent).toHaveLength(12);
    expect(sent.map(({ payload }) => payload === silence)).toEqual([
      true,
      ...Array.from({ length: 7 }, () => false),
      true,
      true,
      true,
      true,
    ]);
    expect(sent.map(({ marker }) => marker).indexOf(true)).toBe(1);
    expect(sent.filter(({ marker }) => marker)).toHaveLength(1);
    for (const [index, packet] of sent.entries()) {
      expect((packet.sequence - (sent[0]?.sequence ?? 0)) & 0xff_ff).toBe(index);
      expect((packet.timestamp - (sent[0]?.timestamp ?? 0)) >>> 0).toBe(960 * index);
    }
    const decoder = await createOpusDecoder();
    const sounds = sent.map(({ payload }) => decoder.decode(payload) ?? new Int16Array(0));
    decoder.free();
    expect(rmsLevel(joined(...sounds.slice(3, 6)))).toBeGreaterThan(-20);
    expect(rmsLevel(joined(...sounds.slice(9)))).toBeLessThan(-70);
  });

  it('keeps RTP time in sync with real time across a stall', async () => {
    const { stream, sent } = await outgoing();
    stream.push(undefined, 0);
    stream.push(undefined, 10);
    expect(((sent[1]?.timestamp ?? 0) - (sent[0]?.timestamp ?? 0)) >>> 0).toBe(960 * 11);
    expect(((sent[1]?.sequence ?? 0) - (sent[0]?.sequence ?? 0)) & 0xff_ff).toBe(1);
  });

  it('drops the configured share of packets along with their sequence numbers', async () => {
    let state = 1;
    const { stream, sent } = await outgoing(() => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 0x1_00_00_00_00;
    });
    stream.loss = 0.3;
    for (let index = 0; index < 1000; index += 1) {
      stream.push(undefined, 0);
    }
    expect(sent.length).toBeGreaterThan(640);
    expect(sent.length).toBeLessThan(760);
    expect(new Set(sent.map(({ sequence }) => sequence)).size).toBe(sent.length);
    stream.loss = 1;
    stream.push(undefined, 0);
    stream.loss = Number.NaN;
    const before = sent.length;
    stream.push(undefined, 0);
    expect(sent.length).toBe(before + 1);
  });

  it('pads or truncates frames of the wrong length instead of failing', async () => {
    const { stream, sent } = await outgoing();
    stream.push(new Int16Array(100), 0);
    stream.push(new Int16Array(1000), 0);
    expect(sent).toHaveLength(2);
  });
});

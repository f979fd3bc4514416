import { afterEach, describe, expect, test, vi } from 'vitest';
import { CallBus } from '../../../src/contract/call-bus.js';
import type { RealtimeEvent } from '../../../src/contract/options.js';
import { createTransport } from '../../../src/transport/webrtc/index.js';
import type { Transport, TransportOptions } from '../../../src/transport/transport.js';
import { AnsweringPeer, type PeerFaults } from './answering-peer.js';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const part of open.splice(0)) await part();
});

const timers: TransportOptions['timers'] = {
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer as number),
};

function call(faults: PeerFaults = {}, overrides: Partial<TransportOptions> = {}) {
  const peer = new AnsweringPeer(faults);
  const events: RealtimeEvent[] = [];
  const ends: unknown[] = [];
  const tracks: MediaStreamTrack[] = [];
  const offers: string[] = [];
  const bus = new CallBus();
  bus.on('track', (track) => tracks.push(track));
  bus.on('server-event', (event) => events.push(event));
  bus.on('disconnected', (error) => ends.push(error));
  const transport: Transport = createTransport({
    call: {},
    dialect: undefined,
    session: { type: 'realtime' },
    receiveOnly: false,
    socketAddress: () => Promise.reject(new Error('no socket')),
    key: () => Promise.reject(new Error('no key')),
    openAudio: () => Promise.reject(new Error('no sound')),
    bus,
    timers,
    url: undefined,
    isMuted: () => false,
    async exchange(offer) {
      offers.push(offer);
      return { sdp: await peer.answer(offer), callId: 'rtc_1' };
    },
    ...overrides,
  });
  open.push(
    () => transport.release(),
    () => peer.close(),
  );
  return { peer, transport, events, ends, tracks, offers };
}

const silence = () => new MediaStreamAudioDestinationNode(new AudioContext()).stream.getAudioTracks()[0] as MediaStreamTrack;

describe('connecting', () => {
  test('negotiates inside the hook: one session.update, no request of the SDK', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    const { peer, transport, events, tracks, offers } = call();
    await transport.connect();
    expect(transport.status).toBe('connected');
    expect(transport.callId).toBe('rtc_1');
    expect(offers).toHaveLength(1);
    expect(offers[0]).toContain('a=sendrecv');
    expect(offers[0]).not.toContain('a=candidate');
    expect(peer.received.map((event) => event.type)).toEqual(['session.update']);
    expect(peer.received[0]?.['session']).toEqual({ type: 'realtime' });
    expect(events.map((event) => event.type)).toEqual(['session.created', 'session.updated']);
    expect(tracks).toHaveLength(1);
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
  });

  test('a late microphone is heard without another offer', async () => {
    const { peer, transport, offers } = call();
    await transport.connect();
    const microphone = silence();
    await transport.useMicrophone(microphone);
    expect(transport).toHaveProperty('connectionState.peerConnection');
    expect(offers).toHaveLength(1);
    expect(peer.microphone?.kind).toBe('audio');
  });

  test('a text-only call offers to receive only', async () => {
    const { transport, offers } = call({}, { receiveOnly: true });
    await transport.connect();
    expect(offers[0]).toContain('a=recvonly');
  });

  test('rejected settings reject the attempt, are reported once and leave nothing open', async () => {
    const { transport, ends } = call({ configuration: 'refuse' });
    await expect(transport.connect()).rejects.toMatchObject({ code: 'session_rejected', message: 'Invalid voice' });
    expect(transport.status).toBe('disconnected');
    expect(ends).toEqual([]);
  });

  test('unconfirmed settings are a channel_timeout after 5 s', async () => {
    const { transport } = call({ configuration: 'ignore' });
    const begin = performance.now();
    await expect(transport.connect()).rejects.toMatchObject({ code: 'channel_timeout' });
    expect(performance.now() - begin).toBeGreaterThan(4_800);
  }, 10_000);

  test('an answer that is not valid SDP rejects with sdp_invalid', async () => {
    const { transport } = call({}, { exchange: () => Promise.resolve({ sdp: 'hello', callId: undefined }) });
    await expect(transport.connect()).rejects.toMatchObject({ code: 'sdp_invalid' });
  });

  test('no network path is ice_failed', async () => {
    let fire: () => void = () => undefined;
    const { transport } = call(
      { unreachable: true },
      { timers: { setTimeout: (callback, limit) => limit === 15_000 && (fire = callback), clearTimeout: () => undefined } },
    );
    const refused = expect(transport.connect()).rejects.toMatchObject({ code: 'ice_failed' });
    await vi.waitFor(() => {
      expect(transport.callId).toBe('rtc_1');
      fire();
      expect(transport.status).toBe('disconnected');
    });
    await refused;
  });

  test('closing while the offer is in flight rejects with aborted and closes the connection', async () => {
    const { transport } = call({}, { exchange: () => new Promise(() => undefined) });
    const connecting = transport.connect();
    await vi.waitFor(() => expect(transport.status).toBe('connecting'));
    transport.release();
    await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
    expect(transport.status).toBe('disconnected');
  });
});

describe('a live call', () => {
  test('a channel that closes unexpectedly is a lost connection', async () => {
    const { peer, transport, ends } = call();
    await transport.connect();
    peer.channel?.close();
    await vi.waitFor(() => expect(ends).toHaveLength(1));
    expect(ends[0]).toMatchObject({ code: 'connection_lost' });
    expect(transport.status).toBe('disconnected');
  });

  test('a peer that hangs up ends the call without an error', async () => {
    const { peer, transport, ends } = call();
    await transport.connect();
    await peer.close();
    await vi.waitFor(() => expect(ends).toHaveLength(1));
    expect(ends).toEqual(['server']);
    expect(transport.status).toBe('disconnected');
  });

  test('frames that are not events are dropped and counted; unknown events are passed through raw', async () => {
    const errors = vi.fn();
    addEventListener('error', errors);
    const { peer, transport, events } = call();
    await transport.connect();
    const seen = vi.fn();
    (transport.on as (type: string, listener: (event: unknown) => void) => void)('*', seen);
    peer.sendRaw('not json');
    peer.sendRaw(new ArrayBuffer(8));
    peer.sendRaw('[]');
    peer.sendRaw('null');
    peer.send({ type: 'conversation.item.done', item: { id: 'a', type: 'message', role: 'user', content: [{ type: 'input_audio' }] } });
    peer.send({ type: 'something.new', field: 1 });
    peer.send({ type: 'conversation.item.done', item: { id: 'b', type: 'mcp_approval_request', arguments: '{' } });
    peer.send({ type: 'last' });
    await vi.waitFor(() => expect(events.at(-1)?.type).toBe('last'));
    expect(events.slice(2).map((event) => event.type)).toEqual([
      'conversation.item.done',
      'something.new',
      'conversation.item.done',
      'last',
    ]);
    expect(transport.dropped).toBeGreaterThanOrEqual(4);
    expect(transport.status).toBe('connected');
    expect(seen).toHaveBeenCalledWith(expect.objectContaining({ type: 'something.new', field: 1 }));
    expect(errors).not.toHaveBeenCalled();
    removeEventListener('error', errors);
  });

  test('the next response is requested when the current one is done, even without event ids', async () => {
    const { peer, transport } = call();
    await transport.connect();
    peer.sendRaw(JSON.stringify({ type: 'response.created', response: { id: 'r1', audio: { output: { voice: { id: 'v' } } } } }));
    peer.send({ type: 'marker' });
    await vi.waitFor(() => expect(transport.dropped).toBe(0));
    await new Promise((resolve) => setTimeout(resolve, 50));
    transport.requestResponse();
    expect(peer.received.some((event) => event.type === 'response.create')).toBe(false);
    const asked = peer.next('response.create');
    peer.sendRaw(JSON.stringify({ type: 'response.done', response: { id: 'r1', status: 'completed', output: [] } }));
    await asked;
  });

  test('sending too much, or while not connected, throws a typed error', async () => {
    const { transport } = call();
    expect(() => transport.sendEvent({ type: 'x' })).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    await transport.connect();
    expect(() => transport.sendEvent({ type: 'x', filler: 'ä'.repeat(200_000) })).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
    expect(transport.status).toBe('connected');
  });
});

/**
 * A fake at the interface between protocol and media: calls without ICE, DTLS or sockets, with the test as the client.
 * Frames advance only when the test says so, so that nothing depends on time.
 */
import { FRAME_SAMPLES, OfferError } from '../../../src/sandbox/media/peer.js';
import type { Peer, PeerEvents, PeerFactory } from '../../../src/sandbox/media/peer.js';

/** A JSON object whose fields tests read without type checks. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- every event has different fields
export type Json = Record<string, any>;

/** The fake media of one call, from the client's side. */
export class FakePeer implements Peer {
  readonly answer = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    'a=ice-ufrag:abcd',
    'a=ice-pwd:0123456789abcdef01234567',
    'a=candidate:1 1 udp 2122252543 127.0.0.1 40000 typ host',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'a=setup:passive',
    'a=sctp-port:5000',
    '',
  ].join('\r\n');
  /** Events the client received, parsed; `{ raw }` if not valid JSON. */
  readonly received: Json[] = [];
  readonly binary: Uint8Array[] = [];
  loss = 0;
  channelClosed = false;
  closed = false;
  /** Maximum message size that the client accepts. */
  mostBytes = Infinity;
  readonly #events: PeerEvents;

  constructor(events: PeerEvents) {
    this.#events = events;
  }

  send(text: string): void {
    if (this.closed || this.channelClosed) return;
    if (Buffer.byteLength(text) > this.mostBytes) throw new RangeError('the message is larger than the client accepts');
    try {
      this.received.push(JSON.parse(text));
    } catch {
      this.received.push({ raw: text });
    }
  }

  sendBinary(bytes: Uint8Array): void {
    this.binary.push(bytes);
  }

  closeChannel(): void {
    this.channelClosed = true;
  }

  setLoss(share: number): void {
    this.loss = share;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  /** Opens the client's channel. */
  open(): void {
    this.#events.onOpen();
  }

  /** Sends an event, or text unchanged, from the client. */
  say(message: Record<string, unknown> | string | undefined): void {
    this.#events.onMessage(typeof message === 'object' ? JSON.stringify(message) : message);
  }

  /** Delivers audio from the client's microphone; 20 ms pass for each frame. */
  hear(pcm: Int16Array): void {
    for (let offset = 0; offset + FRAME_SAMPLES <= pcm.length; offset += FRAME_SAMPLES) {
      this.#events.onAudio(pcm.slice(offset, offset + FRAME_SAMPLES));
    }
  }

  /** Advances playback on the client; returns the frames it heard, `undefined` for silence. */
  play(ms: number): (Int16Array | undefined)[] {
    return Array.from({ length: Math.round(ms / 20) }, () => this.#events.nextFrame());
  }

  /** Disconnects the client. */
  leave(): void {
    this.#events.onClose();
  }

  /** Types of the events received so far. */
  get types(): string[] {
    return this.received.map((event) => String(event['type']));
  }
}

/** A factory that keeps its peers. */
export function fakePeers(): { factory: PeerFactory; peers: FakePeer[] } {
  const peers: FakePeer[] = [];
  const factory: PeerFactory = (offer, events) => {
    if (!offer.includes('m=audio')) return Promise.reject(new OfferError('no audio'));
    const peer = new FakePeer(events);
    peers.push(peer);
    return Promise.resolve(peer);
  };
  return { factory, peers };
}

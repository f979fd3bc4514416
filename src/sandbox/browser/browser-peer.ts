/**
 * The sandbox's end of a WebRTC call inside the visitor's page: the page's own `RTCPeerConnection`, connected to the widget's.
 *
 * Owns: the peer connection from offer to close, its data channel. Does not own: Realtime events (the protocol's), the audio
 * (`audio-line.ts`).
 */
import { OfferError } from '../media/peer.js';
import type { Peer, PeerEvents, PeerFactory } from '../media/peer.js';
import { readSdpOffer } from '../media/sdp.js';
import { AudioLine } from './audio-line.js';

/** Milliseconds to wait for the page's own addresses; without servers to ask, browsers need a tenth of that. */
const GATHERING_MS = 2_000;
/** Milliseconds until a client that never finishes connecting counts as disconnected. */
const CONNECTING_MS = 30_000;

/** Creates peers whose audio worklet has this URL. */
export function createBrowserPeers(workletUrl: string): PeerFactory {
  return async (offer, events) => {
    readSdpOffer(offer);
    const peer = new BrowserPeer(events);
    try {
      await peer.open(offer, workletUrl);
      return peer;
    } catch (error) {
      await peer.close();
      throw error;
    }
  };
}

/** One call. */
export class BrowserPeer implements Peer {
  readonly #events: PeerEvents;
  readonly #connection = new RTCPeerConnection({ iceServers: [] });
  readonly #line: AudioLine;
  #sender: RTCRtpSender | undefined;
  #channel: RTCDataChannel | undefined;
  #loss = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #live = true;
  #droppedByUs = false;
  #closed: Promise<void> | undefined;

  constructor(events: PeerEvents) {
    this.#events = events;
    this.#line = new AudioLine({
      onFrame: (heard) => {
        if (!this.#live || this.#connection.connectionState !== 'connected') return undefined;
        events.onAudio(heard);
        const frame = events.nextFrame();
        // A page cannot drop single packets of its own connection: a lost frame is silent.
        return frame !== undefined && this.#loss > 0 && Math.random() < this.#loss ? new Int16Array(frame.length) : frame;
      },
    });
  }

  get answer(): string {
    return this.#connection.localDescription?.sdp ?? '';
  }

  /** Answers the offer. @throws OfferError if the browser does not accept it */
  async open(offer: string, workletUrl: string): Promise<void> {
    const connection = this.#connection;
    const ready = this.#line.open(workletUrl);
    ready.catch(() => undefined);
    connection.ontrack = ({ track }) => {
      this.#line.hear(track);
    };
    connection.ondatachannel = ({ channel }) => {
      this.#take(channel);
    };
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === 'failed' || connection.connectionState === 'closed') this.#report();
    };
    this.#timer = setTimeout(() => {
      this.#report();
    }, CONNECTING_MS);
    try {
      // The client's role is fixed, so that the answer always has the other one, which the fault `channel-never` changes.
      await connection.setRemoteDescription({ type: 'offer', sdp: offer.replace(/^a=setup:actpass/gm, 'a=setup:active') });
    } catch (cause) {
      throw new OfferError('the browser does not accept the offer', { cause });
    }
    const [track] = this.#line.stream.getAudioTracks();
    if (track !== undefined) this.#sender = connection.addTrack(track, this.#line.stream);
    await connection.setLocalDescription(await connection.createAnswer());
    await Promise.all([gathered(connection), ready]);
  }

  /** @throws TypeError if the message exceeds the client's maximum size */
  send(text: string): void {
    if (this.#isOpen) this.#channel?.send(text);
  }

  sendBinary(bytes: Uint8Array): void {
    if (this.#isOpen) this.#channel?.send(bytes.slice());
  }

  closeChannel(): void {
    this.#droppedByUs = true;
    this.#channel?.close();
  }

  setLoss(share: number): void {
    this.#loss = share;
    const [track = null] = this.#line.stream.getAudioTracks();
    this.#sender?.replaceTrack(share >= 1 ? null : track).catch(() => undefined);
  }

  close(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  get #isOpen(): boolean {
    return this.#live && this.#channel?.readyState === 'open';
  }

  async #release(): Promise<void> {
    this.#live = false;
    clearTimeout(this.#timer);
    this.#connection.close();
    await this.#line.close();
  }

  #report(): void {
    if (!this.#live) return;
    this.#live = false;
    this.#events.onClose();
    void this.close();
  }

  /** The first channel carries the events, whatever its label. */
  #take(channel: RTCDataChannel): void {
    if (this.#channel !== undefined) return;
    this.#channel = channel;
    const opened = (): void => {
      clearTimeout(this.#timer);
      if (this.#live) this.#events.onOpen();
    };
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (this.#live) this.#events.onMessage(typeof data === 'string' ? data : undefined);
    };
    channel.onclose = () => {
      if (!this.#droppedByUs) this.#report();
    };
    if (channel.readyState === 'open') opened();
    else channel.onopen = opened;
  }
}

/** Resolves when the answer lists the page's addresses: the protocol has no way to send them later. */
function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      connection.onicegatheringstatechange = null;
      resolve();
    };
    const timer = setTimeout(done, GATHERING_MS);
    connection.onicegatheringstatechange = () => {
      if (connection.iceGatheringState === 'complete') done();
    };
  });
}

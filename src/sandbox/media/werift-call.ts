/**
 * One call on werift.
 *
 * Owns: a call's peer connection from offer to close, its data channel, and the wiring of Opus and RTP to the frame
 * clock. Does not own Realtime events (the protocol's), SDP text (`sdp.ts`) or werift's quirks
 * (`werift-workarounds.ts`).
 */

import { RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket } from 'werift';
import type { RTCDataChannel, RTCDtlsTransport } from 'werift';
import { FRAME_MS } from './peer.js';
import type { Peer, PeerEvents } from './peer.js';
import { sharedFrameClock } from './frame-clock.js';
import type { FrameClock } from './frame-clock.js';
import { IncomingAudio } from './incoming-audio.js';
import type { IncomingCounts } from './incoming-audio.js';
import { createOpusDecoder, createOpusEncoder, silentPacket } from './opus.js';
import { OutgoingAudio } from './outgoing-audio.js';
import { plainOffer, writeSdpAnswer } from './sdp.js';
import type { Offer } from './sdp.js';
import { applyWeriftWorkarounds, countDatagrams, notifyClosed, shareFlush } from './werift-workarounds.js';

/** Maximum message size in bytes that the sandbox accepts on the data channel; Chrome announces the same. */
const MAX_MESSAGE_BYTES = 262_144;

/** Settings of the WebRTC stack. */
export interface WeriftPeerOptions {
  /**
   * IPv4 addresses for new calls, the preferred one first: a socket is bound to each, and the answer lists them.
   * Default `127.0.0.1`: reachable only from this host.
   */
  readonly hosts?: () => readonly string[];
  /** Clock that paces outgoing audio. Default: the one shared by the whole process. */
  readonly clock?: FrameClock;
  /** Milliseconds until a client that never finishes connecting counts as disconnected. Default 30000. */
  readonly connectTimeout?: number;
  /**
   * Milliseconds without any datagram from the client until it counts as disconnected. Default 15000, three of ICE's
   * consent checks: the call of a page that was closed without notice then ends in half of ICE's own 30 seconds.
   */
  readonly quietTimeout?: number;
  /** 0 ≤ result < 1; determines which packets `setLoss` drops. Default `Math.random`. */
  readonly random?: () => number;
}

/** A call of this stack: a `Peer` with figures for tests and benchmarks. */
export interface WeriftPeer extends Peer {
  /**
   * Sends one text message; dropped if the channel is closed.
   *
   * @throws {RangeError} if the message has more UTF-8 bytes than the client accepts (`max-message-size`, 262144 in
   * Chrome). The client need not accept more (RFC 8841, section 6.1), and events cannot be split, so the sandbox sends
   * nothing.
   */
  send(text: string): void;
  /** Number of packets received and dropped. */
  readonly incoming: IncomingCounts;
  /** Maximum message size in bytes for `send`; `Infinity` if the client set no limit. */
  readonly maxMessageBytes: number;
}

function ignore(): void {
  // A packet that cannot be sent counts as lost.
}

function opusCodec(): RTCRtpCodecParameters {
  return new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 });
}

/** The call. Created by `createWeriftPeers`, which also calls `open`. */
export class WeriftCall implements WeriftPeer {
  readonly #offer: Offer;
  readonly #events: PeerEvents;
  readonly #clock: FrameClock;
  readonly #hosts: readonly string[];
  readonly #connectTimeout: number;
  readonly #quietTimeout: number;
  readonly #random: () => number;
  readonly #connection: RTCPeerConnection;
  readonly #transceiver;
  readonly #transport: RTCDtlsTransport;
  /** Cleanup functions that `close()` runs, latest first. */
  readonly #releases: (() => void)[] = [];
  #stopWaiting: () => void = ignore;
  #answer = '';
  #channel: RTCDataChannel | undefined;
  #outgoing: OutgoingAudio | undefined;
  #incoming: IncomingAudio | undefined;
  #droppedByUs = false;
  #closing: Promise<void> | undefined;
  #reported = false;

  constructor(offer: Offer, events: PeerEvents, hosts: readonly string[], options: WeriftPeerOptions) {
    this.#offer = offer;
    this.#events = events;
    this.#clock = options.clock ?? sharedFrameClock;
    this.#hosts = hosts;
    this.#connectTimeout = options.connectTimeout ?? 30_000;
    this.#quietTimeout = options.quietTimeout ?? 15_000;
    this.#random = options.random ?? Math.random;
    this.#connection = new RTCPeerConnection({
      bundlePolicy: 'max-bundle',
      codecs: { audio: [opusCodec()], video: [] },
      // werift uses a public STUN server by default.
      iceServers: [],
      // werift must not enumerate interfaces: the addresses are given, and `bindEachAddress` binds a socket to each.
      iceUseIpv4: false,
      iceUseIpv6: false,
      iceAdditionalHostAddresses: [...hosts],
      maxMessageSize: MAX_MESSAGE_BYTES,
    });
    this.#transceiver = this.#connection.addTransceiver('audio', { direction: 'sendrecv' });
    this.#transport = this.#transceiver.dtlsTransport;
  }

  get answer(): string {
    return this.#answer;
  }

  get incoming(): IncomingCounts {
    return this.#incoming?.counts ?? { packets: 0, dropped: 0 };
  }

  get maxMessageBytes(): number {
    return this.#offer.maxMessageSize === 0 ? Infinity : this.#offer.maxMessageSize;
  }

  /** Applies the offer and creates the answer; media starts when the client connects. */
  async open(): Promise<void> {
    const transport = this.#transport;
    // As a DTLS client, werift would wait 100 ms before its first message.
    transport.role = 'server';
    applyWeriftWorkarounds(transport);
    this.#watch();
    const [encoder, decoder, silence] = await Promise.all([createOpusEncoder(), createOpusDecoder(), silentPacket()]);
    this.#releases.push(
      () => {
        encoder.free();
      },
      () => {
        decoder.free();
      },
    );
    this.#incoming = new IncomingAudio(decoder, this.#offer.payloadType, (frame) => {
      if (this.#live) {
        this.#events.onAudio(frame);
      }
    });
    this.#outgoing = new OutgoingAudio({ encoder, silence, random: this.#random, send: this.#sendPacket });
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: plainOffer(this.#offer) });
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    const local = transport.iceTransport.localParameters;
    this.#answer = writeSdpAnswer(this.#offer, {
      ufrag: local.usernameFragment,
      password: local.password,
      fingerprints: transport.localParameters.fingerprints.map(({ algorithm, value }) => `${algorithm} ${value}`),
      candidates: transport.iceTransport.localCandidates
        .map(({ ip, ...candidate }) => ({ ...candidate, ip, place: this.#hosts.indexOf(ip) }))
        .sort((one, other) => one.place - other.place)
        // werift gives all candidates the same priority. The local preference starts at the second lowest byte (RFC 8445, section 5.1.2.1).
        .map(
          ({ foundation, component, protocol, priority, ip, port, type, place }) =>
            `${foundation.replace(/^candidate:/u, '')} ${String(component)} ${protocol} ${String(priority - place * 256)} ${ip} ${String(port)} typ ${type}`,
        ),
      ssrc: this.#transceiver.sender.ssrc,
      maxMessageSize: MAX_MESSAGE_BYTES,
    });
    const timer = setTimeout(() => {
      this.#report();
    }, this.#connectTimeout);
    this.#stopWaiting = () => {
      clearTimeout(timer);
    };
    this.#releases.push(this.#stopWaiting);
  }

  send(text: string): void {
    if (this.#isOpen && text.length * 3 > this.maxMessageBytes) {
      const bytes = Buffer.byteLength(text);
      if (bytes > this.maxMessageBytes) {
        throw new RangeError(
          `a message of ${String(bytes)} bytes exceeds the client's maximum message size (${String(this.maxMessageBytes)})`,
        );
      }
    }
    this.#put(text);
  }

  sendBinary(bytes: Uint8Array): void {
    this.#put(Buffer.from(bytes));
  }

  get #isOpen(): boolean {
    return this.#live && this.#channel?.readyState === 'open';
  }

  #put(message: string | Buffer): void {
    if (!this.#isOpen) {
      return;
    }
    try {
      this.#channel?.send(message);
    } catch {
      // Closed between the check and the send: dropped like any message on a closed channel.
    }
  }

  closeChannel(): void {
    this.#droppedByUs = true;
    this.#channel?.close();
  }

  setLoss(share: number): void {
    if (this.#outgoing !== undefined) {
      this.#outgoing.loss = share;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  get #live(): boolean {
    return this.#closing === undefined && !this.#reported;
  }

  async #shutDown(): Promise<void> {
    // Media stops before anything is awaited: no callback runs after `close()` is called.
    for (const release of this.#releases.splice(0).reverse()) {
      release();
    }
    await notifyClosed(this.#connection, this.#transport);
    try {
      await this.#connection.close();
    } catch {
      // Anything left is unreachable; the sockets were closed first.
    }
  }

  /** Reports a disconnected client once and frees everything, whether or not the protocol calls `close()`. */
  #report(): void {
    if (this.#live) {
      this.#reported = true;
      this.#events.onClose();
      void this.close();
    }
  }

  #watch(): void {
    this.#connection.connectionStateChange.subscribe((state) => {
      if (state === 'failed' || state === 'closed') {
        this.#report();
      }
    });
    this.#transport.onStateChange.subscribe((state) => {
      if (state === 'connected') {
        this.#startAudio();
      } else if (state === 'closed' || state === 'failed') {
        this.#report();
      }
    });
    // Read from the transport, not from werift's tracks: those require an announced SSRC, which a client may omit.
    this.#transport.onRtp.subscribe((packet) => {
      if (this.#live) {
        this.#incoming?.push(packet.header, packet.payload);
      }
    });
    this.#connection.onDataChannel.subscribe((channel) => {
      this.#take(channel);
    });
  }

  /** The first channel carries the events, regardless of its label; clients use various labels. */
  #take(channel: RTCDataChannel): void {
    if (this.#channel !== undefined) {
      return;
    }
    this.#channel = channel;
    const { sctpTransport } = this.#connection;
    if (sctpTransport) shareFlush(sctpTransport);
    channel.onMessage.subscribe((data) => {
      if (this.#live) {
        this.#events.onMessage(typeof data === 'string' ? data : undefined);
      }
    });
    channel.stateChange.subscribe((state) => {
      if (state === 'open' && this.#live) {
        this.#stopWaiting();
        this.#events.onOpen();
      } else if (state === 'closed' && !this.#droppedByUs) {
        this.#report();
      }
    });
  }

  #startAudio(): void {
    if (!this.#live) {
      return;
    }
    const heard = countDatagrams(this.#transport);
    let lastCount = -1;
    let quietFrames = 0;
    this.#releases.push(
      this.#clock.add((skipped) => {
        if (!this.#live) {
          return;
        }
        // Counted in sent frames, not in time: if this process stalled, the client was not necessarily silent.
        const count = heard();
        quietFrames = count === lastCount ? quietFrames + 1 : 0;
        lastCount = count;
        if (quietFrames * FRAME_MS > this.#quietTimeout) {
          this.#report();
          return;
        }
        this.#outgoing?.push(this.#events.nextFrame(), skipped);
      }),
    );
  }

  readonly #sendPacket = (payload: Uint8Array, sequence: number, timestamp: number, marker: boolean): void => {
    const header = new RtpHeader({ sequenceNumber: sequence, timestamp, marker, payloadType: this.#offer.payloadType });
    const packet = new RtpPacket(header, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
    this.#transceiver.sender.sendRtp(packet).catch(ignore);
  };
}

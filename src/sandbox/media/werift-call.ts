/**
 * One call on werift.
 *
 * Owns: a call's peer connection from offer to close, its data channel, and the wiring of Opus and RTP to the frame
 * clock. Does not own Realtime events (the protocol's), SDP text (`sdp.ts`) or werift's rough edges
 * (`werift-workarounds.ts`).
 */

import { RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket } from 'werift';
import type { RTCDataChannel, RTCDtlsTransport } from 'werift';
import { FRAME_MS } from '../peer.js';
import type { Peer, PeerEvents } from '../peer.js';
import { sharedFrameClock } from './frame-clock.js';
import type { FrameClock } from './frame-clock.js';
import { IncomingAudio } from './incoming-audio.js';
import type { IncomingCounts } from './incoming-audio.js';
import { createOpusDecoder, createOpusEncoder, silentPacket } from './opus.js';
import { OutgoingAudio } from './outgoing-audio.js';
import { plainOffer, writeAnswer } from './sdp.js';
import type { Offer } from './sdp.js';
import {
  bindEach,
  connectWithoutPolling,
  countDatagrams,
  followChoice,
  keepEarlyHandshake,
  sayGoodbye,
  shareFlush,
  skipUsedRecordNumbers,
  tolerateSendFailures,
} from './werift-workarounds.js';

/** Largest message in bytes that the sandbox takes on the data channel; what Chrome announces too. */
const MAX_MESSAGE_BYTES = 262_144;

/** Settings of the WebRTC stack. */
export interface WeriftPeerOptions {
  /**
   * IPv4 addresses for a call that begins now, the preferred one first: a socket is bound to each, and the answer names them.
   * Default `127.0.0.1`: nothing off this host.
   */
  readonly hosts?: () => readonly string[];
  /** Clock that paces outgoing audio. Default: the one shared by the whole process. */
  readonly clock?: FrameClock;
  /** Milliseconds until a client that never finishes connecting counts as gone. Default 30000. */
  readonly connectTimeout?: number;
  /**
   * Milliseconds without any datagram from the client until it counts as gone. Default 15000, three of ICE's consent
   * checks: a page that was closed without goodbye then ends its call in half the time of ICE's own 30 seconds.
   */
  readonly quietTimeout?: number;
  /** 0 ≤ result < 1; decides which packets `setLoss` drops. Default `Math.random`. */
  readonly random?: () => number;
}

/** A call of this stack: the border's `Peer`, and figures for tests and benches. */
export interface WeriftPeer extends Peer {
  /**
   * Sends one text message; a message for a closed channel is dropped.
   *
   * @throws {RangeError} when the message has more bytes of UTF-8 than the client said it takes (`max-message-size`,
   *   262144 in Chrome). The client need not take more (RFC 8841, section 6.1), and an event cut in pieces is no event,
   *   so the sandbox sends nothing and says why.
   */
  send(text: string): void;
  /** Packets received and thrown away. */
  readonly incoming: IncomingCounts;
  /** Largest message in bytes that `send` takes; `Infinity` when the client set no limit. */
  readonly maxMessageBytes: number;
}

function ignore(): void {
  // A packet that cannot be sent is a lost packet.
}

function opusCodec(): RTCRtpCodecParameters {
  return new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 });
}

/** The call. Made by `createWeriftPeers`, which also calls `open`. */
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
  /** What `close()` undoes, latest first. */
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
      // werift's default is a public STUN server.
      iceServers: [],
      // werift lists no interfaces: the addresses are given, and `bindEach` binds a socket to each.
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

  /** Takes the offer and makes the answer; the media follow by themselves when the client connects. */
  async open(): Promise<void> {
    const transport = this.#transport;
    // As DTLS client werift would wait 100 ms before its first message.
    transport.role = 'server';
    connectWithoutPolling(transport);
    keepEarlyHandshake(transport);
    skipUsedRecordNumbers(transport);
    bindEach(transport);
    followChoice(transport);
    tolerateSendFailures(transport);
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
    this.#answer = writeAnswer(this.#offer, {
      ufrag: local.usernameFragment,
      password: local.password,
      fingerprints: transport.localParameters.fingerprints.map(({ algorithm, value }) => `${algorithm} ${value}`),
      candidates: transport.iceTransport.localCandidates
        .map(({ ip, ...candidate }) => ({ ...candidate, ip, place: this.#hosts.indexOf(ip) }))
        .sort((one, other) => one.place - other.place)
        // werift gives all the same priority. The second lowest byte on is the local preference (RFC 8445, section 5.1.2.1).
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
          `a message of ${String(bytes)} bytes is more than the client takes (${String(this.maxMessageBytes)})`,
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
      // Closed between the check and the send: dropped like any message for a closed channel.
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
    // The media stop before anything is awaited: no callback comes after the call to `close()`.
    for (const release of this.#releases.splice(0).reverse()) {
      release();
    }
    await sayGoodbye(this.#connection, this.#transport);
    try {
      await this.#connection.close();
    } catch {
      // Whatever is left is unreachable now; the sockets were closed first.
    }
  }

  /** The client is gone: says so once and frees everything, whether or not the protocol still calls `close()`. */
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
    // Read from the transport, not from werift's tracks: those need an announced SSRC, which a client may leave out.
    this.#transport.onRtp.subscribe((packet) => {
      if (this.#live) {
        this.#incoming?.push(packet.header, packet.payload);
      }
    });
    this.#connection.onDataChannel.subscribe((channel) => {
      this.#take(channel);
    });
  }

  /** The first channel carries the events, whatever its label is; clients in the wild use several. */
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
        // Counted in frames sent, not in time: after this process stood still, the client has not been silent.
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

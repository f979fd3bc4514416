/**
 * A visitor's side of a call for tests: a second werift peer whose offer resembles a browser's.
 *
 * Owns: offer, answer, channel and RTP of the visitor. It shares no code with the sandbox's peer, so that a bug in one
 * is not hidden by the same bug in the other.
 */

import { RTCPeerConnection, RtpHeader } from 'werift';
import type { RTCDataChannel, RTCDtlsTransport, RtpPacket } from 'werift';

/** A visitor that has created an offer. */
export interface Visitor {
  readonly connection: RTCPeerConnection;
  readonly channel: RTCDataChannel;
  /** The offer without candidates, as the SDK sends it. */
  readonly offer: string;
  /** RTP packets received from the sandbox. */
  readonly packets: RtpPacket[];
  /** Resolves when the channel reaches the state. */
  reached(state: string): Promise<void>;
  /** Resolves with the next message. */
  message(): Promise<string | Buffer>;
  /** Resolves when that many packets have arrived. */
  received(count: number): Promise<void>;
  accept(answer: string): Promise<void>;
  sendRtp(payload: Uint8Array, sequence: number, payloadType?: number, ssrc?: number): void;
  close(): Promise<void>;
}

/** Settings of a visitor. */
export interface VisitorOptions {
  readonly direction?: 'sendrecv' | 'recvonly' | 'sendonly' | 'inactive';
  readonly label?: string;
}

/** DTLS handshake type of a HelloVerifyRequest (RFC 6347, section 4.2.1). */
const HELLO_VERIFY_REQUEST = 3;

interface DtlsClientInside {
  dtls: { flight: number };
  onHandleHandshakes(messages: { msg_type: number }[]): Promise<void>;
}

/**
 * On a busy machine the sandbox answers late, the visitor repeats its ClientHello, and a second HelloVerifyRequest arrives. werift's
 * client fails on it; a browser ignores it.
 */
function ignoreRepeatedHelloVerify(transport: RTCDtlsTransport): void {
  transport.onStateChange.subscribe((state) => {
    if (state !== 'connecting') return;
    // The DTLS client is created right after this event, in the same task.
    queueMicrotask(() => {
      const client = transport.dtls as unknown as DtlsClientInside;
      const handle = client.onHandleHandshakes;
      client.onHandleHandshakes = (messages) =>
        handle(messages.filter(({ msg_type }) => msg_type !== HELLO_VERIFY_REQUEST || client.dtls.flight < HELLO_VERIFY_REQUEST));
    });
  });
}

/** Creates a visitor and its offer. */
export async function createVisitor(options: VisitorOptions = {}): Promise<Visitor> {
  const connection = new RTCPeerConnection({
    bundlePolicy: 'max-bundle',
    iceServers: [],
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
    iceInterfaceAddresses: { udp4: '127.0.0.1' },
    maxMessageSize: 262_144,
  });
  const transceiver = connection.addTransceiver('audio', { direction: options.direction ?? 'sendrecv' });
  const channel = connection.createDataChannel(options.label ?? 'oai-events');
  const transport = transceiver.dtlsTransport;
  ignoreRepeatedHelloVerify(transport);
  const packets: RtpPacket[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  transport.onRtp.subscribe((packet) => {
    packets.push(packet);
    for (const wait of waiting.filter(({ count }) => count <= packets.length)) {
      waiting.splice(waiting.indexOf(wait), 1);
      wait.resolve();
    }
  });
  await connection.setLocalDescription(await connection.createOffer());
  const offer = (connection.localDescription?.sdp ?? '')
    .split('\r\n')
    .filter((line) => !line.startsWith('a=candidate') && line !== 'a=end-of-candidates')
    .join('\r\n');
  return {
    connection,
    channel,
    offer,
    packets,
    reached: (state) =>
      new Promise((resolve) => {
        const look = (now: string): void => {
          if (now === state) {
            resolve();
          }
        };
        channel.stateChange.subscribe(look);
        look(channel.readyState);
      }),
    message: () =>
      new Promise((resolve) => {
        channel.onMessage.once(resolve);
      }),
    received: (count) =>
      new Promise((resolve) => {
        if (packets.length >= count) {
          resolve();
        } else {
          waiting.push({ count, resolve });
        }
      }),
    accept: async (answer) => {
      await connection.setRemoteDescription({ type: 'answer', sdp: answer });
    },
    sendRtp: (payload, sequence, payloadType = 96, ssrc = transceiver.sender.ssrc) => {
      const header = new RtpHeader({ sequenceNumber: sequence & 0xff_ff, timestamp: (sequence * 960) >>> 0, payloadType, ssrc });
      void transport.sendRtp(Buffer.from(payload), header);
    },
    close: async () => {
      await connection.close();
    },
  };
}

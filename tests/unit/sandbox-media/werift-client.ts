/**
 * A visitor's side of a call for tests: a second werift peer that offers like a browser does.
 *
 * Owns: offer, answer, channel and RTP of the visitor. It shares no code with the sandbox's peer, so that a mistake in
 * one is not hidden by the same mistake in the other.
 */

import { RTCPeerConnection, RtpHeader, RtpPacket } from 'werift';
import type { RTCDataChannel, RTCRtpTransceiver } from 'werift';

/** A connected or connecting visitor. */
export interface Visitor {
  readonly connection: RTCPeerConnection;
  readonly channel: RTCDataChannel;
  readonly transceiver: RTCRtpTransceiver;
  /** The offer with its candidates taken out, as the SDK sends it. */
  readonly offer: string;
  /** RTP packets that arrived from the sandbox. */
  readonly packets: RtpPacket[];
  accept(answer: string): Promise<void>;
  /** Resolves when the channel is open. */
  readonly opened: Promise<void>;
  sendRtp(payload: Uint8Array, sequence: number, timestamp: number, payloadType?: number): void;
  close(): Promise<void>;
}

/** Settings of a visitor. */
export interface VisitorOptions {
  readonly direction?: 'sendrecv' | 'recvonly' | 'sendonly';
  readonly label?: string;
  readonly onPacket?: (packet: RtpPacket) => void;
}

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
  const opened = new Promise<void>((resolve) => {
    channel.stateChange.subscribe((state) => {
      if (state === 'open') {
        resolve();
      }
    });
  });
  const packets: RtpPacket[] = [];
  const transport = transceiver.dtlsTransport;
  transport.onRtp.subscribe((packet) => {
    packets.push(packet);
    options.onPacket?.(packet);
  });
  const description = await connection.createOffer();
  await connection.setLocalDescription(description);
  const offer = (connection.localDescription?.sdp ?? '')
    .split('\r\n')
    .filter((line) => !line.startsWith('a=candidate') && line !== 'a=end-of-candidates')
    .join('\r\n');
  return {
    connection,
    channel,
    transceiver,
    offer,
    packets,
    opened,
    accept: async (answer) => {
      await connection.setRemoteDescription({ type: 'answer', sdp: answer });
    },
    sendRtp: (payload, sequence, timestamp, payloadType = 96) => {
      const header = new RtpHeader({ sequenceNumber: sequence & 0xff_ff, timestamp, payloadType, ssrc: transceiver.sender.ssrc });
      void transport.sendRtp(Buffer.from(payload), header);
    },
    close: async () => {
      await connection.close();
    },
  };
}

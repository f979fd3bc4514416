/**
 * Workarounds that werift 0.25.2 needs to connect without delay and to shut down cleanly.
 *
 * Owns: all access to werift's private fields, so that an upgrade has one file to check. Does not own the flow of a
 * call. The fields are those of 0.25.2, which is why that version is pinned.
 */

import { CandidatePairState, ICE_COMPLETED } from 'werift';
import type { RTCDtlsTransport, RTCPeerConnection, RTCSctpTransport } from 'werift';

/** DTLS content type of an alert record (RFC 5246, section 6.2.1). */
const ALERT = 21;
/** warning(1), close_notify(0): RFC 5246, section 7.2.1. */
const CLOSE_NOTIFY = Buffer.from([1, 0]);
/** Record numbers skipped after the handshake; more than the handshake uses, less than two replay windows of 64. */
const RECORD_STEP = 64;
/** Handshake datagrams kept until ICE is ready; a browser repeats one or two. */
const MAX_EARLY = 8;

interface DtlsRecord {
  recordLayerHeader: { contentType: number };
}

interface DtlsSocketInside {
  dtls: { recordSequenceNumber: number };
  cipher: { encryptPacket(record: DtlsRecord): unknown };
  send(data: Buffer): Promise<void>;
}

interface DataEvent {
  subscribe(callback: (data: Buffer) => void): unknown;
  execute(data: Buffer): void;
}

interface PairInside {
  state: CandidatePairState;
  nominated: boolean;
  packetsReceived: number;
  requestsReceived: number;
  responsesReceived: number;
}

interface TransportInside {
  dtls?: DtlsSocketInside;
  iceTransport: {
    connection: {
      state: string;
      earlyChecks: unknown[][];
      earlyChecksDone: boolean;
      checkListState: { get(): Promise<number> };
      checkIncoming(...check: unknown[]): void;
      queryConsent(): void;
      setState(state: string): void;
      connect(): Promise<void>;
      onData: DataEvent;
      nominated: PairInside | undefined;
      options: { interfaceAddresses?: { udp4: string } };
      getCandidatePromises(addresses: string[], timeout?: number): unknown[];
      checkComplete(pair: PairInside): void;
      onIceCandidate: { subscribe(callback: () => void): unknown };
      protocols: { transport: { socket: { listeners(name: string): unknown[]; on(name: string, f: () => void): unknown } } }[];
    };
  };
  sendData(data: Buffer): Promise<void>;
}

function inside(transport: RTCDtlsTransport): TransportInside {
  return transport as unknown as TransportInside;
}

function isDtls(data: Buffer): boolean {
  const first = data[0] ?? 0;
  return first >= 20 && first <= 63;
}

/** Prepares the transport of a new call. */
export function applyWeriftWorkarounds(transport: RTCDtlsTransport): void {
  connectWithoutPolling(transport);
  keepEarlyHandshake(transport);
  skipUsedRecordNumbers(transport);
  bindEachAddress(transport);
  followNomination(transport);
  tolerateSendFailures(transport);
}

/**
 * werift finishes its handshake with record number n and then starts counting from 0 again, so a later record of the
 * same epoch repeats n and is dropped as a replay. This affects SCTP's first packets, whose retransmission takes a
 * second (measured: 1,170 ms to connect instead of 60). Skipping ahead avoids the number, and with it a repeated GCM
 * nonce.
 */
function skipUsedRecordNumbers(transport: RTCDtlsTransport): void {
  transport.onStateChange.subscribe((state) => {
    const socket = inside(transport).dtls;
    if (state === 'connected' && socket !== undefined) {
      socket.dtls.recordSequenceNumber += RECORD_STEP;
    }
  });
}

/**
 * werift starts the checks of known candidates one by one every 20 ms and polls their outcome at the same interval,
 * which costs up to 20 ms per connect. The sandbox has no known candidates: every pair comes from a check that the
 * client sent and werift answers immediately. So no polling is needed, and the outcome is awaited instead.
 */
function connectWithoutPolling(transport: RTCDtlsTransport): void {
  const { connection } = inside(transport).iceTransport;
  connection.connect = async () => {
    for (const check of connection.earlyChecks.splice(0)) {
      connection.checkIncoming(...check);
    }
    connection.earlyChecksDone = true;
    // A failed check is not final: the client may try another path until the timeout.
    while ((await connection.checkListState.get()) !== ICE_COMPLETED) {
      if (connection.state === 'closed') {
        throw new Error('closed while connecting');
      }
    }
    connection.queryConsent();
    connection.setState('connected');
  };
}

/** werift binds the sockets of all addresses to one address, or to all; this binds each to its own. */
function bindEachAddress(transport: RTCDtlsTransport): void {
  const { connection } = inside(transport).iceTransport;
  const gather = connection.getCandidatePromises.bind(connection);
  connection.getCandidatePromises = (addresses, timeout) =>
    addresses.flatMap((address) => {
      // `gather` reads this synchronously.
      connection.options.interfaceAddresses = { udp4: address };
      return gather([address], timeout);
    });
}

/**
 * werift keeps the first pair that the client nominated. With several addresses, a browser starts with the pair that
 * answered first and switches to a better one; it abandons the first one after a while, and werift would consider the
 * client gone.
 */
function followNomination(transport: RTCDtlsTransport): void {
  const { connection } = inside(transport).iceTransport;
  const complete = connection.checkComplete.bind(connection);
  connection.checkComplete = (pair) => {
    if (pair.nominated && pair.state === CandidatePairState.SUCCEEDED && pair !== connection.nominated) connection.nominated = undefined;
    complete(pair);
  };
}

/**
 * A browser sends its ClientHello as soon as its own ICE checks succeed, possibly before werift's check of the same
 * pair has succeeded and while there is no DTLS server yet; the retransmission would cost 50 ms. The datagram is kept
 * and replayed.
 */
function keepEarlyHandshake(transport: RTCDtlsTransport): void {
  const { onData } = inside(transport).iceTransport.connection;
  const early: Buffer[] = [];
  onData.subscribe((data) => {
    if (inside(transport).dtls === undefined && early.length < MAX_EARLY && isDtls(data)) {
      early.push(Buffer.from(data));
    }
  });
  transport.onStateChange.subscribe((state) => {
    if (state === 'connecting') {
      // The DTLS server is created right after this event, in the same task.
      queueMicrotask(() => {
        for (const data of early.splice(0)) {
          onData.execute(data);
        }
      });
    }
  });
}

/**
 * A datagram socket without an `error` listener ends the process when a send fails (no route, too long), and an SCTP
 * packet that cannot be sent becomes an unhandled rejection. Here, both count as packet loss.
 */
function tolerateSendFailures(transport: RTCDtlsTransport): void {
  const parts = inside(transport);
  const { connection } = parts.iceTransport;
  const guarded = new WeakSet();
  connection.onIceCandidate.subscribe(() => {
    for (const { transport: udp } of connection.protocols) {
      if (!guarded.has(udp.socket)) {
        guarded.add(udp.socket);
        udp.socket.on('error', () => undefined);
      }
    }
  });
  const sendData = parts.sendData.bind(transport);
  parts.sendData = async (data) => {
    try {
      await sendData(data);
    } catch {
      // No longer connected: lost.
    }
  };
}

/** Counts the datagrams from the client on its nominated path, including ICE checks. */
export function countDatagrams(transport: RTCDtlsTransport): () => number {
  const { connection } = inside(transport).iceTransport;
  return () => {
    const pair = connection.nominated;
    return pair === undefined ? 0 : pair.packetsReceived + pair.requestsReceived + pair.responsesReceived;
  };
}

/**
 * Notifies the client that the call has ended. werift's `close()` only stops responding, which a browser notices
 * through ICE after 5 to 30 seconds; an SCTP abort closes its data channel and a DTLS close_notify its transport
 * immediately.
 */
export async function notifyClosed(connection: RTCPeerConnection, transport: RTCDtlsTransport): Promise<void> {
  const socket = inside(transport).dtls;
  if (transport.state !== 'connected' || socket === undefined) {
    return;
  }
  try {
    await connection.sctpTransport?.sctp.abort();
    // werift can encrypt alerts but has no method to create one, so the next record is relabelled.
    const { cipher } = socket;
    const encrypt = cipher.encryptPacket.bind(cipher);
    cipher.encryptPacket = (record) => {
      record.recordLayerHeader.contentType = ALERT;
      return encrypt(record);
    };
    await socket.send(CLOSE_NOTIFY);
    // Node passes a datagram to the system one tick later; closing the socket now would discard it.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  } catch {
    // The client notices through ICE instead.
  }
}

interface SctpInside {
  outboundQueue: unknown[];
  flush: {
    subscribe(callback: () => void): { unSubscribe(): void };
    asPromise(): Promise<unknown>;
  };
}

/**
 * Each sent message waits for the next flush of the queue, and every flush wakes all waiters: with thousands of queued
 * messages the cost is quadratic, and the connection fails (measured: 5,000 messages a second took 14 s of CPU and were
 * never delivered). So all waiters share one promise, which resolves when the queue is empty.
 */
export function shareFlush(transport: RTCSctpTransport): void {
  const { sctp } = transport as unknown as { sctp: SctpInside };
  let flushed: Promise<void> | undefined;
  sctp.flush.asPromise = () => {
    flushed ??= new Promise((resolve) => {
      const { unSubscribe } = sctp.flush.subscribe(() => {
        if (sctp.outboundQueue.length > 0) return;
        unSubscribe();
        flushed = undefined;
        resolve();
      });
    });
    return flushed;
  };
}

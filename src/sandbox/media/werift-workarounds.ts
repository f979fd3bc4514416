/**
 * What werift 0.24.4 needs to connect without delay and to end without a trace.
 *
 * Owns: every touch of werift's private fields, so that an upgrade has one file to check. Does not own a call's flow.
 * The fields are those of exactly 0.24.4, which is why that version is pinned.
 */

import { CandidatePairState, ICE_COMPLETED } from 'werift';
import type { RTCDtlsTransport, RTCPeerConnection, RTCSctpTransport } from 'werift';

/** DTLS content type of an alert record (RFC 5246, section 6.2.1). */
const ALERT = 21;
/** warning(1), close_notify(0): RFC 5246, section 7.2.1. */
const CLOSE_NOTIFY = Buffer.from([1, 0]);
/** Records skipped after the handshake; more than the handshake uses, less than a receiver's window of 64 remembers twice. */
const RECORD_STEP = 64;
/** Handshake datagrams kept while ICE is not ready; a browser repeats one or two. */
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

/**
 * werift finishes its handshake with record number n and then starts counting again from 0, so a later record of the
 * same epoch repeats n and is dropped as a replay. It hits SCTP's first packets, whose repetition takes a second
 * (measured: 1,170 ms to connect instead of 60). Skipping ahead avoids the number, and with it a repeated GCM nonce.
 */
export function skipUsedRecordNumbers(transport: RTCDtlsTransport): void {
  transport.onStateChange.subscribe((state) => {
    const socket = inside(transport).dtls;
    if (state === 'connected' && socket !== undefined) {
      socket.dtls.recordSequenceNumber += RECORD_STEP;
    }
  });
}

/**
 * werift starts the checks of candidates that it was told of one by one every 20 ms, and looks at their outcome in that
 * rhythm too, which costs up to 20 ms per connect. The sandbox tells it of none: every pair comes from a check that the
 * client sent and werift answers at once. So nothing needs the rhythm, and the outcome is awaited instead.
 */
export function connectWithoutPolling(transport: RTCDtlsTransport): void {
  const { connection } = inside(transport).iceTransport;
  connection.connect = async () => {
    for (const check of connection.earlyChecks.splice(0)) {
      connection.checkIncoming(...check);
    }
    connection.earlyChecksDone = true;
    // A failed check is not the end: the client may try another path until its time is over.
    while ((await connection.checkListState.get()) !== ICE_COMPLETED) {
      if (connection.state === 'closed') {
        throw new Error('closed while connecting');
      }
    }
    connection.queryConsent();
    connection.setState('connected');
  };
}

/** werift binds the sockets of all addresses to one address, or to all; here each is bound to its own. */
export function bindEach(transport: RTCDtlsTransport): void {
  const { connection } = inside(transport).iceTransport;
  const gather = connection.getCandidatePromises.bind(connection);
  connection.getCandidatePromises = (addresses, timeout) =>
    addresses.flatMap((address) => {
      // Read before `gather` returns.
      connection.options.interfaceAddresses = { udp4: address };
      return gather([address], timeout);
    });
}

/**
 * werift keeps the first pair that the client chose. With several addresses a browser begins with the pair that answered first
 * and goes over to a better one; it gives up the first one after a while, and werift would count it as gone.
 */
export function followChoice(transport: RTCDtlsTransport): void {
  const { connection } = inside(transport).iceTransport;
  const complete = connection.checkComplete.bind(connection);
  connection.checkComplete = (pair) => {
    if (pair.nominated && pair.state === CandidatePairState.SUCCEEDED && pair !== connection.nominated) connection.nominated = undefined;
    complete(pair);
  };
}

/**
 * A browser sends its ClientHello as soon as its own ICE checks succeed, which may be before werift's check of the same
 * pair did and there is nobody to take it; the repetition would cost 50 ms. So it is kept and played again.
 */
export function keepEarlyHandshake(transport: RTCDtlsTransport): void {
  const { onData } = inside(transport).iceTransport.connection;
  const early: Buffer[] = [];
  onData.subscribe((data) => {
    if (inside(transport).dtls === undefined && early.length < MAX_EARLY && isDtls(data)) {
      early.push(Buffer.from(data));
    }
  });
  transport.onStateChange.subscribe((state) => {
    if (state === 'connecting') {
      // The DTLS server is made right after this event, in the same turn.
      queueMicrotask(() => {
        for (const data of early.splice(0)) {
          onData.execute(data);
        }
      });
    }
  });
}

/**
 * A datagram socket without a listener for `error` ends the process when a send fails (no route, too long), and an
 * SCTP packet that cannot be sent becomes an unhandled rejection. For this call both are nothing but loss.
 */
export function tolerateSendFailures(transport: RTCDtlsTransport): void {
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
      // Not connected any more: lost.
    }
  };
}

/** Counts what the client sent over its chosen path, checks of ICE included. */
export function countDatagrams(transport: RTCDtlsTransport): () => number {
  const { connection } = inside(transport).iceTransport;
  return () => {
    const pair = connection.nominated;
    return pair === undefined ? 0 : pair.packetsReceived + pair.requestsReceived + pair.responsesReceived;
  };
}

/**
 * Tells the client that the call is over. werift's `close()` only stops answering, which a browser notices through
 * ICE after 5 to 30 seconds; an SCTP abort closes its data channel and a DTLS close_notify its transport at once.
 */
export async function sayGoodbye(connection: RTCPeerConnection, transport: RTCDtlsTransport): Promise<void> {
  const socket = inside(transport).dtls;
  if (transport.state !== 'connected' || socket === undefined) {
    return;
  }
  try {
    await connection.sctpTransport?.sctp.abort();
    // werift can encrypt alerts but has no call that makes one: the next record is relabelled on its way.
    const { cipher } = socket;
    const encrypt = cipher.encryptPacket.bind(cipher);
    cipher.encryptPacket = (record) => {
      record.recordLayerHeader.contentType = ALERT;
      return encrypt(record);
    };
    await socket.send(CLOSE_NOTIFY);
    // Node hands a datagram to the system one turn later; closing the socket now would throw it away.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  } catch {
    // The client learns it from ICE instead.
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
 * Each message that is sent waits for the next flush of the queue, and every flush wakes all that wait: with thousands of
 * messages queued that costs the square of their number, and the connection dies of it (measured: 5,000 a second took
 * 14 s of CPU and were never delivered). So all waiters share one promise, which is kept when the queue is empty.
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

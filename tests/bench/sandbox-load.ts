/**
 * Load on the sandbox's media side: many concurrent calls, all playing.
 *
 * Owns: three processes, so that the measured one only serves. The server answers offers with the sandbox's WebRTC
 * stack, plays a tone into every call and decodes every microphone packet; the client connects the calls and sends a
 * packet every 20 ms on each, like browsers with an open microphone. Measures how late the server's frames are, from
 * their due time on the clock to the end of the send.
 *
 * Run: `npx tsx tests/bench/sandbox-load.ts [calls] [seconds]`.
 */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { RTCPeerConnection, RtpHeader } from 'werift';
import { FrameClock, sharedFrameClock } from '../../src/sandbox/media/frame-clock.js';
import type { Lateness } from '../../src/sandbox/media/frame-clock.js';
import { createOpusEncoder } from '../../src/sandbox/media/opus.js';
import { createWeriftPeers } from '../../src/sandbox/media/werift-peer.js';
import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE } from '../../src/sandbox/media/peer.js';

/** Options of one run. */
export interface SandboxLoadOptions {
  /** Number of concurrent calls. */
  readonly calls: number;
  /** Seconds of measurement, after all calls are connected. */
  readonly seconds: number;
}

/** Lateness of the server's frames in milliseconds, and evidence that the calls were real. */
export interface SandboxLoad {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Calls that were connected during the whole measurement. */
  readonly calls: number;
  /** Frames measured, and frames skipped after a stall. */
  readonly frames: number;
  readonly skipped: number;
  /** Share of one CPU core that the server used. */
  readonly cores: number;
  /** RTP packets that the client received, and microphone frames that the server decoded, per call and second. */
  readonly received: number;
  readonly heard: number;
  /** Milliseconds from an offer to its answer in the server, median over the calls. */
  readonly answered: number;
  /** Lateness of a clock with the same number of no-op entries, in a third process at the same time. */
  readonly bare: Lateness;
}

type Request =
  { readonly type: 'offer'; readonly id: number; readonly sdp: string } | { readonly type: 'begin' } | { readonly type: 'end' };

type Reply =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly id: number; readonly sdp: string; readonly ms: number }
  | { readonly type: 'bare'; readonly lateness: Lateness }
  | { readonly type: 'figures'; readonly lateness: Lateness; readonly cpuMs: number; readonly heard: number };

const TONE_HZ = 440;
/** Milliseconds until connecting counts as failed. */
const CONNECT_MS = 20_000;

async function within<T>(ms: number, work: Promise<T>, complaint: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(complaint));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tone(frameIndex: number): Int16Array {
  const frame = new Int16Array(FRAME_SAMPLES);
  for (let index = 0; index < FRAME_SAMPLES; index += 1) {
    frame[index] = 8000 * Math.sin((2 * Math.PI * TONE_HZ * (frameIndex * FRAME_SAMPLES + index)) / SAMPLE_RATE);
  }
  return frame;
}

/** The measured process: answers offers received as IPC messages. */
function serve(): void {
  const peers = createWeriftPeers();
  // 100 ms hold a whole number of periods of 440 Hz; the tone itself costs the server nothing.
  const frames = Array.from({ length: 5 }, (_, index) => tone(index));
  let heard = 0;
  let begin = process.cpuUsage();
  const reply = (message: Reply): void => {
    process.send?.(message);
  };
  process.on('message', (request: Request) => {
    if (request.type === 'offer') {
      let played = 0;
      const asked = performance.now();
      peers(request.sdp, {
        onOpen: () => undefined,
        onMessage: () => undefined,
        onAudio: () => {
          heard += 1;
        },
        nextFrame: () => frames[played++ % frames.length],
        onClose: () => undefined,
      }).then(
        (peer) => {
          reply({ type: 'answer', id: request.id, sdp: peer.answer, ms: performance.now() - asked });
        },
        (error: unknown) => {
          throw error;
        },
      );
    } else if (request.type === 'begin') {
      sharedFrameClock.resetLateness();
      heard = 0;
      begin = process.cpuUsage();
    } else {
      const used = process.cpuUsage(begin);
      reply({
        type: 'figures',
        lateness: sharedFrameClock.lateness(),
        cpuMs: (used.user + used.system) / 1000,
        heard,
      });
    }
  });
  // The parent has exited; an orphan would keep its calls.
  process.on('disconnect', () => process.exit());
  reply({ type: 'ready' });
}

/** The baseline: a frame clock with no-op frames, to measure the machine's own lateness. */
function tick(calls: number): void {
  const clock = new FrameClock();
  for (let call = 0; call < calls; call += 1) clock.add(() => undefined);
  process.on('message', (request: Request) => {
    if (request.type === 'begin') clock.resetLateness();
    else process.send?.({ type: 'bare', lateness: clock.lateness() } satisfies Reply);
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ type: 'ready' } satisfies Reply);
}

interface Call {
  readonly connection: RTCPeerConnection;
  readonly send: (payload: Buffer) => void;
  received: number;
  /** Milliseconds that the server took to answer. */
  answered: number;
}

async function nextReply<T extends Reply['type']>(server: ChildProcess, type: T): Promise<Extract<Reply, { type: T }>> {
  for (;;) {
    const [message] = (await once(server, 'message')) as [Reply];
    if (message.type === type) {
      return message as Extract<Reply, { type: T }>;
    }
  }
}

async function connect(server: ChildProcess, id: number): Promise<Call> {
  const connection = new RTCPeerConnection({
    bundlePolicy: 'max-bundle',
    iceServers: [],
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
    iceInterfaceAddresses: { udp4: '127.0.0.1' },
  });
  const transceiver = connection.addTransceiver('audio', { direction: 'sendrecv' });
  const channel = connection.createDataChannel('oai-events');
  const opened = channel.stateChange.watch((state) => state === 'open');
  const transport = transceiver.dtlsTransport;
  let sequence = 0;
  const call: Call = {
    connection,
    received: 0,
    answered: 0,
    send: (payload) => {
      sequence = (sequence + 1) & 0xff_ff;
      const header = new RtpHeader({
        sequenceNumber: sequence,
        timestamp: sequence * 960,
        payloadType: transceiver.codecs[0]?.payloadType ?? 96,
        ssrc: transceiver.sender.ssrc,
      });
      void transport.sendRtp(payload, header);
    },
  };
  transport.onRtp.subscribe(() => {
    call.received += 1;
  });
  await connection.setLocalDescription(await connection.createOffer());
  const request: Request = { type: 'offer', id, sdp: connection.localDescription?.sdp ?? '' };
  server.send(request);
  const answer = await nextReply(server, 'answer');
  call.answered = answer.ms;
  await connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
  await opened;
  return call;
}

/** Sends each call a microphone packet every 20 ms, spread over the 20 ms. */
function talk(calls: readonly Call[], packets: readonly Buffer[]): () => void {
  const start = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - start) / FRAME_MS) * calls.length;
    for (; sent < due; sent += 1) {
      const packet = packets[Math.floor(sent / calls.length) % packets.length];
      if (packet !== undefined) {
        calls[sent % calls.length]?.send(packet);
      }
    }
  }, 1);
  return () => {
    clearInterval(timer);
  };
}

async function microphone(): Promise<Buffer[]> {
  const encoder = await createOpusEncoder();
  try {
    return Array.from({ length: 50 }, (_, index) => Buffer.from(encoder.encode(tone(index))));
  } finally {
    encoder.free();
  }
}

/**
 * Measures the sandbox's punctuality under load. Takes the given number of seconds, plus about 0.2 s per call to
 * connect.
 *
 * @throws if a call does not connect.
 */
export async function measureSandboxLoad({ calls: count, seconds }: SandboxLoadOptions): Promise<SandboxLoad> {
  const own = (...args: string[]): ChildProcess => fork(fileURLToPath(import.meta.url), args, { execArgv: ['--import', 'tsx'] });
  const [server, clock] = [own('serve'), own('tick', String(count))];
  const calls: Call[] = [];
  try {
    await Promise.all([server, clock].map((process) => nextReply(process, 'ready')));
    const packets = await microphone();
    while (calls.length < count) {
      calls.push(await within(CONNECT_MS, connect(server, calls.length), 'a call did not connect'));
    }
    const silence = talk(calls, packets);
    // The first second is warm-up: code is compiled, and the effects of connecting subside.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (const call of calls) {
      call.received = 0;
    }
    for (const process of [server, clock]) process.send({ type: 'begin' } satisfies Request);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    for (const process of [server, clock]) process.send({ type: 'end' } satisfies Request);
    const [{ lateness, cpuMs, heard }, { lateness: bare }] = await Promise.all([nextReply(server, 'figures'), nextReply(clock, 'bare')]);
    silence();
    const per = (total: number): number => Math.round((10 * total) / (count * seconds)) / 10;
    return {
      p50: lateness.p50,
      p99: lateness.p99,
      max: lateness.max,
      calls: calls.filter((call) => call.received > 0).length,
      frames: lateness.count,
      skipped: lateness.skipped,
      cores: Math.round(cpuMs / (seconds * 10)) / 100,
      received: per(calls.reduce((sum, call) => sum + call.received, 0)),
      heard: per(heard),
      bare,
      answered: Math.round(10 * (calls.map((call) => call.answered).sort((a, b) => a - b)[calls.length >> 1] ?? 0)) / 10,
    };
  } finally {
    await Promise.all(calls.map((call) => call.connection.close()));
    server.kill();
    clock.kill();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'serve') {
    serve();
  } else if (process.argv[2] === 'tick') {
    tick(Number(process.argv[3]));
  } else {
    const options = { calls: Number(process.argv[2] ?? 40), seconds: Number(process.argv[3] ?? 10) };
    console.log(JSON.stringify(await measureSandboxLoad(options)));
  }
}

/**
 * One trial of a server that is killed at random moments: visitors call, the process gets SIGKILL and is started again with the same
 * folder, and more visitors call. Everything random comes from the seed.
 *
 * Used by a test with a few trials and by the benchmark `server-kills` with 50.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Sandbox, SandboxCall } from '../../src/sandbox/index.js';
import { urlOf } from '../server/server-command-support.js';
import type { Command, Commands } from '../server/server-command-support.js';
import { createVisitor } from '../unit/sandbox-media/visitor.js';
import type { Visitor } from '../unit/sandbox-media/visitor.js';

/** Result of a trial. */
export interface KilledServer {
  readonly seed: number;
  readonly kills: number;
  /** Calls that the API received: each is paid for, whether or not its visitor got an answer. */
  readonly placed: number;
  /** Calls that the budget of the day allows. */
  readonly allowed: number;
  /** Calls whose visitor got an answer and connected. */
  readonly answered: number;
  /** Calls that were active when the process was killed. */
  readonly active: number;
  /**
   * For each answered call: milliseconds from its limit, or from the moment when the process that had to hang it up listened, to its end;
   * negative if its visitor left earlier.
   */
  readonly late: readonly number[];
}

const PAGE = 'https://www.example.com';
/** The shortest limit that the server accepts. */
const MAX_SECONDS = 10;
const CALLS_PER_DAY = 2;
/** Milliseconds past its limit after which a call counts as never hung up. */
const GIVE_UP = 30_000;
/** Milliseconds in which a visitor with an answer connects, unless the call has ended. */
const CONNECT = 10_000;

/** A small generator of random numbers (mulberry32), from 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Runs one trial. */
export async function killedServer(seed: number, sandbox: Sandbox, commands: Commands): Promise<KilledServer> {
  const random = randomFrom(seed);
  const key = `sk-sandbox-trial-${String(seed)}`;
  const config = {
    allowedOrigins: [PAGE],
    upstream: { baseUrl: sandbox.url, apiKey: key },
    listen: { port: 0 },
    limits: { maxSeconds: MAX_SECONDS, maxIdleSeconds: MAX_SECONDS, warningSeconds: 0 },
    budget: { callsPerDay: CALLS_PER_DAY },
    rates: { perAddress: false },
  };
  const files = { 'voice-agent.config.json': JSON.stringify(config) };
  const visitors: Visitor[] = [];
  const ends = new Map<SandboxCall, number>();
  const watching = setInterval(() => {
    for (const call of sandbox.calls) {
      if (call.key !== key || ends.has(call)) continue;
      ends.set(call, NaN);
      void call.ended.then(() => ends.set(call, Date.now()));
    }
  }, 20);

  const call = async (url: string): Promise<void> => {
    const visitor = await createVisitor();
    visitors.push(visitor);
    const answer = await fetch(`${url}/voice/call`, {
      method: 'POST',
      headers: { Origin: PAGE, 'Content-Type': 'application/sdp' },
      body: visitor.offer,
    }).catch(() => undefined);
    const sdp = answer?.status === 201 ? await answer.text().catch(() => undefined) : undefined;
    if (sdp === undefined) return;
    await visitor.accept(sdp);
    await Promise.race([visitor.reached('open'), pause(CONNECT)]);
  };

  let command: Command = await commands.start({ files });
  let started = Date.now();
  let active = 0;
  const calling: Promise<void>[] = [];
  const kills = random() < 0.5 ? 1 : 2;
  try {
    for (let kill = 0; kill < kills; kill++) {
      const url = await urlOf(command);
      for (let each = 0; each < 2; each++) calling.push(pause(random() * 1_000).then(() => call(url)));
      await pause(random() * 2_500);
      command.kill('SIGKILL');
      await command.ended;
      active += sandbox.calls.filter((each) => each.key === key && each.state !== 'ended').length;
      // A few stay down until the limits of their calls have passed.
      await pause(random() < 0.1 ? MAX_SECONDS * 1_000 : random() * 1_000);
      command = await commands.start({ files, folder: command.folder });
      await urlOf(command);
      started = Date.now();
    }
    const url = await urlOf(command);
    for (let each = 0; each < CALLS_PER_DAY + 1; each++) calling.push(call(url));
    await Promise.all(calling);
    // A visitor without an answer never connects: the API itself ends such a call, and nobody else knows its ID.
    const answered = [...ends.keys()].filter(({ state, endReason }) => state !== 'connecting' && endReason !== 'never-connected');
    const limits = answered.map((each) => each.startedAt + MAX_SECONDS * 1_000);
    const over = Promise.all(answered.map((each) => each.ended));
    await Promise.race([over, pause(Math.max(0, Math.max(0, ...limits) + GIVE_UP - Date.now()))]);
    // The entries of `ends` are set in the same tick as `ended`.
    await pause(50);
    const late = answered.map((each) => {
      const end = ends.get(each);
      return (end === undefined || Number.isNaN(end) ? Infinity : end) - Math.max(each.startedAt + MAX_SECONDS * 1_000, started);
    });
    return { seed, kills, placed: ends.size, allowed: CALLS_PER_DAY, answered: answered.length, active, late };
  } finally {
    clearInterval(watching);
    await Promise.all(visitors.map((visitor) => visitor.close()));
    command.kill('SIGKILL');
    await command.ended;
  }
}

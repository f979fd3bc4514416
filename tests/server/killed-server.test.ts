/**
 * A server that is killed with SIGKILL at random moments, as a real process with real WebRTC: no call outlives its limit, and no budget
 * is spent twice. `KILL_TRIALS=50` runs more trials, `KILL_SEED` repeats those of an earlier run.
 */
import { afterAll, expect, it } from 'vitest';
import { createSandbox } from '../../src/sandbox/index.js';
import { killedServer } from '../support/killed-server.js';
import type { KilledServer } from '../support/killed-server.js';
import { Commands } from './server-command-support.js';

const trials = Number(process.env['KILL_TRIALS'] ?? 3);
const first = Number(process.env['KILL_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const AT_ONCE = 3;
const commands = new Commands();
afterAll(() => commands.close());

it(
  'hangs up every call at its limit after a restart, and places no more calls than the budget allows',
  { timeout: 120_000 + 60_000 * trials },
  async () => {
    const sandbox = await createSandbox({ port: 0, thinkMs: 0, speak: () => Promise.resolve(new Int16Array(2_400)) });
    const seen: KilledServer[] = [];
    try {
      // If every process died before its first call was placed, the trials show nothing.
      while (seen.length < trials || seen.every(({ answered }) => answered === 0)) {
        const seeds = Array.from({ length: AT_ONCE }, (_, each) => first + seen.length + each);
        seen.push(...(await Promise.all(seeds.map((seed) => killedServer(seed, sandbox, commands)))));
      }
    } finally {
      await sandbox.close();
    }
    const summary = `KILL_SEED=${String(first)} ${JSON.stringify(seen)}`;
    console.log(summary);
    for (const { placed, allowed, late } of seen) {
      expect(placed, summary).toBeLessThanOrEqual(allowed);
      for (const ms of late) expect(ms, summary).toBeLessThanOrEqual(5_000);
    }
  },
);

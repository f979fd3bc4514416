/** A server that is killed with SIGKILL at 50 random moments: calls that outlive their limit, and calls beyond the budget. */
import { fileURLToPath } from 'node:url';
import { createSandbox } from '../../src/sandbox/index.js';
import { Commands } from '../server/server-command-support.js';
import type { Figure } from '../support/bench-figure.js';
import { summarise } from '../support/bench-statistics.js';
import { killedServer } from '../support/killed-server.js';
import type { KilledServer } from '../support/killed-server.js';

const TRIALS = 50;
const AT_ONCE = 2;
const built = fileURLToPath(new URL('../../dist/server-cli.js', import.meta.url));

/** See the head of the file. */
export async function measureServerKills(): Promise<Figure[]> {
  const first = Math.floor(Math.random() * 1_000_000);
  const sandbox = await createSandbox({ port: 0, thinkMs: 0, speak: () => Promise.resolve(new Int16Array(2_400)) });
  const commands = new Commands([built]);
  const seen: KilledServer[] = [];
  try {
    while (seen.length < TRIALS) {
      const seeds = Array.from({ length: Math.min(AT_ONCE, TRIALS - seen.length) }, (_, each) => first + seen.length + each);
      seen.push(...(await Promise.all(seeds.map((seed) => killedServer(seed, sandbox, commands)))));
    }
  } finally {
    await commands.close();
    await sandbox.close();
  }
  const sum = (count: (trial: KilledServer) => number): number => seen.reduce((total, trial) => total + count(trial), 0);
  const late = seen.flatMap((trial) => trial.late);
  const counts = `${String(sum(({ kills }) => kills))} kills, ${String(sum(({ placed }) => placed))} calls placed, ${String(sum(({ answered }) => answered))} connected, ${String(sum(({ active }) => active))} active when killed; first seed ${String(first)}`;
  return [
    {
      figure: `kill -9, ${String(TRIALS)} trials: calls past their limit by more than 5 s`,
      value: late.filter((ms) => ms > 5_000).length,
      unit: '',
      bound: 0,
      note: counts,
    },
    {
      figure: `kill -9, ${String(TRIALS)} trials: calls beyond the budget of the day`,
      value: sum(({ placed, allowed }) => Math.max(0, placed - allowed)),
      unit: '',
      bound: 0,
    },
    {
      figure: 'kill -9: end of a call after its limit',
      value: Math.round(Math.max(...late)),
      unit: 'ms',
      bound: 5_000,
      sample: summarise(late),
      note: 'longest',
    },
  ];
}

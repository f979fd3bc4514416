/**
 * `npm run bench [name…] [-- --strict] [-- --against REV]`: measures the product's performance figures on the built
 * files, and writes a table and `bench-results/bench.json`. A benchmark is not a test: a missed bound is printed, and
 * fails only with `--strict`. With `--against`, another commit is built and both are measured in alternating turns
 * (`against.ts`).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { isMet } from '../support/bench-figure.js';
import type { Figure } from '../support/bench-figure.js';
import { isBuilt } from '../support/bench-site.js';
import { pause } from '../support/bench-lab.js';
import { printFigure, printTotals } from '../support/bench-table.js';
import { chromiumPath } from '../support/chromium.js';
import { measureAgainst } from './against.js';
import { measureSize } from './built-size.js';
import { measureHeap } from './heap.js';
import { measureInterrupt } from './interrupt.js';
import { measureLoad } from './load.js';
import { measureMicrophone } from './microphone.js';
import { measurePress } from './press.js';
import { measureRecordedEvents } from './recorded-events.js';
import { measureSandboxCalls } from './sandbox-calls.js';
import { measureScriptConnect } from './script-connect.js';
import { measureServerCalls } from './server-calls.js';
import { measureServerFlood, measureWorkerSize } from './server-flood.js';
import { measureServerKills } from './server-kills.js';
import { measureServerSlowPosts } from './server-slow-posts.js';
import { measureServerToken } from './server-token.js';
import { measureTranscript } from './transcript.js';
import { measureWebSocket } from './websocket.js';
import { measureWordPressRoute } from './wordpress-route.js';

/** All measurements by their command-line name, in the order in which they run. */
const MEASUREMENTS: Readonly<Record<string, () => Promise<Figure[]>>> = {
  size: measureSize,
  load: measureLoad,
  press: measurePress,
  connect: measureScriptConnect,
  interrupt: measureInterrupt,
  websocket: measureWebSocket,
  microphone: measureMicrophone,
  transcript: measureTranscript,
  sandbox: measureSandboxCalls,
  events: measureRecordedEvents,
  heap: measureHeap,
  'server-token': measureServerToken,
  'server-calls': measureServerCalls,
  'server-flood': measureServerFlood,
  'server-kills': measureServerKills,
  'server-slow-posts': measureServerSlowPosts,
  'worker-size': measureWorkerSize,
  wordpress: measureWordPressRoute,
};

/** Share of CPU time used by other processes above which a warning is printed next to the figures. */
const BUSY = 0.2;

/** The environment that the numbers depend on. */
function machine(): Record<string, unknown> {
  const version = chromiumPath ? spawnSync(chromiumPath, ['--version'], { encoding: 'utf8' }).stdout.trim() : "Playwright's own";
  return {
    date: new Date().toISOString(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadAverage: loadavg().map((load) => Math.round(load * 100) / 100),
    node: process.version,
    chromium: version,
  };
}

/** Share of CPU time, 0..1, used by other processes: measured during an idle second. */
async function busyness(): Promise<number> {
  const times = (): { idle: number; all: number } => {
    const each = cpus().map(({ times: spent }) => spent);
    const all = each.reduce((sum, spent) => sum + Object.values(spent).reduce((a, b) => a + b, 0), 0);
    return { idle: each.reduce((sum, { idle }) => sum + idle, 0), all };
  };
  const before = times();
  await pause(1000);
  const after = times();
  return Math.round(100 - (100 * (after.idle - before.idle)) / (after.all - before.all)) / 100;
}

interface Result {
  readonly name: string;
  readonly seconds: number;
  /** Share of CPU time in use just before; above `BUSY` the figures are unreliable. */
  readonly busy: number;
  readonly figures: readonly Figure[];
  readonly failure?: string;
}

async function run(name: string, measure: () => Promise<Figure[]>): Promise<Result> {
  const busy = await busyness();
  const begun = performance.now();
  const done = (figures: readonly Figure[], failure?: string): Result => ({
    name,
    seconds: Math.round((performance.now() - begun) / 1000),
    busy,
    figures,
    ...(failure === undefined ? {} : { failure }),
  });
  try {
    return done(await measure());
  } catch (error) {
    return done([], error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

async function main(names: readonly string[], strict: boolean, against: string | undefined): Promise<void> {
  const unknown = names.filter((name) => !(name in MEASUREMENTS));
  if (unknown.length) throw new Error(`Unknown measurements: ${unknown.join(', ')}. Available: ${Object.keys(MEASUREMENTS).join(', ')}.`);
  if (!isBuilt()) throw new Error('The built files are missing: run `npm run build` first.');
  if (against !== undefined) return measureAgainst(against, names.length ? names : Object.keys(MEASUREMENTS));
  const facts = machine();
  console.log(
    Object.entries(facts)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(' · '),
    '\n',
  );
  const results: Result[] = [];
  for (const [name, measure] of Object.entries(MEASUREMENTS)) {
    if (names.length && !names.includes(name)) continue;
    const result = await run(name, measure);
    results.push(result);
    console.log(
      `${name} (${String(result.seconds)} s)${result.busy > BUSY ? `  !! other processes used ${String(Math.round(result.busy * 100))} % of the CPU: noisy` : ''}`,
    );
    for (const figure of result.figures) printFigure(figure);
    if (result.failure) console.log(`  FAILED  ${result.failure}`);
  }
  const figures = results.flatMap((result) => result.figures);
  const failures = results.filter(({ failure }) => failure).length;
  printTotals(figures, failures);
  const folder = new URL('../../bench-results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const withBounds = results.map((result) => ({ ...result, figures: result.figures.map((figure) => ({ ...figure, met: isMet(figure) })) }));
  writeFileSync(new URL('bench.json', folder), `${JSON.stringify({ machine: facts, results: withBounds }, null, 2)}\n`);
  if (strict && (failures || figures.some((figure) => isMet(figure) === false))) process.exitCode = 1;
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { strict: { type: 'boolean', default: false }, against: { type: 'string' } },
  });
  await main(positionals, values.strict, values.against);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

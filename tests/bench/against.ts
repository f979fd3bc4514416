/**
 * `npm run bench -- --against REV`: runs the same measurements for another commit, alternating with this checkout so
 * that the machine's load affects both. The other commit is built in a separate checkout and measured with this
 * checkout's benchmark code.
 *
 * Owns: that checkout, from creation to removal. Does not own the measurements (`bench.ts`).
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figure } from '../support/bench-figure.js';
import { median, round } from '../support/bench-statistics.js';

const HERE = fileURLToPath(new URL('../..', import.meta.url));
/** The order of the turns: each side runs once first and once last. */
const TURNS = ['here', 'there', 'there', 'here'] as const;
type Side = (typeof TURNS)[number];

/** The results of both sides for one figure. */
export interface Comparison {
  readonly figure: string;
  readonly unit: string;
  /** Medians over the turns; `undefined` if this side has no such figure, or its measurement failed. */
  readonly here: number | undefined;
  readonly there: number | undefined;
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${error?.message ?? `${stdout}${stderr}`.slice(-2_000)}`);
  return stdout.trim();
}

/** Checks out the commit and builds it. @returns its folder, and a function that removes it */
function prepare(revision: string): { folder: string; remove: () => void } {
  const commit = run('git', ['rev-parse', '--verify', `${revision}^{commit}`], HERE);
  const folder = join(mkdtempSync(join(tmpdir(), 'voice-agent-bench-')), 'checkout');
  run('git', ['worktree', 'add', '--detach', folder, commit], HERE);
  const remove = (): void => {
    spawnSync('git', ['worktree', 'remove', '--force', folder], { cwd: HERE });
    rmSync(join(folder, '..'), { recursive: true, force: true });
  };
  try {
    const lock = (root: string): string => readFileSync(join(root, 'package-lock.json'), 'utf8');
    if (lock(folder) === lock(HERE)) symlinkSync(join(HERE, 'node_modules'), join(folder, 'node_modules'));
    else run('npm', ['ci', '--no-audit', '--no-fund'], folder);
    run('npm', ['run', '--silent', 'build'], folder);
    for (const part of ['tests/bench', 'tests/support']) {
      rmSync(join(folder, part), { recursive: true, force: true });
      cpSync(join(HERE, part), join(folder, part), { recursive: true });
    }
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** One turn of one measurement in a separate process. */
function measure(folder: string, name: string): { figures: readonly Figure[]; failure?: string } {
  const results = join(folder, 'bench-results/bench.json');
  rmSync(results, { force: true });
  const { stdout, stderr } = spawnSync('node', ['--import', 'tsx', 'tests/bench/bench.ts', name], { cwd: folder, encoding: 'utf8' });
  if (!existsSync(results)) return { figures: [], failure: `${stdout}${stderr}`.slice(-1_000) };
  const { results: measured } = JSON.parse(readFileSync(results, 'utf8')) as { results: { figures: Figure[]; failure?: string }[] };
  return measured[0] ?? { figures: [] };
}

/** Pairs the results of both sides; figures keep the order of this checkout. */
export function compare(turns: readonly { readonly side: Side; readonly figures: readonly Figure[] }[]): Comparison[] {
  const order = [
    ...new Set([...turns].sort((a, b) => a.side.localeCompare(b.side)).flatMap(({ figures }) => figures.map(({ figure }) => figure))),
  ];
  return order.map((figure) => {
    const of = (side: Side): number | undefined => {
      const values = turns
        .filter((turn) => turn.side === side)
        .flatMap(({ figures }) => figures.filter((one) => one.figure === figure).map(({ value }) => value));
      return values.length ? round(median(values), 3) : undefined;
    };
    const unit = turns.flatMap(({ figures }) => figures).find((one) => one.figure === figure)?.unit ?? '';
    return { figure, unit, here: of('here'), there: of('there') };
  });
}

function print({ figure, unit, here, there }: Comparison): void {
  const say = (value: number | undefined): string => (value === undefined ? '-' : `${String(value)} ${unit}`).padStart(14);
  const change = here === undefined || !there ? '' : `${String(round(here / there, 2))} ×`;
  console.log(`  ${say(here)}  ${say(there)}  ${change.padStart(8)}  ${figure}`);
}

/**
 * Measures this checkout and another commit in alternating turns, and prints both. @throws if the commit does not exist
 * or does not build
 */
export function measureAgainst(revision: string, names: readonly string[]): void {
  console.log(`Building ${revision} …`);
  const { folder, remove } = prepare(revision);
  try {
    console.log(`  ${'this checkout'.padStart(14)}  ${revision.slice(0, 14).padStart(14)}  ${'ratio'.padStart(8)}`);
    for (const name of names) {
      const turns = TURNS.map((side) => ({ side, ...measure(side === 'here' ? HERE : folder, name) }));
      console.log(name);
      for (const comparison of compare(turns)) print(comparison);
      for (const { side, failure } of turns)
        if (failure) console.log(`  FAILED  ${side === 'here' ? 'this checkout' : revision}: ${failure}`);
    }
  } finally {
    remove();
  }
}

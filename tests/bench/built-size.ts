/** The byte budgets as figures: runs `npm run size` and reads its result. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Figure } from '../support/bench-figure.js';

const RESULT = new URL('../../bench-results/size.json', import.meta.url);

/** Takes a second or two. @throws if the program itself fails; an exceeded budget is a figure. */
export async function measureSize(): Promise<Figure[]> {
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('size.ts', import.meta.url))], {
    encoding: 'utf8',
  });
  if (!stdout.includes('bytes brotli')) throw new Error(`size.ts failed: ${stderr}`);
  const rows = JSON.parse(readFileSync(RESULT, 'utf8')) as { what: string; bytes: number; budget: number }[];
  return rows.map(({ what, bytes, budget }) => ({ figure: `size, brotli: ${what}`, value: bytes, unit: 'bytes', bound: budget }));
}

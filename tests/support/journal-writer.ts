/** A process that writes a journal until it is killed; see `file-state.test.ts`. */
import { fileState } from '../../src/server/runtime/node/file-state.js';
import { callRecord } from './shared-state/samples.js';

/** The work of the process before it reports that it is done. */
export const BOUND = { name: 'all', perDay: { calls: 10 } };
export const CALL = { calls: 1, seconds: 0, tokens: 0, micros: 0 };

if (process.argv[2] === 'write') {
  const state = fileState({ file: process.argv[3] ?? '' });
  const reserve = (id: string) => state.reserve({ id, accounts: [BOUND], amounts: CALL, until: Date.now() + 3_600_000 });
  for (const id of ['held', 'spent', 'free']) await reserve(id);
  await state.settle('spent', CALL);
  await state.settle('free', { ...CALL, calls: 0 });
  await state.once('webhook:1', 3_600);
  for (const id of ['live', 'over']) await state.calls.add(callRecord(id, Date.now()), 'the one that is killed', 1);
  await state.calls.renew('the one that is killed', 1, new Map([['live', { ...CALL, seconds: 7 }]]));
  await state.calls.end('over', 'idle');
  process.send?.('done');
  // Keeps working until it is killed.
  for (let each = 0; ; each++) {
    await reserve(`more-${String(each)}`);
    await state.settle(`more-${String(each)}`, { ...CALL, calls: 0 });
    if (each % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

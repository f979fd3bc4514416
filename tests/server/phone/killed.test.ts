/** A phone call whose server is killed after the API accepted it and before the server learned of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/server/contract/clock.js';
import type { Clock } from '../../../src/server/contract/clock.js';
import { FileState } from '../../../src/server/runtime/node/file-state.js';
import { closing } from '../calls/support.js';
import { dial, phoneSandbox, phoneServer, steps } from './support.js';

it('is hung up at its limit by the next process', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phone-'));
  closing({ close: () => rm(folder, { recursive: true }) });
  const file = join(folder, 'journal');
  const sandbox = await phoneSandbox();
  const state = new FileState({ file });
  const first = await phoneServer(sandbox, {
    state,
    fetch: async (...request) => {
      const answer = await fetch(...request);
      // The process is killed here: it never sees the answer.
      return String(request[0]).endsWith('/accept') ? new Promise<Response>(() => undefined) : answer;
    },
  });
  const caller = dial(sandbox, first);
  await caller.answered;
  await state.close();
  expect(steps(first)).toEqual(['incoming']);

  const anHourLater: Clock = { ...systemClock, now: () => Date.now() + 3_600_000 };
  const next = closing(new FileState({ file, clock: anHourLater }));
  const second = await phoneServer(sandbox, { state: next }, anHourLater);
  expect(await caller.ended).toEqual({ by: 'hangup' });
  expect(await second.heard('call-ended')).toMatchObject({ kind: 'phone', reason: 'duration' });
});

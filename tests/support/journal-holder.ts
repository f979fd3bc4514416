/** Processes that open a journal and keep it; see `journal-owner.test.ts`. Run directly, this file is such a process. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fileState } from '../../src/server/runtime/node/file-state.js';

/** A process, and the answer to its attempt: `open`, or the name and message of the error. */
export interface JournalHolder {
  readonly child: ChildProcess;
  readonly answer: Promise<string>;
}

/** Starts a process that opens the journal after `begin` was sent to it. */
export async function journalHolder(file: string): Promise<JournalHolder> {
  const child = fork(fileURLToPath(import.meta.url), ['hold', file], { execArgv: ['--import', 'tsx'] });
  await once(child, 'message');
  return { child, answer: once(child, 'message').then(([text]) => String(text)) };
}

/** Kills a process, even a suspended one. */
export async function killed({ child }: JournalHolder): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

if (process.argv[2] === 'hold') {
  const state = fileState({ file: process.argv[3] ?? '' });
  // This listener also keeps the process alive.
  process.on('message', () => {
    state.ready().then(
      () => process.send?.('open'),
      (error: unknown) => process.send?.(`${(error as Error).name}: ${(error as Error).message}`),
    );
  });
  process.send?.('loaded');
}

/** What the watcher of a call has learned about it (`CallMemory`), kept in the state for the next watcher. */
import type { CallMemory, CallRecord, CallRegistry } from '../contract/shared-state.js';

/** Options of a stored memory. */
export interface StoredMemorySetup {
  readonly call: CallRecord;
  /** ID of this process among all watchers. */
  readonly watcher: string;
  readonly calls: Pick<CallRegistry, 'remember'>;
}

/** See the head of the file. */
export class StoredMemory {
  readonly #setup: StoredMemorySetup;
  #value: CallMemory;

  constructor(setup: StoredMemorySetup) {
    this.#setup = setup;
    this.#value = setup.call.memory ?? {};
  }

  /** All parts, also those that could not be stored yet. */
  get value(): CallMemory {
    return this.#value;
  }

  /** Replaces these parts. @throws StateUnavailable */
  async store(parts: CallMemory): Promise<void> {
    const { call, watcher, calls } = this.#setup;
    this.#value = { ...this.#value, ...parts };
    await calls.remember(watcher, call.id, parts);
  }

  /** Replaces the tools' part. If the state is unavailable, the next watcher allows more runs. */
  storeTools(runs: number, open: readonly string[]): void {
    this.store({ tools: { runs, open } }).catch(() => undefined);
  }
}

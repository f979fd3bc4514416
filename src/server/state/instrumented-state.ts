/**
 * Wraps a state and tracks its availability. Owns the `state` event, which is emitted once per change. Passes results and errors
 * through unchanged.
 */
import type { ServerObserver } from '../contract/server-events.js';
import { StateUnavailable } from '../contract/shared-state.js';
import type { CallRegistry, SharedState } from '../contract/shared-state.js';

/** The watched state and its observers. */
export interface InstrumentedStateSetup {
  readonly state: SharedState;
  readonly emit: ServerObserver;
  /** Called when the state is available again. */
  readonly onAvailable?: () => void;
}

/** See the head of the file. */
export class InstrumentedState implements SharedState {
  readonly calls: CallRegistry;
  readonly #setup: InstrumentedStateSetup;
  #available = true;

  constructor(setup: InstrumentedStateSetup) {
    this.#setup = setup;
    const { calls } = setup.state;
    this.calls = {
      add: (...args) => this.#watch(() => calls.add(...args)),
      find: (...args) => this.#watch(() => calls.find(...args)),
      // Renewing no calls sends no request, so it is no evidence of availability.
      renew: async (...args) => (args[2].size === 0 ? [] : this.#watch(() => calls.renew(...args))),
      remember: (...args) => this.#watch(() => calls.remember(...args)),
      adopt: (...args) => this.#watch(() => calls.adopt(...args)),
      end: (...args) => this.#watch(() => calls.end(...args)),
      count: () => this.#watch(() => calls.count()),
      list: () => this.#watch(() => calls.list()),
      tell: (...args) => this.#watch(() => calls.tell(...args)),
      listen: (...args) => this.#watch(() => calls.listen(...args)),
    };
  }

  get lasting(): boolean {
    return this.#setup.state.lasting;
  }

  take(...args: Parameters<SharedState['take']>): ReturnType<SharedState['take']> {
    return this.#watch(() => this.#setup.state.take(...args));
  }

  reserve(...args: Parameters<SharedState['reserve']>): ReturnType<SharedState['reserve']> {
    return this.#watch(() => this.#setup.state.reserve(...args));
  }

  settle(...args: Parameters<SharedState['settle']>): ReturnType<SharedState['settle']> {
    return this.#watch(() => this.#setup.state.settle(...args));
  }

  once(...args: Parameters<SharedState['once']>): ReturnType<SharedState['once']> {
    return this.#watch(() => this.#setup.state.once(...args));
  }

  setPaused(...args: Parameters<SharedState['setPaused']>): ReturnType<SharedState['setPaused']> {
    return this.#watch(() => this.#setup.state.setPaused(...args));
  }

  paused(): ReturnType<SharedState['paused']> {
    return this.#watch(() => this.#setup.state.paused());
  }

  usage(...args: Parameters<SharedState['usage']>): ReturnType<SharedState['usage']> {
    return this.#watch(() => this.#setup.state.usage(...args));
  }

  ready(): Promise<void> {
    return this.#watch(() => this.#setup.state.ready());
  }

  close(): Promise<void> {
    return this.#setup.state.close();
  }

  async #watch<T>(ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      this.#setAvailable(true);
      return answer;
    } catch (error) {
      // Longer or unusual messages could contain an address with its password.
      if (error instanceof StateUnavailable)
        this.#setAvailable(false, /^[\w .,()-]{1,80}$/.test(error.message) ? error.message : undefined);
      throw error;
    }
  }

  #setAvailable(available: boolean, reason?: string): void {
    if (available === this.#available) return;
    this.#available = available;
    this.#setup.emit({ type: 'state', available, ...(reason !== undefined && { reason }) });
    if (available) this.#setup.onAvailable?.();
  }
}

/** The state of one process: the common suite, and that it stays small and fast under a flood. */
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { sharedStateSuite } from '../../support/shared-state-suite.js';
import { HandClock } from '../token-route-support.js';

sharedStateSuite('memory', async () => {
  const clock = new HandClock();
  const state = new MemoryState({ clock });
  return {
    one: state,
    other: state,
    now: () => clock.now(),
    jump: (ms) => clock.advance(ms),
    wait: async (ms) => clock.advance(ms),
    close: () => state.close(),
  };
}, { runs: 200 });

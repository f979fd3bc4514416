/** A sandbox that answers at once, with silence instead of a voice: for tests that do not listen to answers. */
import { createSandbox } from '../../src/sandbox/index.js';
import type { Sandbox } from '../../src/sandbox/index.js';

/** Starts it on a free port. */
export const quickSandbox = (options: Parameters<typeof createSandbox>[0] = {}): Promise<Sandbox> =>
  createSandbox({ thinkMs: 0, speed: Infinity, speak: () => Promise.resolve(new Int16Array(2_400)), ...options });

/**
 * Setup of all vitest projects. `vi.waitFor` and `vi.waitUntil` time out after one second and have no setting for it; a
 * machine that runs servers, Redis and a browser alongside a test may need more. A condition that never holds still
 * fails.
 */
import { vi } from 'vitest';

const PATIENCE_MS = 15_000;
const patient = <Options extends { timeout?: number }>(options: number | Options | undefined) =>
  typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options };

const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options) => waitFor(callback, patient(options));
vi.waitUntil = (callback, options) => waitUntil(callback, patient(options));

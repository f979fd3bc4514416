/** Lets work finish after the answer, on runtimes that would stop it. */
import type { Context } from 'hono';

/** `work` must not reject. */
export function outlive(c: Context, work: Promise<void>): void {
  try {
    c.executionCtx.waitUntil(work);
  } catch {
    // A process that runs on anyway.
  }
}

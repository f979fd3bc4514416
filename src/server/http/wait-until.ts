/** Lets work finish after the response, on runtimes that would otherwise stop it. */
import type { Context } from 'hono';

/** `work` must not reject. */
export function waitUntil(c: Context, work: Promise<void>): void {
  try {
    c.executionCtx.waitUntil(work);
  } catch {
    // No execution context: the process keeps running anyway.
  }
}

/** Tells the owner about refusals: the outermost middleware, so that it sees what every other one decided. */
import type { MiddlewareHandler } from 'hono';
import type { Refusal, VoiceEnv } from '../problem.js';

/** Calls `report` after each refused request; a report that throws never reaches the visitor. */
export function reportRefusals(report: ((refusal: Refusal) => void) | undefined): MiddlewareHandler<VoiceEnv> {
  return async function reportRefusals(c, next) {
    await next();
    const refusal = c.get('refusal');
    if (!refusal || !report) return;
    try {
      report(refusal);
    } catch {
      // A broken log must not break the answer.
    }
  };
}

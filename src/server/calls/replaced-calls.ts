/**
 * Ends calls whose place a newer call of the same visitor has taken, and detects that a call that is still being placed was replaced.
 * Whichever of the two happens first, the older call ends: a replaced call is marked before it is looked up, and a new call looks for its
 * mark after it can be found.
 */
import type { MiddlewareHandler } from 'hono';
import type { CallHost } from '../contract/call-host.js';
import type { SharedState } from '../contract/shared-state.js';
import { waitUntil } from '../http/wait-until.js';
import type { VoiceEnv } from '../http/voice-env.js';

/** Seconds for which a mark is kept: longer than placing a call can take. */
const MARK_SECONDS = 120;

/** Ends the calls that this request replaced. The ID of a call is that of its reservation; keys have no call. */
export function endReplacedCalls(state: Pick<SharedState, 'once' | 'calls'>, host: CallHost): MiddlewareHandler<VoiceEnv> {
  return async function endReplacedCalls(c, next) {
    for (const id of c.get('replaced')) {
      await state.once(markOf(id), MARK_SECONDS);
      const found = await state.calls.find(id);
      // The visitor need not wait until the older call is hung up.
      if (found && found.ended === undefined)
        waitUntil(
          c,
          host.end(found.call, 'replaced').catch(() => undefined),
        );
    }
    await next();
  };
}

/** Whether a call was replaced while it was being placed. Ask once, after the call can be found. */
export async function wasReplaced(state: Pick<SharedState, 'once'>, id: string): Promise<boolean> {
  return !(await state.once(markOf(id), MARK_SECONDS));
}

const markOf = (id: string): string => `replaced:${id}`;

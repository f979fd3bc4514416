/**
 * Ends a call at the Realtime API: `POST /realtime/calls/{id}/hangup`. May be done any number of times; a call that is over
 * answers 404.
 */
import type { ServerObserver } from '../observe/server-events.js';
import type { Upstream } from '../options.js';
import { askAboutCall, isDone } from './ask-about-call.js';

/** Milliseconds before each further attempt; the last one repeats. A call that cannot be hung up costs money. */
const AGAIN_AFTER = [250, 1_000, 2_000, 5_000, 10_000, 30_000];
/** Milliseconds after which the API ends every call by itself. */
const LONGEST_CALL = 3_600_000;

/**
 * Resolves when the first attempt has its answer. One that failed goes on in the background.
 *
 * @param upstreamId the API's id of the call
 */
export async function hangUp(upstream: Upstream, upstreamId: string, tell: ServerObserver): Promise<void> {
  if (await hungUp(upstream, upstreamId, tell)) return;
  const until = upstream.clock.now() + LONGEST_CALL;
  const again = ([wait = LONGEST_CALL, ...rest]: readonly number[]): void => {
    upstream.clock.after(wait, () => {
      void hungUp(upstream, upstreamId, tell).then((done) => {
        if (!done && upstream.clock.now() < until) again(rest.length > 0 ? rest : [wait]);
      });
    });
  };
  again(AGAIN_AFTER);
}

async function hungUp(upstream: Upstream, upstreamId: string, tell: ServerObserver): Promise<boolean> {
  const status = await askAboutCall(upstream, { operation: 'hangup', upstreamId }, tell);
  return isDone(status) || status === 404;
}

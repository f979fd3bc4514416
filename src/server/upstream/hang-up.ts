/**
 * Ends a call at the Realtime API: `POST /realtime/calls/{id}/hangup`. Can be repeated any number of times; the API responds with 404
 * once the call is over.
 */
import type { ServerObserver } from '../contract/server-events.js';
import type { Upstream } from '../resolved-options.js';
import { sendCallRequest, succeeded } from './call-request.js';

/** Milliseconds before each retry; the last value repeats. A call that is not hung up keeps costing money. */
const RETRY_DELAYS = [250, 1_000, 2_000, 5_000, 10_000, 30_000];
/** Milliseconds after which the API ends every call. */
const LONGEST_CALL = 3_600_000;

/**
 * Resolves when the first attempt has completed. If it failed, retries continue in the background.
 *
 * @param upstreamId the API's call ID
 */
export async function hangUp(upstream: Upstream, upstreamId: string, emit: ServerObserver): Promise<void> {
  if (await tryHangUp(upstream, upstreamId, emit)) return;
  const until = upstream.clock.now() + LONGEST_CALL;
  const retry = ([wait = LONGEST_CALL, ...rest]: readonly number[]): void => {
    upstream.clock.after(wait, () => {
      void tryHangUp(upstream, upstreamId, emit).then((done) => {
        if (!done && upstream.clock.now() < until) retry(rest.length > 0 ? rest : [wait]);
      });
    });
  };
  retry(RETRY_DELAYS);
}

async function tryHangUp(upstream: Upstream, upstreamId: string, emit: ServerObserver): Promise<boolean> {
  const status = await sendCallRequest(upstream, { operation: 'hangup', upstreamId }, emit);
  return succeeded(status) || status === 404;
}

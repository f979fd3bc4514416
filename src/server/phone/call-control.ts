/**
 * Control requests for phone calls: `POST /realtime/calls/{id}/accept`, `reject` and `refer`. Hanging up works as for other calls
 * (`upstream/hang-up.ts`). Owns the retry.
 */
import { sendCallRequest } from '../upstream/call-request.js';
import type { CallRequest } from '../upstream/call-request.js';
import type { ServerObserver } from '../contract/server-events.js';
import type { Upstream } from '../resolved-options.js';

/** A control request for a phone call. */
export type PhoneControl = CallRequest & { readonly operation: 'accept' | 'reject' | 'refer' };

/** Milliseconds before the single retry. */
const RETRY_DELAY = 300;

/**
 * Sends the request and retries once after a 5xx response. Resolves with the HTTP status, or `undefined` if there was no response and
 * the outcome is unknown. Never rejects.
 */
export async function controlCall(upstream: Upstream, control: PhoneControl, emit: ServerObserver): Promise<number | undefined> {
  const status = await sendCallRequest(upstream, control, emit);
  if (status === undefined || status < 500) return status;
  await new Promise<void>((resolve) => void upstream.clock.after(RETRY_DELAY, resolve));
  return sendCallRequest(upstream, control, emit);
}

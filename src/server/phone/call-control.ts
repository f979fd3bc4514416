/**
 * What the server asks of the Realtime API about a phone call: `POST /realtime/calls/{id}/accept`, `reject`, `refer`. Hanging up is the same
 * as for other calls (`calls/hang-up.ts`). Owns when it is asked again.
 */
import { askAboutCall } from '../calls/ask-about-call.js';
import type { CallRequest } from '../calls/ask-about-call.js';
import type { ServerObserver } from '../observe/server-events.js';
import type { Upstream } from '../options.js';

/** What is asked. */
export type PhoneControl = CallRequest & { readonly operation: 'accept' | 'reject' | 'refer' };

/** Milliseconds before the one further attempt. */
const AGAIN_AFTER = 300;

/**
 * HTTP status of the answer; `undefined` where there was none, and so nobody knows whether it was done. Asked once more where the
 * API said that it broke down. Never rejects.
 */
export async function controlCall(upstream: Upstream, control: PhoneControl, tell: ServerObserver): Promise<number | undefined> {
  const status = await askAboutCall(upstream, control, tell);
  if (status === undefined || status < 500) return status;
  await new Promise<void>((resolve) => void upstream.clock.after(AGAIN_AFTER, resolve));
  return askAboutCall(upstream, control, tell);
}

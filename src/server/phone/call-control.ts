/**
 * What the server asks of the Realtime API about a phone call: `POST /realtime/calls/{id}/accept`, `reject`, `refer`. Hanging up is the same
 * as for other calls (`calls/hang-up.ts`). No text of the API leaves this file.
 *
 * Source: the OpenAPI description as carried by `openai` 7.55.
 */
import type { ServerObserver } from '../observe/server-events.js';
import type { Upstream } from '../options.js';

/** What is asked. */
export interface PhoneControl {
  readonly operation: 'accept' | 'reject' | 'refer';
  /** The API's id of the call. */
  readonly upstreamId: string;
  readonly body: unknown;
  readonly safetyIdentifier?: string | undefined;
}

/** Milliseconds before the one further attempt. */
const AGAIN_AFTER = 300;

/**
 * HTTP status of the answer; `undefined` where there was none, and so nobody knows whether it was done. Asked once more where the
 * API said that it broke down. Never rejects.
 */
export async function controlCall(upstream: Upstream, control: PhoneControl, tell: ServerObserver): Promise<number | undefined> {
  const status = await ask(upstream, control, tell);
  if (status === undefined || status < 500) return status;
  await new Promise<void>((resolve) => void upstream.clock.after(AGAIN_AFTER, resolve));
  return ask(upstream, control, tell);
}

/** Whether it was done. */
export const isDone = (status: number | undefined): boolean => status !== undefined && status >= 200 && status < 300;

async function ask({ root, apiKey, fetch, clock, timeout }: Upstream, control: PhoneControl, tell: ServerObserver): Promise<number | undefined> {
  const { operation, upstreamId, body, safetyIdentifier } = control;
  const deadline = new AbortController();
  const callOff = clock.after(timeout, () => deadline.abort());
  const began = clock.now();
  let status: number | undefined;
  try {
    const answer = await fetch(`${root}/realtime/calls/${encodeURIComponent(upstreamId)}/${operation}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${apiKey}`,
        'Content-Type': 'application/json',
        ...(safetyIdentifier !== undefined && { 'OpenAI-Safety-Identifier': safetyIdentifier }),
      },
      body: JSON.stringify(body),
      // An API root does not redirect; following one could carry the API key elsewhere.
      redirect: 'manual',
      signal: deadline.signal,
    });
    status = answer.status;
    await answer.body?.cancel();
  } catch {
    // Told as an attempt without an answer.
  } finally {
    callOff();
  }
  tell({ type: 'upstream', operation, ms: clock.now() - began, status });
  return status;
}

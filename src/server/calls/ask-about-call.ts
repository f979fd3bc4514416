/**
 * One request to the Realtime API about a call that it has: `POST /realtime/calls/{id}/hangup`, `accept`, `reject`, `refer`. Owns the
 * time limit and what observers are told; no text of the API leaves this file.
 *
 * Source: the OpenAPI description as carried by `openai` 7.55.
 */
import type { ServerObserver } from '../observe/server-events.js';
import type { Upstream } from '../options.js';

/** What is asked. */
export interface CallRequest {
  readonly operation: 'hangup' | 'accept' | 'reject' | 'refer';
  /** The API's id of the call. */
  readonly upstreamId: string;
  /** Sent as JSON; left out: no body. */
  readonly body?: unknown;
  readonly safetyIdentifier?: string | undefined;
}

/** Whether it was done. */
export const isDone = (status: number | undefined): boolean => status !== undefined && status >= 200 && status < 300;

/** Asks once. HTTP status of the answer; `undefined` where there was none, and so nobody knows whether it was done. Never rejects. */
export async function askAboutCall({ root, apiKey, fetch, clock, timeout }: Upstream, request: CallRequest, tell: ServerObserver): Promise<number | undefined> {
  const { operation, upstreamId, body, safetyIdentifier } = request;
  const deadline = new AbortController();
  const callOff = clock.after(timeout, () => deadline.abort());
  const began = clock.now();
  let status: number | undefined;
  try {
    const answer = await fetch(`${root}/realtime/calls/${encodeURIComponent(upstreamId)}/${operation}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${apiKey}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(safetyIdentifier !== undefined && { 'OpenAI-Safety-Identifier': safetyIdentifier }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // An API root does not redirect; following one could carry the API key elsewhere.
      redirect: 'manual',
      signal: deadline.signal,
    });
    status = answer.status;
    await answer.body?.cancel();
  } catch {
    // Told below, as an attempt without an answer.
  } finally {
    callOff();
  }
  tell({ type: 'upstream', operation, ms: clock.now() - began, status });
  return status;
}

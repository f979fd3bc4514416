/**
 * One control request to the Realtime API about an existing call: `POST /realtime/calls/{id}/hangup`, `accept`, `reject` or `refer`.
 * Owns the time limit and the observer event; response text from the API never leaves this file.
 *
 * Source: the OpenAPI description bundled with `openai` 7.55.
 */
import type { ServerObserver } from '../contract/server-events.js';
import type { Upstream } from '../resolved-options.js';

/** A control request for one call. */
export interface CallRequest {
  readonly operation: 'hangup' | 'accept' | 'reject' | 'refer';
  /** The API's call ID. */
  readonly upstreamId: string;
  /** Sent as JSON; if omitted, the request has no body. */
  readonly body?: unknown;
  readonly safetyIdentifier?: string | undefined;
}

/** Whether the status is 2xx, so the operation was carried out. */
export const succeeded = (status: number | undefined): boolean => status !== undefined && status >= 200 && status < 300;

/** Sends one request. Resolves with the HTTP status, or `undefined` if there was no response and the outcome is unknown. Never rejects. */
export async function sendCallRequest(
  { root, apiKeys, fetch, clock, timeout }: Upstream,
  request: CallRequest,
  emit: ServerObserver,
): Promise<number | undefined> {
  const { operation, upstreamId, body, safetyIdentifier } = request;
  const deadline = new AbortController();
  const cancelTimer = clock.after(timeout, () => deadline.abort());
  const began = clock.now();
  let status: number | undefined;
  try {
    const answer = await apiKeys.send((key) =>
      fetch(`${root}/realtime/calls/${encodeURIComponent(upstreamId)}/${operation}`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${key}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...(safetyIdentifier !== undefined && { 'OpenAI-Safety-Identifier': safetyIdentifier }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // An API root does not redirect; following a redirect could send the API key elsewhere.
        redirect: 'manual',
        signal: deadline.signal,
      }),
    );
    status = answer.status;
    await answer.body?.cancel();
  } catch {
    // Reported below as an attempt without a response.
  } finally {
    cancelTimer();
  }
  emit({ type: 'upstream', operation, ms: clock.now() - began, status });
  return status;
}

/**
 * Requests one ephemeral key from a Realtime API (see `mint-request.ts`), with a time limit, and validates it. Error
 * responses are read by `upstream/upstream-failure.ts`. Independent of the visitor's request.
 */
import type { MintRequest, Upstream } from '../resolved-options.js';
import { upstreamFailure, unreachable } from '../upstream/upstream-failure.js';
import type { UpstreamFailure } from '../upstream/upstream-failure.js';
import { readJson } from '../http/read-json.js';

/** The key as sent to the widget. */
export interface EphemeralKey {
  readonly value: string;
  /** Seconds since the epoch. */
  readonly expires_at: number;
}

/** A key, or the reason for the failure. */
export type KeyResult = { readonly key: EphemeralKey } | { readonly failure: UpstreamFailure };

/** Called after each upstream request, for metrics: duration, and the status or `undefined` without a response. */
export type UpstreamResponseObserver = (ms: number, status: number | undefined) => void;

/**
 * Requests a key and retries once if the upstream failed or could not be reached. The retry is safe: an unused key costs
 * nothing. One time limit covers both attempts. Never rejects because of the upstream.
 *
 * @param visitor aborts when the visitor leaves; the upstream request is then aborted, too
 */
export async function requestKey(
  options: Upstream,
  request: MintRequest,
  visitor: AbortSignal,
  safetyIdentifier?: string,
  onResponse?: UpstreamResponseObserver,
): Promise<KeyResult> {
  // One controller for the deadline and the visitor: `AbortSignal.any()` costs as much as two guards.
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const leave = (): void => giveUp.abort();
  const cancelTimer = options.clock.after(options.timeout, leave);
  visitor.addEventListener('abort', leave, { once: true });
  if (visitor.aborted) leave();
  try {
    const first = await attempt();
    return 'retry' in first && !signal.aborted ? await attempt() : first;
  } finally {
    cancelTimer();
    visitor.removeEventListener('abort', leave);
  }

  async function attempt(): Promise<KeyResult & { readonly retry?: true }> {
    const { endpoint, headers, body: requestBody } = request;
    const began = options.clock.now();
    let status: number | undefined;
    try {
      const response = await options.apiKeys.send((key) =>
        options.fetch(endpoint, {
          method: 'POST',
          headers: {
            Authorization: `Bearer ${key}`,
            'Content-Type': 'application/json',
            Accept: 'application/json',
            ...headers,
            ...(safetyIdentifier !== undefined && { 'OpenAI-Safety-Identifier': safetyIdentifier }),
          },
          body: JSON.stringify(requestBody),
          // An API root does not redirect; following a redirect could send the API key elsewhere.
          redirect: 'manual',
          signal,
        }),
      );
      status = response.status;
      const body = await readJson(response);
      if (response.ok) return keyOf(body, options.apiKeys);
      const failure = upstreamFailure(response, body, options.clock);
      // Respect `Retry-After`: no retry before that time.
      const retry = status >= 500 && failure.retryAfter === undefined;
      return { failure, ...(retry && { retry }) };
    } catch (error) {
      if (visitor.aborted) return failed({ code: 'upstream_failed', reason: 'the visitor left' });
      if (signal.aborted) return failed({ code: 'upstream_timeout', reason: `no response within ${String(options.timeout)} ms` });
      return { failure: unreachable(error), retry: true };
    } finally {
      onResponse?.(options.clock.now() - began, status);
    }
  }
}

type Fields = Readonly<Record<string, unknown>>;

const failed = (failure: UpstreamFailure): KeyResult => ({ failure });

function keyOf(body: unknown, apiKeys: Upstream['apiKeys']): KeyResult {
  // The beta nests the key in the session.
  const answer = (body ?? {}) as { client_secret?: Fields | null } & Fields;
  const { value, expires_at } = answer.client_secret ?? answer;
  const usable = typeof value === 'string' && value.length <= 4096 && /^[\x21-\x7e]+$/.test(value);
  if (!usable || typeof expires_at !== 'number' || !Number.isSafeInteger(expires_at) || expires_at <= 0) {
    return failed({ code: 'upstream_failed', reason: 'the response contains no valid key' });
  }
  if (apiKeys.includes(value) || value.startsWith('sk-')) {
    return failed({ code: 'upstream_failed', reason: 'the response contains a standard API key, which must not reach a page' });
  }
  return { key: { value, expires_at } };
}

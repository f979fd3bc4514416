/**
 * Asks a Realtime API for one ephemeral key (see `mint-request.ts`). Owns the time limit and what counts as
 * a key; refusals are read by `upstream-answer.ts`. Knows nothing of the visitor's request.
 */
import type { MintRequest } from './mint-request.js';
import type { Upstream } from './options.js';
import { failureOf, readJson, unreachable } from './upstream-answer.js';
import type { UpstreamFailure } from './upstream-answer.js';

/** The key as the widget gets it. */
export interface EphemeralKey {
  readonly value: string;
  /** Seconds since the epoch. */
  readonly expires_at: number;
}

/** A key or the reason why there is none. */
export type KeyResult = { readonly key: EphemeralKey } | { readonly failure: UpstreamFailure };

/** What was asked of the upstream, for metrics: milliseconds, and the status; `undefined`: no answer. */
export type UpstreamTold = (ms: number, status: number | undefined) => void;

/**
 * Asks; once more where the upstream broke down or could not be reached, which is safe: a key that nobody received costs
 * nothing. All within one time limit. Never rejects for anything the upstream does.
 *
 * @param visitor aborted when the visitor left; the request upstream is then given up
 */
export async function requestKey(options: Upstream, request: MintRequest, visitor: AbortSignal, safetyIdentifier?: string, told?: UpstreamTold): Promise<KeyResult> {
  // One for the deadline and the visitor: `AbortSignal.any()` costs as much as two guards.
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const leave = (): void => giveUp.abort();
  const callOff = options.clock.after(options.timeout, leave);
  visitor.addEventListener('abort', leave, { once: true });
  if (visitor.aborted) leave();
  try {
    const first = await askOnce();
    return 'again' in first && !signal.aborted ? await askOnce() : first;
  } finally {
    callOff();
    visitor.removeEventListener('abort', leave);
  }

  async function askOnce(): Promise<KeyResult & { readonly again?: true }> {
    const { endpoint, headers, body: wish } = request;
    const began = options.clock.now();
    let status: number | undefined;
    try {
      const response = await options.fetch(endpoint, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${options.apiKey}`,
          'Content-Type': 'application/json',
          Accept: 'application/json',
          ...headers,
          ...(safetyIdentifier !== undefined && { 'OpenAI-Safety-Identifier': safetyIdentifier }),
        },
        body: JSON.stringify(wish),
        // An API root does not redirect; following one could carry the API key elsewhere.
        redirect: 'manual',
        signal,
      });
      status = response.status;
      const body = await readJson(response);
      if (response.ok) return keyOf(body, options.apiKey);
      const failure = failureOf(response, body, options.clock);
      // Whoever says when to come again wants nobody before.
      const again = status >= 500 && failure.retryAfter === undefined;
      return { failure, ...(again && { again }) };
    } catch (error) {
      if (visitor.aborted) return failed({ code: 'upstream_failed', reason: 'the visitor left' });
      if (signal.aborted) return failed({ code: 'upstream_timeout', reason: `no answer in ${String(options.timeout)} ms` });
      return { failure: unreachable(error), again: true };
    } finally {
      told?.(options.clock.now() - began, status);
    }
  }
}

type Fields = Readonly<Record<string, unknown>>;

const failed = (failure: UpstreamFailure): KeyResult => ({ failure });

function keyOf(body: unknown, apiKey: string): KeyResult {
  // The beta wraps it in the session.
  const answer = (body ?? {}) as { client_secret?: Fields | null } & Fields;
  const { value, expires_at } = answer.client_secret ?? answer;
  const usable = typeof value === 'string' && value.length <= 4096 && /^[\x21-\x7e]+$/.test(value);
  if (!usable || typeof expires_at !== 'number' || !Number.isSafeInteger(expires_at) || expires_at <= 0) {
    return failed({ code: 'upstream_failed', reason: 'the answer is no key' });
  }
  if (value === apiKey || value.startsWith('sk-')) {
    return failed({ code: 'upstream_failed', reason: 'the answer is a standard API key, which must not reach a page' });
  }
  return { key: { value, expires_at } };
}

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

/**
 * Asks once. Never rejects for anything the upstream does.
 *
 * @param visitor aborted when the visitor left; the request upstream is then given up
 */
export async function requestKey(options: Upstream, request: MintRequest, visitor: AbortSignal, safetyIdentifier?: string): Promise<KeyResult> {
  const deadline = new AbortController();
  const callOff = options.clock.after(options.timeout, () => deadline.abort());
  try {
    const { endpoint, headers, body: wish } = request;
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
      signal: AbortSignal.any([deadline.signal, visitor]),
    });
    const body = await readJson(response);
    return response.ok ? keyOf(body, options.apiKey) : failed(failureOf(response, body, options.clock));
  } catch (error) {
    if (deadline.signal.aborted) return failed({ code: 'upstream_timeout', reason: `no answer in ${String(options.timeout)} ms` });
    if (visitor.aborted) return failed({ code: 'upstream_failed', reason: 'the visitor left' });
    return failed(unreachable(error));
  } finally {
    callOff();
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

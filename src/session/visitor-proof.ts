/** The visitor's identity as provided by the page: `visitorToken`. Callers keep it in memory only; it is never in an error or a log. */
import { VoiceAgentError } from '../contract/errors.js';
import type { VisitorToken } from '../contract/options.js';
import { until } from './http.js';

/**
 * The visitor token for one request; `undefined` if the page has none.
 * @throws VoiceAgentError `invalid_request` if it is not a valid header value; `network` if the page's function fails; the abort
 * reason of `signal`
 */
export async function visitorProof(source: VisitorToken | undefined, signal: AbortSignal): Promise<string | undefined> {
  const proof: unknown = typeof source === 'function' ? await ask(source, signal) : source;
  if (proof === undefined || proof === null || proof === '') return undefined;
  if (typeof proof === 'string' && /^[\x21-\x7e]{1,8192}$/.test(proof)) return proof;
  throw new VoiceAgentError('invalid_request', { message: 'visitorToken is not a valid header value.' });
}

async function ask(source: Exclude<VisitorToken, string>, signal: AbortSignal): Promise<unknown> {
  try {
    return await until(Promise.resolve(source({ signal })), signal);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw VoiceAgentError.from(cause, 'network');
  }
}

/** The `Authorization` header for a key or a visitor token; none without a value, so that no cross-origin preflight is needed. */
export const bearer = (value: string | undefined): Record<string, string> => (value ? { Authorization: `Bearer ${value}` } : {});

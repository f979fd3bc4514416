/** Who the visitor is, as the page says it: `visitorToken`. Kept by whoever asks, in memory only; never in an error or a log. */
import { VoiceAgentError } from '../contract/errors.js';
import type { VisitorToken } from '../contract/options.js';
import { until } from './http.js';

/**
 * The proof for one request; `undefined` where the page has none.
 * @throws VoiceAgentError `invalid_request` for what no header can carry; `network` where the page's function fails; what
 * `signal` was aborted with
 */
export async function visitorProof(source: VisitorToken | undefined, signal: AbortSignal): Promise<string | undefined> {
  const proof: unknown = typeof source === 'function' ? await ask(source, signal) : source;
  if (proof === undefined || proof === null || proof === '') return undefined;
  if (typeof proof === 'string' && /^[\x21-\x7e]{1,8192}$/.test(proof)) return proof;
  throw new VoiceAgentError('invalid_request', { message: 'visitorToken gave nothing that a header can carry.' });
}

async function ask(source: Exclude<VisitorToken, string>, signal: AbortSignal): Promise<unknown> {
  try {
    return await until(Promise.resolve(source({ signal })), signal);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw VoiceAgentError.from(cause, 'network');
  }
}

/** The header that carries a key or a proof; none for nothing, so that a request across origins needs no preflight for it. */
export const bearer = (value: string | undefined): Record<string, string> => (value ? { Authorization: `Bearer ${value}` } : {});

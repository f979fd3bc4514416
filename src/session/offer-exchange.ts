/**
 * Posts an SDP offer to the Realtime API and returns the answer.
 *
 * Owns: the request with its limits, the meaning of its status, hanging up a call that is no longer wanted.
 * Does not own: the offer, the key.
 */
import type { Dialect } from '../contract/dialect.js';
import { VoiceAgentError } from '../contract/errors.js';
import { toJson } from '../contract/to-json.js';
import type { Answer } from '../transport/transport.js';
import { asCallId, callIdOf } from './call-id.js';
import type { Environment } from './environment.js';
import { discard, rateLimited, readText, httpRequest, until, withLimit } from './http.js';
import { bearer } from './visitor-proof.js';

/** Milliseconds for the answer. */
const ANSWER_LIMIT = 10_000;
/** Bytes of an answer. */
const ANSWER_SIZE = 262_144;
/** Maximum characters of the server's error message. */
const DETAIL_LENGTH = 300;

/** The form in which a server accepts offers. */
export interface OfferRules {
  /** The offer is JSON with this model, and the answer is JSON. */
  readonly json?: { readonly model: string | undefined };
  /** Calls are ended by `POST <url>/<call id>/hangup`. */
  readonly hangsUp: boolean;
}

const GA: OfferRules = { hangsUp: true };

/** The form in which servers of this dialect accept offers. */
export function offerRules(dialect: Dialect | undefined, model: string | undefined): OfferRules {
  const { path = '/realtime/calls', body = 'sdp', hangUp: hangsUp = path === '/realtime/calls' && body === 'sdp' } = dialect?.offer || {};
  return body === 'json' ? { json: { model }, hangsUp } : { hangsUp };
}

/** The server rejected the key (401), so that an expired key can be replaced. */
export class KeyRefused extends VoiceAgentError {}

/**
 * Posts the offer. If `signal` is aborted, it rejects at once, and a call that the server creates anyway is hung up when
 * its answer arrives.
 * @throws VoiceAgentError `sdp_rejected`, `rate_limited`, `timeout`, `network`, `sdp_invalid`; `KeyRefused` (401)
 */
export async function exchangeOffer(
  environment: Environment,
  url: URL,
  key: string,
  offer: string,
  signal: AbortSignal,
  rules: OfferRules = GA,
): Promise<Answer> {
  // The request does not follow `signal`: cancelling it could leave a call at the server whose id is unknown.
  const { signal: limited, done } = withLimit(environment, ANSWER_LIMIT, () => new VoiceAgentError('timeout'));
  const { json } = rules;
  const headers = { ...bearer(key), 'Content-Type': json ? 'application/json' : 'application/sdp' };
  const body = json ? toJson({ sdp: offer, ...json }) : offer;
  const posted = httpRequest(environment, url, { method: 'POST', body, headers }, limited, signal);
  posted.catch(() => undefined);
  try {
    const response = await until(posted, signal);
    return await until(readAnswer(response, limited, rules), signal);
  } catch (reason) {
    if (signal.aborted)
      posted.then(
        (response) => abandon(environment, url, key, response, rules),
        () => undefined,
      );
    throw reason;
  } finally {
    done();
  }
}

/** Ends a call at the server. Not awaited: if the request fails, the server ends the call on its own. */
export function hangUp(environment: Environment, url: URL, callId: string | undefined, key: string, { hangsUp } = GA): void {
  if (callId === undefined || !hangsUp) return;
  const address = new URL(`${url.pathname}/${callId}/hangup`, url);
  // `keepalive`: the request also completes when the page is unloaded.
  environment.fetch(address, { method: 'POST', headers: bearer(key), keepalive: true }).then(discard, () => undefined);
}

function abandon(environment: Environment, url: URL, key: string, response: Response, rules: OfferRules): void {
  discard(response);
  if (response.ok) hangUp(environment, url, callIdOf(response), key, rules);
}

async function readAnswer(response: Response, signal: AbortSignal, { json }: OfferRules): Promise<Answer> {
  if (response.status === 429) {
    discard(response);
    throw rateLimited(response);
  }
  if (!response.ok) throw await refusal(response, signal);
  const text = await readText(response, ANSWER_SIZE, 'sdp_invalid', signal);
  const { sdp, session_id: id } = json ? fields(text) : { sdp: text };
  if (typeof sdp !== 'string' || !sdp.startsWith('v=0')) throw new VoiceAgentError('sdp_invalid');
  return { sdp, callId: callIdOf(response) ?? asCallId(id) };
}

async function refusal(response: Response, signal: AbortSignal): Promise<VoiceAgentError> {
  const text = await readText(response, ANSWER_SIZE, 'sdp_invalid', signal).catch(() => '');
  const said = detail(text)
    .replace(/\b(ek|sk)[-_][\w*.-]+/g, '…')
    .slice(0, DETAIL_LENGTH);
  const message = `The voice server refused the call (${response.status})${said && `: ${said}`}`;
  return response.status === 401 ? new KeyRefused('sdp_rejected', { message }) : new VoiceAgentError('sdp_rejected', { message });
}

/** The server's error message from JSON: `{error: {message}}`, `{error}`, `{detail}`; `''` for other content. */
function detail(text: string): string {
  const { error, detail: said } = fields(text);
  const words = (error as { message?: unknown } | null | undefined)?.message ?? error ?? said;
  return typeof words === 'string' ? words : '';
}

/** The fields of a JSON object; empty for anything else. */
function fields(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}

/**
 * Carries an SDP offer to the Realtime API and brings the answer.
 *
 * Owns: the request with its limits, the meaning of its status, a call that was made for nobody (hung up).
 * Does not own: the offer, the key.
 */
import type { Dialect } from '../contract/dialect.js';
import { VoiceAgentError } from '../contract/errors.js';
import { toJson } from '../contract/to-json.js';
import type { Answer } from '../transport/transport.js';
import { asCallId, callIdOf } from './call-id.js';
import type { Environment } from './environment.js';
import { discard, rateLimited, readText, request, until, withLimit } from './http.js';
import { bearer } from './visitor-proof.js';

/** Milliseconds for the answer. */
const ANSWER_LIMIT = 10_000;
/** Bytes of an answer. */
const ANSWER_SIZE = 262_144;
/** Characters of the server's own words that are kept. */
const DETAIL_LENGTH = 300;

/** How a server wants offers. */
export interface OfferRules {
  /** The offer is JSON that names this model, and so is the answer. */
  readonly json?: { readonly model: string | undefined };
  /** Calls are ended by `POST <address>/<call id>/hangup`. */
  readonly hangsUp: boolean;
}

const GA: OfferRules = { hangsUp: true };

/** How servers of this dialect want offers. */
export function offerRules(dialect: Dialect | undefined, model: string | undefined): OfferRules {
  const { path = '/realtime/calls', body = 'sdp', hangUp: hangsUp = path === '/realtime/calls' && body === 'sdp' } = dialect?.offer || {};
  return body === 'json' ? { json: { model }, hangsUp } : { hangsUp };
}

/** Tells a refused key from other refusals, so that an old one can be replaced. */
export class KeyRefused extends VoiceAgentError {}

/**
 * Posts the offer. When `signal` is aborted meanwhile it rejects at once, and a call that the server makes all the same
 * is hung up when its answer arrives.
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
  // The request does not follow `signal`: cancelling it would leave a call at the server that nobody can name.
  const { signal: limited, done } = withLimit(environment, ANSWER_LIMIT, () => new VoiceAgentError('timeout'));
  const { json } = rules;
  const headers = { ...bearer(key), 'Content-Type': json ? 'application/json' : 'application/sdp' };
  const body = json ? toJson({ sdp: offer, ...json }) : offer;
  const posted = request(environment, url, { method: 'POST', body, headers }, limited, signal);
  posted.catch(() => undefined);
  try {
    const response = await until(posted, signal);
    return await until(readAnswer(response, limited, rules), signal);
  } catch (reason) {
    if (signal.aborted) posted.then((response) => abandon(environment, url, key, response, rules), () => undefined);
    throw reason;
  } finally {
    done();
  }
}

/** Ends a call at the server. Nobody waits for it: a server that cannot be told ends the call by itself. */
export function hangUp(environment: Environment, url: URL, callId: string | undefined, key: string, { hangsUp } = GA): void {
  if (callId === undefined || !hangsUp) return;
  const address = new URL(`${url.pathname}/${callId}/hangup`, url);
  // `keepalive`: also when the page goes away.
  environment
    .fetch(address, { method: 'POST', headers: bearer(key), keepalive: true })
    .then(discard, () => undefined);
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
  const said = detail(text).replace(/\b(ek|sk)[-_][\w*.-]+/g, '…').slice(0, DETAIL_LENGTH);
  const message = `The voice server refused the call (${response.status})${said && `: ${said}`}`;
  return response.status === 401 ? new KeyRefused('sdp_rejected', { message }) : new VoiceAgentError('sdp_rejected', { message });
}

/** The server's own words, where it speaks JSON: `{error: {message}}`, `{error}`, `{detail}`; a web page says nothing worth showing. */
function detail(text: string): string {
  const { error, detail: said } = fields(text);
  const words = (error as { message?: unknown } | null | undefined)?.message ?? error ?? said;
  return typeof words === 'string' ? words : '';
}

/** The fields of a JSON object; none of anything else. */
function fields(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}

/**
 * Places one call at the Realtime API (`POST /realtime/calls`, multipart: the "unified interface"). Owns the time limit and the
 * validation of the answer.
 *
 * The request is not aborted early: an offer that was sent may have become a billed call, and only the response contains the ID
 * needed to hang it up. If the visitor leaves or the time limit passes, the wait ends and a call that is placed later is hung up.
 */
import type { ServerObserver } from '../contract/server-events.js';
import type { Upstream } from '../resolved-options.js';
import { errorCode, upstreamFailure, unreachable } from '../upstream/upstream-failure.js';
import type { UpstreamFailure } from '../upstream/upstream-failure.js';
import { hangUp } from '../upstream/hang-up.js';
import { readJson, readText } from '../http/read-json.js';

/** One offer. */
export interface Offer {
  readonly sdp: string;
  /** GA session object. */
  readonly session: Readonly<Record<string, unknown>>;
  readonly safetyIdentifier: string | undefined;
  /** Aborted when the visitor left. */
  readonly visitor: AbortSignal;
}

/** The placed call, or the failure. `late` settles once a late response can no longer leave a call behind. */
export type OfferResult =
  { readonly answer: string; readonly upstreamId: string } | { readonly failure: UpstreamFailure; readonly late?: Promise<void> };

/** Milliseconds after the time limit until the request is aborted. */
const ABORT_DELAY = 120_000;
/** Milliseconds before the single retry after a failed connection. */
const RETRY_DELAY = 250;
/** Error codes for which the request cannot have been received. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** Offers a call. Upstream failures are returned, not thrown. */
export async function offerCall(upstream: Upstream, offer: Offer, emit: ServerObserver): Promise<OfferResult> {
  const { clock, timeout } = upstream;
  const placing = place(upstream, offer, emit);
  let cancelTimer: () => void = () => undefined;
  const interrupted = new Promise<UpstreamFailure>((resolve) => {
    cancelTimer = clock.after(timeout, () => resolve({ code: 'upstream_timeout', reason: `no answer in ${String(timeout)} ms` }));
    const visitorLeft = (): void => resolve({ code: 'upstream_failed', reason: 'the visitor left' });
    if (offer.visitor.aborted) visitorLeft();
    else offer.visitor.addEventListener('abort', visitorLeft, { once: true });
  });
  const first = await Promise.race([placing, interrupted]);
  cancelTimer();
  if ('answer' in first || 'failure' in first) return first;
  const late = placing.then(async (result) => {
    if ('upstreamId' in result) await hangUp(upstream, result.upstreamId, emit);
  });
  return { failure: first, late };
}

type Placed = Exclude<OfferResult, { late?: Promise<void> }> | { readonly failure: UpstreamFailure };

async function place(upstream: Upstream, offer: Offer, emit: ServerObserver): Promise<Placed> {
  const { clock, timeout } = upstream;
  const giveUp = new AbortController();
  const cancelTimer = clock.after(timeout + ABORT_DELAY, () => giveUp.abort());
  const began = clock.now();
  let status: number | undefined;
  try {
    const response = await send(upstream, offer, giveUp.signal);
    ({ status } = response);
    return await placed(upstream, response, emit);
  } catch (error) {
    return { failure: unreachable(error) };
  } finally {
    cancelTimer();
    emit({ type: 'upstream', operation: 'call', ms: clock.now() - began, status });
  }
}

async function send(
  { root, apiKeys, fetch, clock }: Upstream,
  { sdp, session, safetyIdentifier }: Offer,
  signal: AbortSignal,
): Promise<Response> {
  const withKey = (key: string): Promise<Response> => {
    const body = new FormData();
    body.set('sdp', sdp);
    body.set('session', JSON.stringify(session));
    return fetch(`${root}/realtime/calls`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${key}`,
        Accept: 'application/sdp',
        ...(safetyIdentifier !== undefined && { 'OpenAI-Safety-Identifier': safetyIdentifier }),
      },
      body,
      // An API root does not redirect; following a redirect could send the API key elsewhere.
      redirect: 'manual',
      signal,
    });
  };
  try {
    return await apiKeys.send(withKey);
  } catch (error) {
    const { code } = (error as { cause?: { code?: unknown } }).cause ?? {};
    if (typeof code !== 'string' || !NOT_CONNECTED.has(code)) throw error;
    await new Promise<void>((resolve) => void clock.after(RETRY_DELAY, resolve));
    return apiKeys.send(withKey);
  }
}

async function placed(upstream: Upstream, response: Response, emit: ServerObserver): Promise<Placed> {
  if (!response.ok) {
    const body = await readJson(response);
    const failure = upstreamFailure(response, body, upstream.clock);
    return {
      failure: isAboutOffer(response.status, body)
        ? { code: 'offer_rejected', reason: `the offer was refused (${String(response.status)})` }
        : failure,
    };
  }
  const location = response.headers.get('Location')?.split(/[?#]/)[0] ?? '';
  const upstreamId = /\/([\w-]{1,256})\/?$/.exec(location)?.[1];
  const answer = await readText(response).catch(() => undefined);
  if (upstreamId === undefined)
    return { failure: { code: 'upstream_failed', reason: 'the response has no call ID, so the call could not be hung up' } };
  if (answer === undefined || !/^v=0\r?\n/.test(answer) || !answer.includes('\nm=audio ')) {
    await hangUp(upstream, upstreamId, emit);
    return { failure: { code: 'upstream_failed', reason: 'the answer is not valid SDP' } };
  }
  return { answer, upstreamId };
}

/** Whether the page's offer was rejected rather than the owner's session: the API names the error (`invalid_offer`), other servers none. */
function isAboutOffer(status: number, body: unknown): boolean {
  const code = errorCode(body);
  return (status === 400 || status === 406 || status === 415 || status === 422) && (code === undefined || /offer|sdp/.test(code));
}

/**
 * The handler of `POST /voice/call`, after all guards: places the call at the Realtime API and watches it. The page never receives
 * a key or the API's call ID. Unless the profile allows otherwise, it receives the SDP answer only after the sideband has received its
 * first event, so that nothing it does is unobserved.
 */
import type { Context, Handler } from 'hono';
import { keyedHash } from '../crypto/keyed-hash.js';
import { safetyIdentifier } from '../guards/safety-identifier.js';
import type { ResolvedOptions } from '../resolved-options.js';
import { waitUntil } from '../http/wait-until.js';
import { requestedPath } from '../http/node-incoming.js';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';
import type { CallRecord } from '../contract/shared-state.js';
import { brokeredSession } from './brokered-session.js';
import { CallUnattached } from '../contract/call-host.js';
import type { CallHost } from '../contract/call-host.js';
import { hangUp } from '../upstream/hang-up.js';
import { offerCall } from './offer-call.js';
import { randomId } from '../crypto/random-id.js';
import { ownerProof } from './call-owner.js';
import { wasReplaced } from './replaced-calls.js';
import { sdpOffer } from './sdp-offer.js';

/** Minimum milliseconds for attaching the sideband, if the API needed almost all of the time limit for its answer. */
const SHORTEST_ATTACH = 1_000;

/** Places a call; every failure becomes problem details. If the call is refused, the budget guard releases its reservation. */
export function placeCall(options: ResolvedOptions, host: CallHost): Handler<VoiceEnv> {
  const { prices, emit, visitorBudget } = options;
  const hash = keyedHash(options.pepper);
  const replaceable = (c: Context<VoiceEnv>): boolean =>
    (c.get('known') || c.get('proof') !== undefined) && visitorBudget.replaces && visitorBudget.maxConcurrent !== undefined;

  return async function placeCall(c) {
    if (c.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase() !== 'application/sdp')
      return problem(c, 'media_type_unsupported');
    const sdp = sdpOffer(c.get('body'));
    if (sdp === undefined) return problem(c, 'body_invalid', { reason: 'the body is not an SDP offer with audio' });
    const profile = c.get('profile');
    const { upstream } = profile;
    const { signal } = c.req.raw;
    const session = brokeredSession(profile, prices);
    const begun = upstream.clock.now();
    const result = await offerCall(
      upstream,
      { sdp, session, safetyIdentifier: await safetyIdentifier(c, options.safetyIdentifier), visitor: signal },
      emit,
    );
    if ('failure' in result) {
      if (result.late) waitUntil(c, result.late);
      return problem(c, result.failure.code, result.failure);
    }
    const call = { ...record(c, result.upstreamId, options), proof: await ownerProof(c, options, hash) };
    // The page waits for the sum of both steps.
    const attachWithin = Math.max(SHORTEST_ATTACH, begun + upstream.timeout - upstream.clock.now());
    const visitorLeft = (): void => void host.end(call, 'visitor').catch(() => undefined);
    try {
      if (signal.aborted) throw new DOMException('The visitor left.', 'AbortError');
      const watched = host.watch(call, { requestId: c.get('requestId'), ...(!profile.answerBeforeSideband && { attachWithin }) });
      signal.addEventListener('abort', visitorLeft, { once: true });
      await watched;
    } catch (error) {
      // A call that ended while its sideband was being attached has been hung up.
      if (!(error instanceof CallUnattached)) await hangUp(upstream, call.upstreamId, emit);
      if (signal.aborted) return problem(c, 'upstream_failed', { reason: 'the visitor left' });
      if (error instanceof CallUnattached) return problem(c, 'upstream_timeout', { reason: 'the sideband was not attached in time' });
      throw error;
    } finally {
      signal.removeEventListener('abort', visitorLeft);
    }
    if (signal.aborted) visitorLeft();
    if (replaceable(c) && (await wasReplaced(options.state, call.id))) {
      await host.end(call, 'replaced');
      return problem(c, 'all_busy', { reason: 'replaced by a newer call of the visitor', retryAfter: 1 });
    }
    const { maxSeconds, maxIdleSeconds } = profile.limits;
    return c.body(result.answer, 201, {
      'Content-Type': 'application/sdp',
      'Cache-Control': 'no-store',
      Location: `${requestedPath(c).replace(/\/+$/, '')}/${call.id}`,
      'Voice-Call-Limits': `seconds=${String(maxSeconds)}, idle=${String(maxIdleSeconds)}`,
    });
  };
}

function record(c: Context<VoiceEnv>, upstreamId: string, { upstream }: ResolvedOptions): CallRecord {
  const { name, limits } = c.get('profile');
  const startedAt = upstream.clock.now();
  return {
    id: c.get('reservation'),
    ref: randomId(6),
    upstreamId,
    kind: 'browser',
    profile: name,
    visitor: c.get('visitor'),
    origin: c.req.header('Origin'),
    startedAt,
    deadline: startedAt + limits.maxSeconds * 1000,
    reservation: c.get('reservation'),
    spent: { calls: 1, seconds: 0, tokens: 0, micros: 0 },
  };
}

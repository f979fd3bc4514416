/**
 * The routes of brokered calls: `POST /voice/call`, `DELETE /voice/call/:id`, `POST /voice/call/:id/activity` and
 * `GET /voice/call/:id/notices`. Owns what a page may do with a call. A call's ID proves ownership: it has 192 random bits and is sent
 * only to the page that started the call; see also `call-owner.ts`.
 */
import type { Context, Handler, Hono, MiddlewareHandler } from 'hono';
import { bodyLimit } from '../guards/body-limit.js';
import { guardCall, guardOrigin } from '../guards/guard-call.js';
import { addressWants } from '../guards/rate-limits.js';
import { subscriberNetwork } from '../http/ip-address.js';
import { keyedHash } from '../crypto/keyed-hash.js';
import type { Rate } from '../options.js';
import type { ResolvedOptions } from '../resolved-options.js';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';
import type { CallRegistry } from '../contract/shared-state.js';
import type { CallHost } from '../contract/call-host.js';
import { placeCall } from './place-call.js';
import { endReplacedCalls } from './replaced-calls.js';
import { isCallOwner } from './call-owner.js';
import { MAX_OFFER_BYTES } from './sdp-offer.js';

/** Requests about calls per call that an address may start: enough for pages that reconnect, too few to guess IDs. */
const REQUESTS_PER_CALL = 12;

/**
 * Notice streams that the page of a call may open: enough for an unstable connection. The window is shorter than the time that a page
 * may be away, so that a page over the limit returns in time.
 */
const NOTICE_STREAMS = { count: 6, seconds: 10 };

/** Adds the routes to an app. */
export function addCallRoutes(app: Hono<VoiceEnv>, resolved: ResolvedOptions, host: CallHost): void {
  guardCall(app, '/voice/call', 'call', resolved, MAX_OFFER_BYTES);
  app.post('/voice/call', endReplacedCalls(resolved.state, host), placeCall(resolved, host));

  guardOrigin(app, '/voice/call/:id', ['DELETE'], resolved);
  app.delete('/voice/call/:id', limitCallRequests(resolved), bodyLimit(0), endCall(resolved, host));

  guardOrigin(app, '/voice/call/:id/activity', ['POST'], resolved);
  app.post('/voice/call/:id/activity', limitCallRequests(resolved), bodyLimit(0), activity(resolved, host));

  guardOrigin(app, '/voice/call/:id/notices', ['GET'], resolved, 'allow');
  app.get('/voice/call/:id/notices', limitCallRequests(resolved, NOTICE_STREAMS), bodyLimit(0), notices(resolved, host));
}

function endCall(resolved: ResolvedOptions, host: CallHost): Handler<VoiceEnv> {
  const findCall = callFinder(resolved);

  return async function endCall(c) {
    const found = await findCall(c);
    if (!found) return problem(c, 'call_unknown');
    if (found.ended === undefined) await host.end(found.call, 'visitor');
    c.header('Cache-Control', 'no-store');
    return c.body(null, 204);
  };
}

/** The visitor types, or confirmed that they are still there. Restarts the idle time; no other limit changes. */
function activity(resolved: ResolvedOptions, host: CallHost): Handler<VoiceEnv> {
  const findCall = callFinder(resolved);

  return async function activity(c) {
    const found = await findCall(c);
    if (!found) return problem(c, 'call_unknown');
    if (found.ended === undefined) await host.active(found.call);
    c.header('Cache-Control', 'no-store');
    return c.body(null, 204);
  };
}

function notices(resolved: ResolvedOptions, host: CallHost): Handler<VoiceEnv> {
  const findCall = callFinder(resolved);

  return async function notices(c) {
    const found = await findCall(c);
    if (!found) return problem(c, 'call_unknown');
    const { body, headers } = await host.notices(found.call, c.req.raw.signal);
    return c.body(body as ReadableStream, 200, Object.fromEntries(headers));
  };
}

/** Finds the call in a request's path, only for the visitor and the origin that started it. */
function callFinder(resolved: ResolvedOptions): (c: Context<VoiceEnv>) => ReturnType<CallRegistry['find']> {
  const hash = keyedHash(resolved.pepper);

  return async (c) => {
    const id = c.req.param('id') ?? '';
    const found = /^[\w-]{32}$/.test(id) ? await resolved.state.calls.find(id) : undefined;
    const origin = c.req.header('Origin');
    const foreign = origin !== undefined && found?.call.origin !== undefined && origin !== found.call.origin;
    if (found?.call.kind !== 'browser' || foreign) return undefined;
    return (await isCallOwner(c, found.call, resolved, hash)) ? found : undefined;
  };
}

/**
 * Limits requests about calls per address: responds with 429 and `Retry-After`.
 *
 * @param perCall a further limit for the requests of one address about the same call
 */
function limitCallRequests({ state, pepper, rates: { perAddress } }: ResolvedOptions, perCall: Rate = false): MiddlewareHandler<VoiceEnv> {
  const hash = keyedHash(pepper);

  return async function limitCallRequests(c, next) {
    const rate = perAddress && { count: perAddress.count * REQUESTS_PER_CALL, seconds: perAddress.seconds };
    const address = c.get('address');
    const network = address === undefined ? 'unknown' : await hash('address', subscriberNetwork(address));
    const answer = await state.take([
      ...(await addressWants(address, rate, hash, 'questions')),
      ...(perCall ? [{ key: `streams:${await hash('call', `${c.req.param('id') ?? ''} ${network}`)}`, ...perCall }] : []),
    ]);
    if (!answer.ok) return problem(c, 'rate_limited', { reason: 'rate limit: call requests', retryAfter: answer.retryAfter });
    await next();
  };
}

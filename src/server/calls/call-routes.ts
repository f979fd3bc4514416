/**
 * The addresses of brokered calls: `POST /voice/call`, `DELETE /voice/call/:id`, `POST /voice/call/:id/activity`, `GET /voice/call/:id/notices`. Owns what a page
 * may ask about a call. The name of a call is the proof that it is one's own: 192 random bits that only its page was told; see also `same-visitor.ts`.
 */
import type { Context, Handler, Hono, MiddlewareHandler } from 'hono';
import { clientAddress } from '../guards/client-address.js';
import { guardCall, guardOrigin } from '../guards/guard-call.js';
import { subscriberNetwork } from '../guards/ip-address.js';
import { keyedHash } from '../guards/keyed-hash.js';
import type { ResolvedOptions } from '../options.js';
import { problem } from '../problem.js';
import type { VoiceEnv } from '../problem.js';
import type { CallBook } from '../state/shared-state.js';
import type { CallHost } from './call-host.js';
import { placeCall } from './place-call.js';
import { isSameVisitor } from './same-visitor.js';
import { MOST_OFFER_BYTES } from './sdp-offer.js';

/** Questions for each call that one address may begin: enough for pages that reconnect, too little for guessing names. */
const QUESTIONS = 12;

/** Puts the routes on an app. */
export function addCallRoutes(app: Hono<VoiceEnv>, resolved: ResolvedOptions, host: CallHost): void {
  guardCall(app, '/voice/call', 'call', resolved, MOST_OFFER_BYTES);
  app.post('/voice/call', placeCall(resolved, host));

  guardOrigin(app, '/voice/call/:id', ['DELETE'], resolved);
  app.delete('/voice/call/:id', clientAddress(resolved), fewQuestions(resolved), endCall(resolved, host));

  guardOrigin(app, '/voice/call/:id/activity', ['POST'], resolved);
  app.post('/voice/call/:id/activity', clientAddress(resolved), fewQuestions(resolved), activity(resolved, host));

  guardOrigin(app, '/voice/call/:id/notices', ['GET'], resolved, 0, 'allow');
  app.get('/voice/call/:id/notices', clientAddress(resolved), fewQuestions(resolved), notices(resolved, host));
}

function endCall(resolved: ResolvedOptions, host: CallHost): Handler<VoiceEnv> {
  const ownCall = ownCalls(resolved);

  return async function endCall(c) {
    const booked = await ownCall(c);
    if (!booked) return problem(c, 'call_unknown');
    if (booked.ended === undefined) await host.end(booked.call, 'visitor');
    c.header('Cache-Control', 'no-store');
    return c.body(null, 204);
  };
}

/** The visitor types, or said that they are still there. It extends the silence, and no other limit of the call. */
function activity(resolved: ResolvedOptions, host: CallHost): Handler<VoiceEnv> {
  const ownCall = ownCalls(resolved);

  return async function activity(c) {
    const booked = await ownCall(c);
    if (!booked) return problem(c, 'call_unknown');
    if (booked.ended === undefined) await host.active(booked.call);
    c.header('Cache-Control', 'no-store');
    return c.body(null, 204);
  };
}

function notices(resolved: ResolvedOptions, host: CallHost): Handler<VoiceEnv> {
  const ownCall = ownCalls(resolved);

  return async function notices(c) {
    const booked = await ownCall(c);
    if (!booked) return problem(c, 'call_unknown');
    const { body, headers } = await host.notices(booked.call, c.req.raw.signal);
    return c.body(body as ReadableStream, 200, Object.fromEntries(headers));
  };
}

/** Finds the call that a request names, for its own visitor on a page of the origin that began it. */
function ownCalls(resolved: ResolvedOptions): (c: Context<VoiceEnv>) => ReturnType<CallBook['find']> {
  const hash = keyedHash(resolved.pepper);

  return async (c) => {
    const id = c.req.param('id') ?? '';
    const booked = /^[\w-]{32}$/.test(id) ? await resolved.state.calls.find(id) : undefined;
    const origin = c.req.header('Origin');
    const foreign = origin !== undefined && booked?.call.origin !== undefined && origin !== booked.call.origin;
    if (booked?.call.kind !== 'browser' || foreign) return undefined;
    return (await isSameVisitor(c, booked.call, resolved, hash)) ? booked : undefined;
  };
}

/** Refuses with 429 and `Retry-After`. */
function fewQuestions({ state, pepper, rates: { perAddress } }: ResolvedOptions): MiddlewareHandler<VoiceEnv> {
  const hash = keyedHash(pepper);

  return async function fewQuestions(c, next) {
    if (perAddress === false) return next();
    const address = c.get('address');
    const network = address === undefined ? 'unknown' : await hash('address', subscriberNetwork(address));
    const answer = await state.take([{ key: `questions:${network}`, count: perAddress.count * QUESTIONS, seconds: perAddress.seconds }]);
    if (!answer.ok) return problem(c, 'rate_limited', { reason: 'rate limit: questions', retryAfter: answer.retryAfter });
    await next();
  };
}

/**
 * Handles one incoming phone call: finds the profile of the called number, checks whether the call is allowed, and accepts or rejects it
 * at the Realtime API. The webhook has already been answered, so outcomes are reported only as events.
 *
 * Owns the order of the checks, the same as for browser calls: profile, rates, the owner's own check, budget.
 */
import type { CallHost } from '../contract/call-host.js';
import { hangUp } from '../upstream/hang-up.js';
import { randomName } from '../crypto/random-id.js';
import { NOTHING_SPENT, callReservation } from '../guards/budget.js';
import { keyedHash } from '../crypto/keyed-hash.js';
import type { PhoneRejection } from '../contract/server-events.js';
import type { Profile, Rate, ResolvedOptions } from '../options.js';
import type { CallRecord, RateWant } from '../contract/shared-state.js';
import { isDone } from '../upstream/call-request.js';
import { controlCall } from './call-control.js';
import { realtimeAgent } from './phone-agent.js';
import type { IncomingCall, PhoneOptions } from '../contract/phone-options.js';
import { loadAgentsSdk } from './phone-packages.js';
import { acceptedSession } from './phone-session.js';
import { calledNumber, sipHeader } from './sip-header.js';
import type { SipHeader } from './sip-header.js';

/** Dependencies for handling incoming calls. */
export interface PhoneDesk {
  readonly options: ResolvedOptions;
  readonly phone: PhoneOptions;
  readonly host: CallHost;
}

/** One incoming call as described by the webhook. */
export interface Ringing {
  readonly requestId: string;
  readonly callId: string;
  readonly headers: readonly SipHeader[];
}

/** SIP statuses (RFC 3261 §21). */
const BUSY_HERE = 486;
const TEMPORARILY_UNAVAILABLE = 480;
/** SIP "Decline", the API's default. */
const DECLINE = 603;

/** Accepts or rejects a call. The returned promise never rejects. */
export async function takeCall(desk: PhoneDesk, { requestId, callId, headers }: Ringing): Promise<void> {
  const { options, phone } = desk;
  const { upstream, tell } = options;
  const from = calledNumber(sipHeader(headers, 'from'));
  const incoming: IncomingCall = { ref: randomName(6), to: calledNumber(sipHeader(headers, 'to')), from, headers };
  // All callers without a number count as one caller, so that hiding the number does not bypass limits.
  const caller = await keyedHash(options.pepper)('caller', from ?? 'unknown');
  const profile = profileOf(desk, incoming.to);
  const told = { ref: incoming.ref, profile: profile?.name, caller };
  tell({ type: 'phone', step: 'incoming', ...told });
  let refused: readonly [reason: PhoneRejection, status: number] | undefined;
  try {
    refused = profile ? await admit(desk, incoming, caller, profile, { requestId, callId }) : ['number', phone.rejectStatus ?? DECLINE];
  } catch {
    refused = ['failed', TEMPORARILY_UNAVAILABLE];
  }
  if (!refused) return;
  const [reason, status] = refused;
  tell({ type: 'phone', step: 'rejected', ...told, reason });
  await controlCall(upstream, { operation: 'reject', upstreamId: callId, body: { status_code: status } }, tell);
}

/** The profile for a called number; `*` matches all other numbers. */
function profileOf({ options, phone: { numbers } }: PhoneDesk, to: string | undefined): Profile | undefined {
  const name = to !== undefined && Object.hasOwn(numbers, to) ? numbers[to] : numbers['*'];
  const profile = name === undefined ? undefined : options.profiles.get(name);
  return profile?.access.has('phone') ? profile : undefined;
}

/** Accepts a call, or returns the reason for rejecting it with its SIP status. */
async function admit(
  desk: PhoneDesk,
  incoming: IncomingCall,
  caller: string,
  profile: Profile,
  { requestId, callId }: Pick<Ringing, 'requestId' | 'callId'>,
): Promise<readonly [PhoneRejection, number] | undefined> {
  const { options, phone, host } = desk;
  const { upstream, state, rates, tell, budget, prices } = options;
  // Two steps, so that the refused calls of one caller do not use up the limits that all callers share.
  for (const wants of [want(`caller:${caller}`, rates.perVisitor), [...want(`profile:${profile.name}`, profile.rate), ...want('all', rates.global)]]) {
    if (wants.length > 0 && !(await state.take(wants)).ok) return ['rate', TEMPORARILY_UNAVAILABLE];
  }
  if (phone.accept && (await phone.accept(incoming)) !== true) return ['owner', phone.rejectStatus ?? DECLINE];
  const reservation = callReservation(profile, 'phone', budget, upstream.clock.now());
  const answer = await state.reserve(reservation);
  if (!answer.ok) return answer.limit === 'maxConcurrent' ? ['busy', BUSY_HERE] : ['budget', TEMPORARILY_UNAVAILABLE];
  try {
    const sdk = await loadAgentsSdk();
    const session = await acceptedSession(realtimeAgent(sdk, profile, phone), profile, prices);
    const safetyIdentifier = options.safetyIdentifier === false ? undefined : caller;
    const status = await controlCall(upstream, { operation: 'accept', upstreamId: callId, body: session, safetyIdentifier }, tell);
    if (!isDone(status)) {
      await state.settle(reservation.id, NOTHING_SPENT);
      // Without a response the call may have been accepted after all, and would run unwatched.
      if (status === undefined) await hangUp(upstream, callId, tell);
      return ['upstream', TEMPORARILY_UNAVAILABLE];
    }
    const call = recordOf(incoming, caller, profile, callId, reservation.id, upstream.clock.now());
    await host.watch(call);
    tell({ type: 'phone', ref: call.ref, step: 'accepted', profile: profile.name, caller });
    tell({ type: 'call-started', requestId, ref: call.ref, kind: 'phone', profile: profile.name, visitor: caller });
    return undefined;
  } catch (error) {
    // An unwatched call would have no limits.
    await hangUp(upstream, callId, tell);
    await state.settle(reservation.id, NOTHING_SPENT).catch(() => undefined);
    throw error;
  }
}

const want = (key: string, rate: Rate): RateWant[] => (rate ? [{ key, ...rate }] : []);

function recordOf({ ref }: IncomingCall, caller: string, { name, limits }: Profile, upstreamId: string, reservation: string, startedAt: number): CallRecord {
  return {
    id: randomName(24),
    ref,
    upstreamId,
    kind: 'phone',
    profile: name,
    visitor: caller,
    origin: undefined,
    startedAt,
    deadline: startedAt + limits.maxSeconds * 1000,
    reservation,
    spent: { calls: 1, seconds: 0, tokens: 0, micros: 0 },
  };
}

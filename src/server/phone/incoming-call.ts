/**
 * Handles one incoming phone call: finds the profile of the called number, checks whether the call is allowed, and accepts or rejects it
 * at the Realtime API. The webhook has already been answered, so outcomes are reported only as events.
 *
 * Owns the order of the checks, the same as for browser calls: profile, rates, the owner's own check, budget.
 */
import type { CallHost } from '../contract/call-host.js';
import { hangUp } from '../upstream/hang-up.js';
import { randomId } from '../crypto/random-id.js';
import { ZERO_AMOUNTS } from '../contract/amounts.js';
import { callReservation } from '../guards/budget.js';
import { callerAccount } from '../guards/visitor-accounts.js';
import { keyedHash } from '../crypto/keyed-hash.js';
import type { PhoneRejection } from '../contract/server-events.js';
import type { Rate } from '../options.js';
import type { CallRecord, RateWant } from '../contract/shared-state.js';
import { succeeded } from '../upstream/call-request.js';
import { controlCall } from './call-control.js';
import { realtimeAgent } from './phone-agent.js';
import type { IncomingCall, PhoneOptions } from '../contract/phone-options.js';
import { loadAgentsSdk } from './phone-packages.js';
import { acceptedSession } from './phone-session.js';
import { sipUser, sipHeader } from './sip-header.js';
import type { SipHeader } from './sip-header.js';
import type { Profile, ResolvedOptions } from '../resolved-options.js';

/** Dependencies for handling incoming calls. */
export interface IncomingCallSetup {
  readonly options: ResolvedOptions;
  readonly phone: PhoneOptions;
  readonly host: CallHost;
}

/** One incoming call as described by the webhook. */
export interface SipInvite {
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
export async function handleIncomingCall(setup: IncomingCallSetup, { requestId, callId, headers }: SipInvite): Promise<void> {
  const { options, phone } = setup;
  const { emit } = options;
  const from = sipUser(sipHeader(headers, 'from'));
  const incoming: IncomingCall = { ref: randomId(6), to: sipUser(sipHeader(headers, 'to')), from, headers };
  // All callers without a number count as one caller, so that hiding the number does not bypass limits.
  const caller = await keyedHash(options.pepper)('caller', from ?? 'unknown');
  const profile = profileOf(setup, incoming.to);
  const upstream = profile?.upstream ?? options.upstream;
  const labels = { ref: incoming.ref, profile: profile?.name, caller };
  emit({ type: 'phone', step: 'incoming', ...labels });
  let rejection: readonly [reason: PhoneRejection, status: number] | undefined;
  try {
    rejection = profile
      ? await acceptCall(setup, incoming, caller, profile, { requestId, callId })
      : ['number', phone.rejectStatus ?? DECLINE];
  } catch {
    rejection = ['failed', TEMPORARILY_UNAVAILABLE];
  }
  if (!rejection) return;
  const [reason, status] = rejection;
  emit({ type: 'phone', step: 'rejected', ...labels, reason });
  await controlCall(upstream, { operation: 'reject', upstreamId: callId, body: { status_code: status } }, emit);
}

/** The profile for a called number; `*` matches all other numbers. */
function profileOf({ options, phone: { numbers } }: IncomingCallSetup, to: string | undefined): Profile | undefined {
  const name = to !== undefined && Object.hasOwn(numbers, to) ? numbers[to] : numbers['*'];
  const profile = name === undefined ? undefined : options.profiles.get(name);
  return profile?.access.has('phone') ? profile : undefined;
}

/** Accepts a call, or returns the reason for rejecting it with its SIP status. */
async function acceptCall(
  setup: IncomingCallSetup,
  incoming: IncomingCall,
  caller: string,
  profile: Profile,
  { requestId, callId }: Pick<SipInvite, 'requestId' | 'callId'>,
): Promise<readonly [PhoneRejection, number] | undefined> {
  const { options, phone, host } = setup;
  const { state, rates, emit, visitorBudget, prices } = options;
  const { upstream } = profile;
  // Two steps, so that the refused calls of one caller do not use up the limits that all callers share.
  for (const wants of [
    rateWants(`caller:${caller}`, rates.perVisitor),
    [...rateWants(`profile:${profile.name}`, profile.rate), ...rateWants('all', rates.global)],
  ]) {
    if (wants.length > 0 && !(await state.take(wants)).ok) return ['rate', TEMPORARILY_UNAVAILABLE];
  }
  if (phone.accept && (await phone.accept(incoming)) !== true) return ['owner', phone.rejectStatus ?? DECLINE];
  // Callers without a number may be many, so they have no account of their own.
  const own = incoming.from === undefined ? [] : [callerAccount(caller, visitorBudget)];
  const now = upstream.clock.now();
  const reservation = callReservation(profile, 'phone', options, own, now);
  const answer = await state.reserve(reservation);
  void options.reportBudget(answer, reservation.calendar, now);
  if (!answer.ok)
    return answer.limit === 'maxConcurrent'
      ? ['busy', BUSY_HERE]
      : [answer.limit === 'paused' ? 'paused' : 'budget', TEMPORARILY_UNAVAILABLE];
  const call = recordOf(incoming, caller, profile, callId, reservation.id, upstream.clock.now());
  try {
    const sdk = await loadAgentsSdk();
    const session = await acceptedSession(realtimeAgent(sdk, profile, phone), profile, prices);
    const safetyIdentifier = options.safetyIdentifier === false ? undefined : caller;
    // The caller is heard, and the call costs money, as soon as the API has accepted it.
    await host.announce?.(call);
    const status = await controlCall(upstream, { operation: 'accept', upstreamId: callId, body: session, safetyIdentifier }, emit);
    if (!succeeded(status)) {
      await state.settle(reservation.id, ZERO_AMOUNTS);
      await state.calls.end(call.id, 'unwatched');
      // Without a response the call may have been accepted after all, and would run unwatched.
      if (status === undefined) await hangUp(upstream, callId, emit);
      return ['upstream', TEMPORARILY_UNAVAILABLE];
    }
    await host.watch(call, { requestId });
    emit({ type: 'phone', ref: call.ref, step: 'accepted', profile: profile.name, caller });
    return undefined;
  } catch (error) {
    // An unwatched call would have no limits.
    await hangUp(upstream, callId, emit);
    await state.calls.end(call.id, 'unwatched').catch(() => undefined);
    await state.settle(reservation.id, ZERO_AMOUNTS).catch(() => undefined);
    throw error;
  }
}

const rateWants = (key: string, rate: Rate): RateWant[] => (rate ? [{ key, ...rate }] : []);

function recordOf(
  { ref }: IncomingCall,
  caller: string,
  { name, limits }: Profile,
  upstreamId: string,
  reservation: string,
  startedAt: number,
): CallRecord {
  return {
    id: randomId(24),
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

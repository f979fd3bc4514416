/**
 * One phone call that rings: who is called, whether it may be, and then it is accepted or rejected at the Realtime API. The webhook
 * was answered before; whatever happens here is told by events alone.
 *
 * Owns the order of what a call has to pass, the same as for calls of pages: profile, rates, the owner's own check, budget.
 */
import type { CallHost } from '../calls/call-host.js';
import { hangUp } from '../calls/hang-up.js';
import { randomName } from '../calls/random-name.js';
import { NOTHING_SPENT, callReservation } from '../guards/budget.js';
import { keyedHash } from '../guards/keyed-hash.js';
import type { PhoneRejection } from '../observe/server-events.js';
import type { Profile, Rate, ResolvedOptions } from '../options.js';
import type { CallRecord, RateWant } from '../state/shared-state.js';
import { isDone } from '../calls/ask-about-call.js';
import { controlCall } from './call-control.js';
import { realtimeAgent } from './phone-agent.js';
import type { IncomingCall, PhoneOptions } from './phone-options.js';
import { loadAgentsSdk } from './phone-packages.js';
import { acceptedSession } from './phone-session.js';
import { calledNumber, sipHeader } from './sip-address.js';
import type { SipHeader } from './sip-address.js';

/** What taking calls needs. */
export interface PhoneDesk {
  readonly options: ResolvedOptions;
  readonly phone: PhoneOptions;
  readonly host: CallHost;
}

/** One call as the webhook tells of it. */
export interface Ringing {
  readonly requestId: string;
  readonly callId: string;
  readonly headers: readonly SipHeader[];
}

/** SIP statuses (RFC 3261 §21): everybody is busy; not now. */
const BUSY_HERE = 486;
const TEMPORARILY_UNAVAILABLE = 480;
/** Decline, the API's own default. */
const DECLINE = 603;

/** Accepts or rejects. Never rejects as a promise. */
export async function takeCall(desk: PhoneDesk, { requestId, callId, headers }: Ringing): Promise<void> {
  const { options, phone } = desk;
  const { upstream, tell } = options;
  const from = calledNumber(sipHeader(headers, 'from'));
  const incoming: IncomingCall = { ref: randomName(6), to: calledNumber(sipHeader(headers, 'to')), from, headers };
  // Callers who hide their number are one caller: unknown must not mean unlimited.
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

/** The agent of a number; `*` is that of all others. */
function profileOf({ options, phone: { numbers } }: PhoneDesk, to: string | undefined): Profile | undefined {
  const name = to !== undefined && Object.hasOwn(numbers, to) ? numbers[to] : numbers['*'];
  const profile = name === undefined ? undefined : options.profiles.get(name);
  return profile?.ways.has('phone') ? profile : undefined;
}

/** Why a call is not taken, with the SIP status for it; `undefined` when it was. */
async function admit(
  desk: PhoneDesk,
  incoming: IncomingCall,
  caller: string,
  profile: Profile,
  { requestId, callId }: Pick<Ringing, 'requestId' | 'callId'>,
): Promise<readonly [PhoneRejection, number] | undefined> {
  const { options, phone, host } = desk;
  const { upstream, state, rates, tell, budget, prices } = options;
  // Two steps: what one caller asks for in vain must not use up the places of all others.
  for (const wants of [want(`caller:${caller}`, rates.perVisitor), [...want(`profile:${profile.name}`, profile.rate), ...want('all', rates.inAll)]]) {
    if (wants.length > 0 && !(await state.take(wants)).ok) return ['rate', TEMPORARILY_UNAVAILABLE];
  }
  if (phone.accept && (await phone.accept(incoming)) !== true) return ['owner', phone.rejectStatus ?? DECLINE];
  const reservation = callReservation(profile, 'phone', budget, upstream.clock.now());
  const answer = await state.reserve(reservation);
  if (!answer.ok) return answer.limit === 'atOnce' ? ['busy', BUSY_HERE] : ['budget', TEMPORARILY_UNAVAILABLE];
  try {
    const sdk = await loadAgentsSdk();
    const session = await acceptedSession(realtimeAgent(sdk, profile, phone), profile, prices);
    const safetyIdentifier = options.safetyIdentifier === false ? undefined : caller;
    const status = await controlCall(upstream, { operation: 'accept', upstreamId: callId, body: session, safetyIdentifier }, tell);
    if (!isDone(status)) {
      await state.settle(reservation.id, NOTHING_SPENT);
      // Without an answer it may have been accepted after all: nobody would watch it.
      if (status === undefined) await hangUp(upstream, callId, tell);
      return ['upstream', TEMPORARILY_UNAVAILABLE];
    }
    const call = recordOf(incoming, caller, profile, callId, reservation.id, upstream.clock.now());
    await host.watch(call);
    tell({ type: 'phone', ref: call.ref, step: 'accepted', profile: profile.name, caller });
    tell({ type: 'call-started', requestId, ref: call.ref, kind: 'phone', profile: profile.name, visitor: caller });
    return undefined;
  } catch (error) {
    // A call that nobody watches would have no limits.
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
    deadline: startedAt + limits.seconds * 1000,
    reservation,
    spent: { calls: 1, seconds: 0, tokens: 0, micros: 0 },
  };
}

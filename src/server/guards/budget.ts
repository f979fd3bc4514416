/**
 * Sets aside what a call can cost at most before anything is asked of the Realtime API, so that however many ask at once, no
 * more is spent than the owner allowed.
 *
 * Owns the reservation until a handler answers with success. A handler that answers with a refusal gets it given back here,
 * unless it has settled it before: settling counts once.
 */
import type { MiddlewareHandler } from 'hono';
import type { Clock } from '../clock.js';
import type { Budget, CallWay, Profile } from '../options.js';
import { problem } from '../problem.js';
import type { VoiceEnv } from '../problem.js';
import type { Amounts, Reservation, SharedState } from '../state/shared-state.js';

/** Options of `budget`. */
export interface BudgetGuardOptions {
  readonly way: CallWay;
  /** Of all profiles together. */
  readonly budget: Budget;
  readonly state: Pick<SharedState, 'reserve' | 'settle'>;
  readonly clock: Clock;
}

/** Milliseconds in which a call that is hung up at its limit has to be settled. */
const SETTLE_MARGIN = 60_000;

/** What a call costs that never was. */
export const NOTHING_SPENT: Amounts = { calls: 0, seconds: 0, tokens: 0, micros: 0 };

/**
 * The most that a call of this profile can use.
 *
 * @param now milliseconds since the epoch
 */
export function callReservation(profile: Profile, way: CallWay, budget: Budget, now: number): Reservation {
  const { seconds, tokens = 0, micros = 0 } = profile.limits;
  return {
    id: crypto.randomUUID(),
    accounts: [
      { name: 'all', ...accountOf(budget) },
      { name: `profile:${profile.name}`, ...accountOf(profile.budget) },
    ],
    amounts: { calls: 1, seconds, tokens, micros },
    // Nobody meters the call of a key: it counts in full when its time is over.
    until: now + seconds * 1000 + (way === 'token' ? 0 : SETTLE_MARGIN),
  };
}

/** Refuses with 429 and `Retry-After`; sets `c.get('reservation')`. */
export function budget({ way, budget, state, clock }: BudgetGuardOptions): MiddlewareHandler<VoiceEnv> {
  return async function budgetGuard(c, next) {
    const reservation = callReservation(c.get('profile'), way, budget, clock.now());
    const answer = await state.reserve(reservation);
    if (!answer.ok) {
      const { account, limit, retryAfter } = answer;
      return problem(c, limit === 'atOnce' ? 'all_busy' : 'budget_spent', { reason: `${limit} of ${account}`, retryAfter });
    }
    c.set('reservation', reservation.id);
    let spends = false;
    try {
      await next();
      spends = c.res.status < 400;
    } finally {
      // Where the state is gone, the reservation runs out by itself; the visitor's answer is made.
      if (!spends) await state.settle(reservation.id, NOTHING_SPENT).catch(() => undefined);
    }
  };
}

const accountOf = ({ perDay, atOnce }: Budget): { perDay: Partial<Amounts>; atOnce?: number } => ({ perDay, ...(atOnce !== undefined && { atOnce }) });

/**
 * Reserves the maximum cost of a call before any request to the Realtime API, so that concurrent requests cannot exceed the
 * budget.
 *
 * Owns the reservation until the handler responds with success. If the handler responds with an error, the reservation is
 * released here, unless the handler has already settled it: only the first settlement counts.
 */
import type { MiddlewareHandler } from 'hono';
import { ZERO_AMOUNTS } from '../contract/amounts.js';
import type { Clock } from '../contract/clock.js';
import type { Access } from '../options.js';
import { problem } from '../http/problem.js';
import type { VoiceEnv } from '../http/voice-env.js';
import type { Amounts, Reservation, SharedState } from '../contract/shared-state.js';
import type { Budget, Profile } from '../resolved-options.js';

/** Options of `budget`. */
export interface BudgetGuardOptions {
  readonly access: Access;
  /** Shared by all profiles. */
  readonly budget: Budget;
  readonly state: Pick<SharedState, 'reserve' | 'settle'>;
  readonly clock: Clock;
}

/** Milliseconds for settling a call after it was hung up at its limit. */
const SETTLE_MARGIN = 60_000;
/** `Retry-After` in seconds while the server is paused. */
const PAUSED_SECONDS = 30;

/**
 * The reservation for the maximum that a call of this profile can use.
 *
 * @param now milliseconds since the epoch
 */
export function callReservation(profile: Profile, access: Access, budget: Budget, now: number): Reservation {
  const { maxSeconds, tokens = 0, micros = 0 } = profile.limits;
  return {
    id: crypto.randomUUID(),
    accounts: [
      { name: 'all', ...accountOf(budget) },
      { name: `profile:${profile.name}`, ...accountOf(profile.budget) },
    ],
    amounts: { calls: 1, seconds: maxSeconds, tokens, micros },
    // The call of a key is not metered: it counts in full when its time is over.
    until: now + maxSeconds * 1000 + (access === 'token' ? 0 : SETTLE_MARGIN),
  };
}

/** Rejects with 429, or 503 while the server is paused, and `Retry-After`; sets `c.get('reservation')`. */
export function budget({ access, budget, state, clock }: BudgetGuardOptions): MiddlewareHandler<VoiceEnv> {
  return async function budgetGuard(c, next) {
    const reservation = callReservation(c.get('profile'), access, budget, clock.now());
    const answer = await state.reserve(reservation);
    if (!answer.ok) {
      if (answer.limit === 'paused') return problem(c, 'paused', { retryAfter: PAUSED_SECONDS });
      const { account, limit, retryAfter } = answer;
      return problem(c, limit === 'maxConcurrent' ? 'all_busy' : 'budget_spent', { reason: `${limit} of ${account}`, retryAfter });
    }
    c.set('reservation', reservation.id);
    let spends = false;
    try {
      await next();
      spends = c.res.status < 400;
    } finally {
      // If the state is unavailable, the reservation expires by itself; the response to the visitor does not change.
      if (!spends) await state.settle(reservation.id, ZERO_AMOUNTS).catch(() => undefined);
    }
  };
}

const accountOf = ({ perDay, maxConcurrent }: Budget): { perDay: Partial<Amounts>; maxConcurrent?: number } => ({
  perDay,
  ...(maxConcurrent !== undefined && { maxConcurrent }),
});

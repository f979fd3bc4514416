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
import { waitUntil } from '../http/wait-until.js';
import type { VoiceEnv } from '../http/voice-env.js';
import type { Account, Amounts, Reservation, SharedState } from '../contract/shared-state.js';
import type { KeyedHash } from '../crypto/keyed-hash.js';
import { randomId } from '../crypto/random-id.js';
import type { Budget, Profile, ResolvedOptions } from '../resolved-options.js';
import { visitorAccounts } from './visitor-accounts.js';

/** Options of `budget`. */
export interface BudgetGuardOptions extends Pick<ResolvedOptions, 'budget' | 'visitorBudget' | 'calendar' | 'reportBudget'> {
  readonly access: Access;
  readonly state: Pick<SharedState, 'reserve' | 'settle'>;
  readonly hash: KeyedHash;
  readonly clock: Clock;
}

/** Milliseconds for settling a call after it was hung up at its limit. */
const SETTLE_MARGIN = 60_000;
/** `Retry-After` in seconds while the server is paused. */
const PAUSED_SECONDS = 30;

/** The maximum that a call of this profile can use. */
export function callAmounts({ limits: { maxSeconds, tokens = 0, micros = 0 } }: Profile): Amounts {
  return { calls: 1, seconds: maxSeconds, tokens, micros };
}

/**
 * The reservation for the maximum that a call of this profile can use.
 *
 * @param own accounts of the visitor, which are checked first
 * @param now milliseconds since the epoch
 */
export function callReservation(
  profile: Profile,
  access: Access,
  { budget, calendar }: Pick<ResolvedOptions, 'budget' | 'calendar'>,
  own: readonly Account[],
  now: number,
): Reservation & Required<Pick<Reservation, 'calendar'>> {
  return {
    id: randomId(24),
    accounts: [...own, { name: 'all', ...accountOf(budget) }, { name: `profile:${profile.name}`, ...accountOf(profile.budget) }],
    amounts: callAmounts(profile),
    // The call of a key is not metered: it counts in full when its time is over.
    until: now + profile.limits.maxSeconds * 1000 + (access === 'token' ? 0 : SETTLE_MARGIN),
    calendar: calendar(now),
  };
}

/** Rejects with 429, or 503 while the server is paused, and `Retry-After`; sets `c.get('reservation')` and `c.get('replaced')`. */
export function budget(options: BudgetGuardOptions): MiddlewareHandler<VoiceEnv> {
  const { access, budget, visitorBudget, reportBudget, state, hash, clock } = options;
  return async function budgetGuard(c, next) {
    const profile = c.get('profile');
    const source = {
      access,
      visitor: c.get('known') ? c.get('visitor') : undefined,
      proof: c.get('proof'),
      address: c.get('address'),
      amounts: callAmounts(profile),
    };
    const own = await visitorAccounts(source, visitorBudget, budget, hash);
    const now = clock.now();
    const reservation = callReservation(profile, access, options, own, now);
    const answer = await state.reserve(reservation);
    waitUntil(c, reportBudget(answer, reservation.calendar, now));
    if (!answer.ok) {
      if (answer.limit === 'paused') return problem(c, 'paused', { retryAfter: PAUSED_SECONDS });
      const { account, limit, retryAfter } = answer;
      // Log only the kind of a visitor's account: its name contains the visitor's ID.
      const whose = account.startsWith('profile:') ? account : account.split(':')[0];
      return problem(c, limit === 'maxConcurrent' ? 'all_busy' : 'budget_spent', { reason: `${limit} of ${String(whose)}`, retryAfter });
    }
    c.set('reservation', reservation.id);
    c.set('replaced', answer.replaced ?? []);
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

const accountOf = ({ perDay, perMonth, maxConcurrent }: Budget): Omit<Account, 'name'> => ({
  perDay,
  reports: true,
  // Without a limit, a state need not count months.
  ...(Object.keys(perMonth).length > 0 && { perMonth }),
  ...(maxConcurrent !== undefined && { maxConcurrent }),
});

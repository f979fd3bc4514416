/**
 * Validates budgets against the limits of single calls. The maximum of a call is reserved before it starts, so that maximum must be
 * configured, and a budget below it refuses every call.
 */
import { priceOf } from '../contract/price-of.js';
import type { BudgetOptions, ProfileOptions } from '../options.js';
import { billedModel } from './billed-model.js';
import { callLimits, knownPrices } from './call-limits.js';
import type { ResolvedLimits, SharedLimits } from './call-limits.js';
import { pathText } from './validation-errors.js';
import type { ValidationError } from './validation-errors.js';

/** An agent and its path in the options; the only agent of `session` has an empty path. */
export type NamedProfile = readonly [at: readonly string[], profile: ProfileOptions];

/**
 * Errors in one budget.
 *
 * @param path path of the budget in the options
 * @param profiles the agents whose calls are charged to it
 */
export function budgetConflicts(
  budget: BudgetOptions,
  path: string,
  profiles: readonly NamedProfile[],
  options: SharedLimits,
): readonly ValidationError[] {
  return profiles.flatMap(([at, profile]) => {
    const who = at.length > 0 ? ` of the agent "${at[1] ?? ''}"` : '';
    const limits = callLimits(profile, options);
    return [...missingLimits(budget, path, profile, limits, options, who), ...tooSmall(budget, path, limits, who)];
  });
}

/** The periods of a budget. */
const PERIODS = ['Day', 'Month'] as const;

function missingLimits(
  budget: BudgetOptions,
  path: string,
  profile: ProfileOptions,
  limits: ResolvedLimits,
  options: SharedLimits,
  who: string,
): ValidationError[] {
  const model = billedModel(profile);
  const reserved = 'the maximum per call is reserved before the call starts.';
  const requiredByMoney = (): string | undefined => {
    if (model === undefined) return `session.model${who}: the price depends on it.`;
    if (!priceOf(knownPrices(options.prices), model)) return `${pathText(['prices', model])} for the model${who || ' in use'}.`;
    return limits.money === undefined ? `limits.money${who}: ${reserved}` : undefined;
  };
  return PERIODS.flatMap((period) =>
    (
      [
        [`tokensPer${period}`, limits.tokens === undefined ? `limits.tokens${who}: ${reserved}` : undefined],
        [`moneyPer${period}`, requiredByMoney()],
      ] as const
    ).flatMap(([name, what]) =>
      typeof budget[name] === 'number' && what !== undefined ? [{ path: `${path}.${name}`, problem: `requires ${what}` }] : [],
    ),
  );
}

/** Budgets that no call fits into. A budget of 0 closes the server on purpose: that is only a recommendation of `--check`. */
function tooSmall(budget: BudgetOptions, path: string, limits: ResolvedLimits, who: string): ValidationError[] {
  const { maxSeconds, tokens, money } = limits;
  return PERIODS.flatMap((period) =>
    (
      [
        [`minutesPer${period}`, maxSeconds / 60, `limits.maxSeconds${who} (${String(maxSeconds)} s)`],
        [`tokensPer${period}`, tokens, `limits.tokens${who} (${String(tokens)})`],
        [`moneyPer${period}`, money, `limits.money${who} (${String(money)})`],
      ] as const
    ).flatMap(([name, least, limit]) => {
      const most = budget[name];
      if (typeof most !== 'number' || most === 0 || least === undefined || most >= least) return [];
      const problem = `is less than ${limit}, which is reserved before each call, so every call would be refused. Raise it to at least ${shown(least)}, or lower that limit.`;
      return [{ path: `${path}.${name}`, problem }];
    }),
  );
}

/** At most two decimals, rounded up. */
const shown = (amount: number): string => String(Math.ceil(amount * 100) / 100);

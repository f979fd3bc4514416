/**
 * Validates budgets against the limits of single calls. The maximum of a call is reserved before it starts, so that maximum must be
 * configured, and a budget below it refuses every call.
 */
import type { BudgetOptions, CallLimits, ProfileOptions, VoiceServerOptions } from '../options.js';
import { billedModel } from './billed-model.js';
import { pathText } from './validation-errors.js';
import type { ValidationError } from './validation-errors.js';

/** An agent and its path in the options; the only agent of `session` has an empty path. */
export type NamedProfile = readonly [at: readonly string[], profile: ProfileOptions];

/** The options that apply to all agents. */
type Shared = Pick<VoiceServerOptions, 'limits' | 'prices'>;

/** The maximum length of a call in seconds, if the owner set none. */
export const DEFAULT_MAX_SECONDS = 600;

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
  options: Shared,
): readonly ValidationError[] {
  return profiles.flatMap(([at, profile]) => {
    const who = at.length > 0 ? ` of the agent "${at[1] ?? ''}"` : '';
    const limits: CallLimits = { ...options.limits, ...profile.limits };
    return [
      ...missingLimits(budget, path, limits, who),
      ...missingPrice(budget, path, profile, options, who),
      ...tooSmall(budget, path, limits, who),
    ];
  });
}

function missingLimits(budget: BudgetOptions, path: string, limits: CallLimits, who: string): ValidationError[] {
  const missing = (name: string, limit: string): ValidationError => ({
    path: `${path}.${name}`,
    problem: `requires limits.${limit}${who}: the maximum per call is reserved before the call starts.`,
  });
  return [
    ...(typeof budget.tokensPerDay === 'number' && limits.tokens === undefined ? [missing('tokensPerDay', 'tokens')] : []),
    ...(typeof budget.moneyPerDay === 'number' && limits.money === undefined ? [missing('moneyPerDay', 'money')] : []),
  ];
}

function missingPrice(budget: BudgetOptions, path: string, profile: ProfileOptions, options: Shared, who: string): ValidationError[] {
  if (typeof budget.moneyPerDay !== 'number') return [];
  const at = `${path}.moneyPerDay`;
  const model = billedModel(profile);
  if (model === undefined) return [{ path: at, problem: `requires session.model${who}: the price depends on it.` }];
  if (Object.hasOwn(options.prices ?? {}, model)) return [];
  return [{ path: at, problem: `requires ${pathText(['prices', model])} for the model${who || ' in use'}.` }];
}

/** Budgets that no call fits into. A budget of 0 closes the server on purpose: that is only a recommendation of `--check`. */
function tooSmall(budget: BudgetOptions, path: string, limits: CallLimits, who: string): ValidationError[] {
  const { maxSeconds = DEFAULT_MAX_SECONDS, tokens, money } = limits;
  const compared = [
    ['minutesPerDay', budget.minutesPerDay, maxSeconds / 60, `limits.maxSeconds${who} (${String(maxSeconds)} s)`],
    ['tokensPerDay', budget.tokensPerDay, tokens, `limits.tokens${who} (${String(tokens)})`],
    ['moneyPerDay', budget.moneyPerDay, money, `limits.money${who} (${String(money)})`],
  ] as const;
  return compared.flatMap(([name, most, least, limit]) =>
    typeof most === 'number' && most > 0 && least !== undefined && most < least
      ? [
          {
            path: `${path}.${name}`,
            problem: `is less than ${limit}, which is reserved before each call, so every call would be refused. Raise it to at least ${shown(least)}, or lower that limit.`,
          },
        ]
      : [],
  );
}

/** At most two decimals, rounded up. */
const shown = (amount: number): string => String(Math.ceil(amount * 100) / 100);

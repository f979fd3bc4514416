/** Converts budgets to the units of the state and fills in the defaults. */
import type { Amounts } from '../contract/shared-state.js';
import type { BudgetOptions, ServerBudgetOptions, VisitorDay } from '../options.js';
import type { Budget, VisitorBudget } from '../resolved-options.js';

/** Millionths per unit of money. */
export const MICRO = 1_000_000;

/** Defaults of the server's budget that do not depend on a price. */
export const DEFAULT_BUDGET = {
  callsPerDay: 1_000,
  minutesPerDay: false,
  tokensPerDay: false,
  callsPerMonth: false,
  minutesPerMonth: false,
  tokensPerMonth: false,
  moneyPerMonth: false,
  timeZone: 'UTC',
  maxConcurrent: 50,
  maxConcurrentPerVisitor: 1,
  onVisitorBusy: 'replace',
  maxConcurrentPerAddress: 5,
  maxSharePerNetwork: 0.5,
} as const satisfies ServerBudgetOptions;

/** The budget of the server or of an agent. An omitted limit is unlimited. */
export function resolveBudget({
  maxConcurrent,
  callsPerMonth,
  minutesPerMonth,
  tokensPerMonth,
  moneyPerMonth,
  ...perDay
}: BudgetOptions): Budget {
  return {
    perDay: amountsOf(perDay),
    perMonth: amountsOf({
      callsPerDay: callsPerMonth,
      minutesPerDay: minutesPerMonth,
      tokensPerDay: tokensPerMonth,
      moneyPerDay: moneyPerMonth,
    }),
    maxConcurrent: bound(maxConcurrent),
  };
}

/** The limits of single visitors. @param money default money per day of an identified visitor */
export function resolveVisitorBudget(options: ServerBudgetOptions, money: number | undefined): VisitorBudget {
  const {
    maxConcurrentPerVisitor,
    onVisitorBusy,
    maxConcurrentPerAddress,
    maxSharePerNetwork,
    perVisitor = {},
  } = {
    ...DEFAULT_BUDGET,
    ...definedOptions(options),
  };
  const usesDefault = money !== undefined && perVisitor.moneyPerDay === undefined;
  return {
    perDay: amountsOf(perVisitor),
    defaultPerDay: usesDefault ? { micros: Math.round(money * MICRO) } : {},
    maxConcurrent: bound(maxConcurrentPerVisitor),
    perAddress: bound(maxConcurrentPerAddress),
    share: maxSharePerNetwork === false ? undefined : maxSharePerNetwork,
    replaces: onVisitorBusy === 'replace',
  };
}

/** Without options that are `undefined`, which would replace a default. */
export const definedOptions = <Options extends object>(options: Options): Options =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;

function amountsOf({ callsPerDay, minutesPerDay, tokensPerDay, moneyPerDay }: Partially<VisitorDay>): Partial<Amounts> {
  const entries = {
    calls: bound(callsPerDay),
    seconds: bound(minutesPerDay, 60),
    tokens: bound(tokensPerDay),
    micros: bound(moneyPerDay, MICRO),
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

/** Options that may be `undefined`. */
type Partially<Options> = { readonly [Name in keyof Options]?: Options[Name] | undefined };

const bound = (value: number | false | undefined, factor = 1): number | undefined =>
  typeof value === 'number' ? Math.round(value * factor) : undefined;

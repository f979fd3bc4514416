/** Separates the charges of a day and a month into spent and reserved amounts, for all implementations of the state. */
import { AMOUNT_NAMES, ZERO_AMOUNTS, addAmounts } from './amounts.js';
import { monthOf } from './calendar.js';
import type { AccountUsage, Amounts, PeriodUsage } from './shared-state.js';

/** Spent and reserved amounts by account. */
export interface ChargedAmounts {
  /** Number of the local day. */
  readonly day: number;
  readonly today: ReadonlyMap<string, Amounts>;
  /** Those of the month of the day; only accounts that are counted by month. */
  readonly month: ReadonlyMap<string, Amounts>;
}

/** An unsettled reservation that has not expired. */
export interface HeldAmounts {
  /** Names of the charged accounts. */
  readonly accounts: readonly string[];
  /** Names of those that are also charged by month. */
  readonly monthly?: readonly string[];
  readonly amounts: Amounts;
  /** Number of the local day on which it was charged. */
  readonly day: number;
  /** True once another reservation has taken its places. */
  readonly placeless?: boolean;
}

/** What one account has reserved. */
interface Reserved {
  today: Amounts;
  month: Amounts;
  places: number;
}

/**
 * The use of each account that was charged or has a place.
 *
 * @param held unsettled reservations of all days: an earlier one takes a place, but its amounts belong to its own day and month
 */
export function accountUsage({ day, today, month }: ChargedAmounts, held: readonly HeldAmounts[]): readonly AccountUsage[] {
  const reserved = new Map<string, Reserved>();
  for (const { accounts, monthly = [], amounts, ...one } of held) {
    for (const account of accounts) {
      const sum = reserved.get(account) ?? { today: ZERO_AMOUNTS, month: ZERO_AMOUNTS, places: 0 };
      if (one.day === day) sum.today = addAmounts(sum.today, amounts);
      if (monthly.includes(account) && monthOf(one.day) === monthOf(day)) sum.month = addAmounts(sum.month, amounts);
      if (one.placeless !== true) sum.places += 1;
      reserved.set(account, sum);
    }
  }
  return [...new Set([...today.keys(), ...month.keys(), ...reserved.keys()])].map((account) => {
    const own = reserved.get(account);
    const inMonth = month.get(account);
    return {
      account,
      ...periodUsage(today.get(account), own?.today),
      places: own?.places ?? 0,
      ...(inMonth && { month: periodUsage(inMonth, own?.month) }),
    };
  });
}

function periodUsage(charged = ZERO_AMOUNTS, reserved = ZERO_AMOUNTS): PeriodUsage {
  // A store that is read in several steps may have settled a reservation in between.
  const spent = Object.fromEntries(AMOUNT_NAMES.map((name) => [name, Math.max(0, charged[name] - reserved[name])])) as unknown as Amounts;
  return { spent, reserved };
}

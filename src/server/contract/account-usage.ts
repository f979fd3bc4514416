/** Separates the charges of a day into spent and reserved amounts, for all implementations of the state. */
import { AMOUNT_NAMES, ZERO_AMOUNTS, addAmounts } from './amounts.js';
import type { AccountUsage, Amounts } from './shared-state.js';

/** An unsettled reservation that has not expired. */
export interface HeldAmounts {
  /** Names of the charged accounts. */
  readonly accounts: readonly string[];
  readonly amounts: Amounts;
  /** Day on which it was charged, in days since the epoch. */
  readonly day: number;
}

/**
 * The use of each charged account.
 *
 * @param charged spent and reserved amounts of the day by account
 * @param held unsettled reservations of all days: an earlier one takes a place, but its amounts belong to its own day
 * @param day days since the epoch
 */
export function accountUsage(charged: ReadonlyMap<string, Amounts>, held: readonly HeldAmounts[], day: number): readonly AccountUsage[] {
  const reserved = new Map<string, { amounts: Amounts; places: number }>();
  for (const one of held) {
    for (const account of one.accounts) {
      const { amounts, places } = reserved.get(account) ?? { amounts: ZERO_AMOUNTS, places: 0 };
      reserved.set(account, { amounts: one.day === day ? addAmounts(amounts, one.amounts) : amounts, places: places + 1 });
    }
  }
  return [...charged].map(([account, total]) => {
    const { amounts, places } = reserved.get(account) ?? { amounts: ZERO_AMOUNTS, places: 0 };
    // A store that is read in several steps may have settled a reservation in between.
    const spent = Object.fromEntries(AMOUNT_NAMES.map((name) => [name, Math.max(0, total[name] - amounts[name])])) as unknown as Amounts;
    return { account, spent, reserved: amounts, places };
  });
}

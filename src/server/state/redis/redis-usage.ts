/**
 * Reads the use of all accounts from Redis, in steps of bounded size: the charges of the day and the month, then what each unsettled
 * reservation holds.
 */
import { accountUsage } from '../../contract/account-usage.js';
import type { HeldAmounts } from '../../contract/account-usage.js';
import { ZERO_AMOUNTS } from '../../contract/amounts.js';
import type { AccountUsage, Amounts } from '../../contract/shared-state.js';
import type { RedisScript } from './redis-scripts.js';

/** Maximum number of reservations per script run, because Redis serves no other client while a script runs. */
const MAX_AT_ONCE = 500;

/** Runs a script on the keys of the budget. */
type RunScript = (name: RedisScript, args: readonly (string | number)[]) => Promise<unknown>;

/** See the head of the file. @param offset milliseconds by which local time is ahead of UTC @throws StateUnavailable */
export async function redisUsage(script: RunScript, offset: number): Promise<readonly AccountUsage[]> {
  const [day, today, month, ids] = (await script('voiceCharged', [offset])) as [string, string[], string[], string[]];
  const held: HeldAmounts[] = [];
  for (let from = 0; from < ids.length; from += MAX_AT_ONCE)
    held.push(...((await script('voiceHeld', ids.slice(from, from + MAX_AT_ONCE))) as (string | null)[][]).map(heldAmounts));
  return accountUsage({ day: Number(day), today: chargesOf(today), month: chargesOf(month) }, held);
}

/** Fields are named `<amount> <account>`, and each is followed by its value. */
function chargesOf(fields: readonly string[]): ReadonlyMap<string, Amounts> {
  const charged = new Map<string, Amounts>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const field = fields[at] ?? '';
    const space = field.indexOf(' ');
    const account = field.slice(space + 1);
    charged.set(account, { ...(charged.get(account) ?? ZERO_AMOUNTS), [field.slice(0, space)]: Number(fields[at + 1]) });
  }
  return charged;
}

function heldAmounts([accounts, monthly, placeless, day, calls, seconds, tokens, micros]: readonly (string | null)[]): HeldAmounts {
  return {
    accounts: namesOf(accounts),
    monthly: namesOf(monthly),
    placeless: placeless === '1',
    day: Number(day),
    amounts: { calls: Number(calls), seconds: Number(seconds), tokens: Number(tokens), micros: Number(micros) },
  };
}

const namesOf = (json: string | null | undefined): readonly string[] => JSON.parse(json ?? '[]') as string[];

/**
 * Reads today's use of all accounts from Redis, in steps of bounded size: the day's charges, the reservations of each account, and what each
 * reservation holds.
 */
import { accountUsage } from '../../contract/account-usage.js';
import type { HeldAmounts } from '../../contract/account-usage.js';
import { ZERO_AMOUNTS } from '../../contract/amounts.js';
import type { AccountUsage, Amounts } from '../../contract/shared-state.js';
import type { RedisScript } from './redis-scripts.js';

/** Maximum number of accounts or reservations per script run, because Redis serves no other client while a script runs. */
const MAX_AT_ONCE = 500;

/** Runs a script on the keys of the budget. */
type RunScript = (name: RedisScript, args: readonly string[]) => Promise<unknown>;

/** See the head of the file. @throws StateUnavailable */
export async function redisUsage(script: RunScript): Promise<readonly AccountUsage[]> {
  const [day, fields] = (await script('voiceCharged', [])) as [string, string[]];
  const charged = chargesOf(fields);
  const places = (await inBatches(script, 'voicePlaces', [...charged.keys()])) as readonly string[][];
  const held = (await inBatches(script, 'voiceHeld', [...new Set(places.flat())])) as readonly string[][];
  return accountUsage(charged, held.map(heldAmounts), Number(day));
}

async function inBatches(script: RunScript, name: RedisScript, args: readonly string[]): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for (let from = 0; from < args.length; from += MAX_AT_ONCE)
    found.push(...((await script(name, args.slice(from, from + MAX_AT_ONCE))) as unknown[]));
  return found;
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

function heldAmounts([accounts = '[]', day, calls, seconds, tokens, micros]: readonly string[]): HeldAmounts {
  return {
    accounts: JSON.parse(accounts) as string[],
    day: Number(day),
    amounts: { calls: Number(calls), seconds: Number(seconds), tokens: Number(tokens), micros: Number(micros) },
  };
}

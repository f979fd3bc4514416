/**
 * The accounts of one visitor, so that no visitor can use up what all share: that of the checked visitor, otherwise those of the proof and
 * of the networks of the address. Requests with an unknown or a private address have none of the latter, because they may be those of all
 * visitors: a private address is that of a proxy, or of a network of the owner.
 */
import { AMOUNT_NAMES } from '../contract/amounts.js';
import type { Account, Amounts } from '../contract/shared-state.js';
import type { KeyedHash } from '../crypto/keyed-hash.js';
import type { Access } from '../options.js';
import type { Budget, VisitorBudget } from '../resolved-options.js';
import { isPrivateAddress, sourceNetworks } from '../http/ip-address.js';

/** Who starts a call, and what it reserves. */
export interface CallSource {
  readonly access: Access;
  /** Keyed hash of a checked visitor; `undefined` if the visitor was not identified. */
  readonly visitor: string | undefined;
  /** Keyed hash of a reusable proof of a visitor who was not identified. */
  readonly proof: string | undefined;
  readonly address: string | undefined;
  /** What the call reserves; every visitor may use at least as much. */
  readonly amounts: Amounts;
}

/** @param budget the limits that all visitors share */
export async function visitorAccounts(
  { access, visitor, proof, address, amounts }: CallSource,
  visitors: VisitorBudget,
  budget: Budget,
  hash: KeyedHash,
): Promise<readonly Account[]> {
  // The server can neither see when the call of a key ends nor end it, so a new key always takes the place of an older one.
  const replaces = access === 'token' || visitors.replaces;
  if (visitor !== undefined) {
    const { perDay, defaultPerDay, maxConcurrent } = visitors;
    return [account(`visitor:${visitor}`, { ...defaultPerDay, ...perDay }, maxConcurrent, replaces)];
  }
  const shown = proof === undefined ? [] : [account(`proof:${proof}`, {}, visitors.maxConcurrent, replaces)];
  if (address === undefined || isPrivateAddress(address)) return shown;
  const share = (most: number | undefined, least: number): number | undefined =>
    most === undefined || visitors.share === undefined ? undefined : Math.max(least, Math.floor(most * visitors.share));
  const networks = await Promise.all(
    sourceNetworks(address).map(async ({ kind, network, factor }) => {
      const limits = AMOUNT_NAMES.map((name) => {
        const own = visitors.perDay[name];
        return [name, least(own === undefined ? undefined : own * factor, share(budget.perDay[name], amounts[name]))] as const;
      });
      const places = least(visitors.perAddress === undefined ? undefined : visitors.perAddress * factor, share(budget.maxConcurrent, 1));
      const perDay = Object.fromEntries(limits.filter(([, limit]) => limit !== undefined)) as Partial<Amounts>;
      // Visitors behind one address do not end each other's calls.
      return account(`${kind}:${await hash('address', network)}`, perDay, places, access === 'token' && kind === 'address');
    }),
  );
  return [...shown, ...networks];
}

const account = (name: string, perDay: Partial<Amounts>, maxConcurrent: number | undefined, replaces: boolean): Account => ({
  name,
  perDay,
  ...(maxConcurrent !== undefined && { maxConcurrent, replaces }),
});

const least = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined ? other : other === undefined ? one : Math.min(one, other);

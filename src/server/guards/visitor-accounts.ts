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
import { NETWORK_FACTORS, isPrivateAddress, sourceNetworks } from '../http/ip-address.js';
import type { SourceNetwork } from '../http/ip-address.js';

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
  if (visitor !== undefined) return [account(`visitor:${visitor}`, identifiedLimits(visitors), replaces)];
  const shown = proof === undefined ? [] : [account(`proof:${proof}`, proofLimits(visitors), replaces)];
  if (address === undefined || isPrivateAddress(address)) return shown;
  const networks = await Promise.all(
    sourceNetworks(address).map(async ({ kind, network }) =>
      // Visitors behind one address do not end each other's calls.
      account(
        `${kind}:${await hash('address', network)}`,
        networkLimits(kind, visitors, budget, amounts),
        access === 'token' && kind === 'address',
      ),
    ),
  );
  return [...shown, ...networks];
}

/** The account of a caller; a phone number is no proof of identity, so its calls do not replace each other. @param caller keyed hash */
export const callerAccount = (caller: string, visitors: VisitorBudget): Account => ({
  name: `caller:${caller}`,
  perDay: identifiedLimits(visitors).perDay,
});

/**
 * The limits of an account by its name; `undefined` for accounts that are not those of single visitors.
 *
 * @param amounts what the largest call reserves
 */
export function limitsOfVisitor(name: string, visitors: VisitorBudget, budget: Budget, amounts: Amounts): VisitorLimits | undefined {
  const [kind = ''] = name.split(':');
  if (kind === 'visitor') return identifiedLimits(visitors);
  if (kind === 'caller') return { perDay: identifiedLimits(visitors).perDay, maxConcurrent: undefined };
  if (kind === 'proof') return proofLimits(visitors);
  return Object.hasOwn(NETWORK_FACTORS, kind) ? networkLimits(kind as SourceNetwork['kind'], visitors, budget, amounts) : undefined;
}

/** Limits of the account of one visitor. */
export type VisitorLimits = Pick<Budget, 'perDay' | 'maxConcurrent'>;

const identifiedLimits = ({ perDay, defaultPerDay, maxConcurrent }: VisitorBudget): VisitorLimits => ({
  perDay: { ...defaultPerDay, ...perDay },
  maxConcurrent,
});

const proofLimits = ({ maxConcurrent }: VisitorBudget): VisitorLimits => ({ perDay: {}, maxConcurrent });

function networkLimits(kind: SourceNetwork['kind'], visitors: VisitorBudget, budget: Budget, amounts: Amounts): VisitorLimits {
  const factor = NETWORK_FACTORS[kind];
  const times = (own: number | undefined): number | undefined => (own === undefined ? undefined : own * factor);
  const share = (most: number | undefined, minimum: number): number | undefined =>
    most === undefined || visitors.share === undefined ? undefined : Math.max(minimum, Math.floor(most * visitors.share));
  const limits = AMOUNT_NAMES.map(
    (name) => [name, least(times(visitors.perDay[name]), share(budget.perDay[name], amounts[name]))] as const,
  );
  return {
    perDay: Object.fromEntries(limits.filter(([, limit]) => limit !== undefined)),
    maxConcurrent: least(times(visitors.perAddress), share(budget.maxConcurrent, 1)),
  };
}

const account = (name: string, { perDay, maxConcurrent }: VisitorLimits, replaces: boolean): Account => ({
  name,
  perDay,
  ...(maxConcurrent !== undefined && { maxConcurrent, replaces }),
});

const least = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined ? other : other === undefined ? one : Math.min(one, other);

/** The limits of a call with their defaults. Owns the default limit in money, which depends on the prices of the model. */
import { dearestOf, priceOf } from '../contract/price-of.js';
import type { CallLimits, ProfileOptions, TokenPrices, VoiceServerOptions } from '../options.js';
import { billedModel } from './billed-model.js';
import { MODEL_PRICES } from './model-prices.js';

/** The limits of the agents of one server. */
export interface ResolvedLimits {
  readonly maxSeconds: number;
  readonly maxIdleSeconds: number;
  readonly warningSeconds: number;
  readonly tokens: number | undefined;
  /** In the currency of the prices; `undefined` without a limit. */
  readonly money: number | undefined;
}

/** The options that apply to all agents. */
export interface SharedLimits {
  readonly limits?: CallLimits | undefined;
  readonly prices?: VoiceServerOptions['prices'] | undefined;
}

/** Defaults that do not depend on a model. */
export const DEFAULT_LIMITS = { maxSeconds: 600, maxIdleSeconds: 60, warningSeconds: 15 } as const;

/**
 * The default limit in money is the price of this many tokens of the model's dearest kind for each ten minutes of `maxSeconds`, and for at
 * least ten minutes: 2.05 US dollars with `gpt-realtime-2.1`, about twice the price of a lively conversation.
 */
const TOKENS_PER_CALL = 32_000;
const LIVELY_SECONDS = 600;

/** Calls at their full price that fit into the default `budget.moneyPerDay`, and into that of one identified visitor. */
const CALLS_PER_DAY = 50;
const CALLS_PER_VISITOR = 10;

/** The owner's prices, extended by the built-in ones. */
export const knownPrices = (prices: SharedLimits['prices']): Readonly<Record<string, TokenPrices>> => ({ ...MODEL_PRICES, ...prices });

/** The limits of an agent. */
export function callLimits(profile: ProfileOptions, shared: SharedLimits): ResolvedLimits {
  const own: CallLimits = { ...shared.limits, ...profile.limits };
  const maxSeconds = own.maxSeconds ?? DEFAULT_LIMITS.maxSeconds;
  return {
    maxSeconds,
    maxIdleSeconds: own.maxIdleSeconds ?? DEFAULT_LIMITS.maxIdleSeconds,
    warningSeconds: own.warningSeconds ?? DEFAULT_LIMITS.warningSeconds,
    tokens: own.tokens,
    money: own.money === false ? undefined : (own.money ?? defaultMoney(profile, shared, maxSeconds)),
  };
}

/** The default daily limits in money. */
export interface DefaultDay {
  /** `budget.moneyPerDay`. */
  readonly all: number;
  /** `budget.perVisitor.moneyPerDay`, for identified visitors. */
  readonly visitor: number;
}

/** The default daily limits in money; `undefined` if no agent has a limit in money. @param limits of all agents */
export function defaultDay(limits: readonly Pick<ResolvedLimits, 'money'>[]): DefaultDay | undefined {
  const dearest = Math.max(0, ...limits.map(({ money = 0 }) => money));
  if (dearest === 0) return undefined;
  return { all: inCents(dearest * CALLS_PER_DAY), visitor: inCents(dearest * CALLS_PER_VISITOR) };
}

function defaultMoney(profile: ProfileOptions, { prices }: SharedLimits, maxSeconds: number): number | undefined {
  const model = billedModel(profile);
  const dearest = model === undefined ? 0 : dearestOf(priceOf(knownPrices(prices), model));
  if (dearest === 0) return undefined;
  return inCents((TOKENS_PER_CALL * dearest * Math.max(1, maxSeconds / LIVELY_SECONDS)) / 1_000_000);
}

/** Rounded up. */
const inCents = (amount: number): number => Math.ceil(Number((amount * 100).toFixed(6))) / 100;

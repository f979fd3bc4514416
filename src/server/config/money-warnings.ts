/** Recommendations about prices and limits in money: calls without a bound, old prices, two currencies, keys that use up a budget. */
import { dearestOf, priceOf } from '../contract/price-of.js';
import type { ProfileOptions, VoiceServerOptions } from '../options.js';
import { billedModel } from './billed-model.js';
import { callLimits, defaultDay, knownPrices } from './call-limits.js';
import { MODEL_PRICES, PRICES_DATE, PRICES_SOURCE } from './model-prices.js';
import { pathText } from './validation-errors.js';

/** Days after which the built-in prices count as old. */
const FRESH_DAYS = 90;
const DAY = 86_400_000;

/** An agent with its path, `session` or `profiles.<name>.session`. */
type Agent = readonly [path: string, profile: ProfileOptions];

/** @param now milliseconds since 1970 */
export function moneyWarnings(options: VoiceServerOptions, now: number): readonly string[] {
  const agents = agentsOf(options);
  return [
    ...agents.flatMap((agent) => unbounded(agent, options)),
    ...oldPrices(agents, options, now),
    ...twoCurrencies(agents, options),
    ...keysPerDay(agents, options),
  ];
}

function agentsOf({ session, profiles }: VoiceServerOptions): readonly Agent[] {
  if (!profiles) return [['session', session ? { session } : {}]];
  return Object.entries(profiles).map(([name, profile]) => [`${pathText(['profiles', name])}.session`, profile]);
}

/** Agents whose calls have no limit in money although the owner did not disable it. */
function unbounded([path, profile]: Agent, options: VoiceServerOptions): readonly string[] {
  const { prices, limits, upstream } = options;
  // Keys of xAI hold no session.
  if ((profile.limits?.money ?? limits?.money) === false || upstream.dialect === 'xai') return [];
  const model = billedModel(profile);
  if (model === undefined) return [`${path}: names no model, so the price of its calls is unknown and they have no limit in money.`];
  if (priceOf(knownPrices(prices), model)) return [];
  return [`${path}.model: no price of ${model} is known, so its calls have no limit in money. Add ${pathText(['prices', model])}.`];
}

function oldPrices(agents: readonly Agent[], options: VoiceServerOptions, now: number): readonly string[] {
  const builtIn = agents.some(([, profile]) => usesBuiltIn(profile, options));
  if (!builtIn || now - Date.parse(PRICES_DATE) <= FRESH_DAYS * DAY) return [];
  return [`prices: the built-in prices are of ${PRICES_DATE}. Compare them with ${PRICES_SOURCE}, and update the package or set prices.`];
}

/** Limits in money add up amounts of all models. */
function twoCurrencies(agents: readonly Agent[], options: VoiceServerOptions): readonly string[] {
  const priced = Object.values(options.prices ?? {}).some((prices) => dearestOf(prices) > 0);
  const others = agents.flatMap(([, profile]) => (usesBuiltIn(profile, options) ? [billedModel(profile)] : []));
  if (!priced || others.length === 0) return [];
  return [
    `prices: the prices of ${[...new Set(others)].join(', ')} are the built-in ones, in US dollars. If yours are in another currency, add them.`,
  ];
}

/** A key counts in full, so the default budget allows few of them. */
function keysPerDay(agents: readonly Agent[], options: VoiceServerOptions): readonly string[] {
  const most = defaultDay(agents.map(([, profile]) => callLimits(profile, options)))?.all;
  const withKeys = agents
    .filter(([, { access }]) => access?.includes('token') ?? true)
    .map(([, profile]) => callLimits(profile, options).money ?? 0);
  const price = Math.max(0, ...withKeys);
  if (most === undefined || price === 0 || options.budget?.moneyPerDay !== undefined) return [];
  return [
    `budget.moneyPerDay: the default (${String(most)}) allows ${String(Math.floor(most / price))} keys a day, because each key counts as a call of ${String(price)} (limits.money). Set it, or use access: ["call"].`,
  ];
}

function usesBuiltIn(profile: ProfileOptions, { prices, limits }: VoiceServerOptions): boolean {
  if ((profile.limits?.money ?? limits?.money) === false) return false;
  const model = billedModel(profile);
  return model !== undefined && !priceOf(prices ?? {}, model) && priceOf(MODEL_PRICES, model) !== undefined;
}

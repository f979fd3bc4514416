/**
 * Recommendations for a valid but risky configuration: one sentence each, printed by `--check` and logged at the start. What refuses
 * every call by mistake is an error instead (`option-conflicts.ts`).
 */
import type { BudgetOptions, ProfileOptions, TokenPrices, VoiceServerOptions } from '../options.js';
import { shutdownWarnings } from './model-shutdowns.js';
import { moneyWarnings } from './money-warnings.js';
import { networkRecommendations } from './network-recommendations.js';
import type { CheckedConfig } from './server-config.js';
import { pathText } from './validation-errors.js';

const UNCHECKED_VISITORS =
  'visitor: every visitor of an allowed page can start calls, and so can a script that forges the Origin header. Add turnstile or visitorToken.';

/** @param now milliseconds since 1970 */
export function recommendations(config: CheckedConfig, options: VoiceServerOptions, now: number): readonly string[] {
  return [
    ...(config.visitor === undefined ? [UNCHECKED_VISITORS] : []),
    ...networkRecommendations(config),
    ...shutdownWarnings(options, now),
    ...unnamedAgent(options),
    ...unusualRoot(options),
    ...closedByBudget(options),
    ...zeroPrices(options),
    ...costlyResponses(options),
    ...moneyWarnings(options, now),
  ];
}

/** Pages that name no agent get the agent `default`. */
function unnamedAgent({ profiles }: VoiceServerOptions): readonly string[] {
  const reachable = Object.entries(profiles ?? {}).filter(([, { access }]) => access?.some((way) => way !== 'phone') ?? true);
  if (reachable.length === 0 || reachable.some(([name]) => name === 'default')) return [];
  const names = reachable.map(([name]) => `?profile=${name}`).join(' or ');
  return [`profiles: no agent is named "default", so requests without a name are refused. Name it in the widget's URL: ${names}.`];
}

function unusualRoot({ upstream: { baseUrl } }: VoiceServerOptions): readonly string[] {
  if (baseUrl === undefined || /\/v1\/*$/.test(new URL(baseUrl).pathname)) return [];
  return ['upstream.baseUrl: does not end with /v1, as the root of a Realtime API usually does.'];
}

/** A budget of 0 refuses every call, which may be intended. */
function closedByBudget({ budget, profiles }: VoiceServerOptions): readonly string[] {
  const budgets: (readonly [path: string, budget: BudgetOptions])[] = [
    ...(budget ? [['budget', budget] as const] : []),
    ...Object.entries(profiles ?? {}).flatMap(([name, profile]: [string, ProfileOptions]) =>
      profile.budget ? [[`profiles.${name}.budget`, profile.budget] as const] : [],
    ),
  ];
  return budgets.flatMap(([path, limits]) =>
    Object.entries(limits)
      .filter(([, most]) => most === 0)
      .map(([name]) => `${path}.${name}: 0 refuses every call.`),
  );
}

function zeroPrices({ prices }: VoiceServerOptions): readonly string[] {
  return Object.entries(prices ?? {})
    .filter(([, kinds]: [string, TokenPrices]) => Object.values(kinds).every((price) => price === 0))
    .map(([model]) => `${pathText(['prices', model])}: every price is 0, so no limit in money has an effect.`);
}

/** Until its usage is known, a response outside the conversation counts as a full context, which exceeds the default limit. */
function costlyResponses({ profiles, limits }: VoiceServerOptions): readonly string[] {
  return Object.entries(profiles ?? {})
    .filter(([, profile]) => profile.outOfBandResponses === 'allow' && { ...limits, ...profile.limits }.money === undefined)
    .map(([name]) => {
      const path = pathText(['profiles', name, 'outOfBandResponses']);
      return `${path}: each of these responses counts as a full context until its usage is known, which exceeds the default limits.money and ends the call. Set limits.money, for example 10, or false.`;
    });
}

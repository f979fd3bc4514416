/** Recommendations for valid configurations, and errors for visitor checks that would be ignored. */
import { describe, expect, it } from 'vitest';
import { configOptions } from '../../src/server/command/config-options.js';
import { checkConfig } from '../../src/server/config/check-config.js';
import type { ConfigError } from '../../src/server/config/check-config.js';
import { PRICES_DATE } from '../../src/server/config/model-prices.js';
import { recommendations } from '../../src/server/config/recommendations.js';
import { prometheusMetrics } from '../../src/server/runtime/node/prometheus-metrics.js';
import { PAGE } from './token-route-support.js';

const env = { OPENAI_API_KEY: 'sk-x', VOICE_AGENT_ALLOWED_ORIGINS: PAGE };

/** The recommendations for a config file, without the one about visitor checks. */
function hints(file: object, now = Date.parse(PRICES_DATE)): readonly string[] {
  const config = checkConfig(file, env);
  const options = configOptions(config, [], prometheusMetrics({ process: false }));
  return recommendations(config, options, now).filter((hint) => !hint.startsWith('visitor: '));
}

describe('recommendations', () => {
  it.each<[string, object, RegExp]>([
    [
      'no agent is named default',
      { profiles: { sales: {}, help: {} } },
      /^profiles: no agent is named "default".*\?profile=sales or \?profile=help\.$/,
    ],
    [
      'the root of another server does not end with /v1',
      { upstream: { baseUrl: 'https://voice.example.com' } },
      /^upstream\.baseUrl: does not end with \/v1/,
    ],
    ['no call can be concurrent', { budget: { maxConcurrent: 0 } }, /^budget\.maxConcurrent: 0 refuses every call\.$/],
    [
      'the budget of an agent is 0',
      { profiles: { default: { budget: { callsPerDay: 0 } } } },
      /^profiles\.default\.budget\.callsPerDay: 0 refuses every call\.$/,
    ],
    ['all prices of a model are 0', { prices: { 'my-model': { audioInput: 0, audioOutput: 0 } } }, /^prices\.my-model: every price is 0/],
  ])('are given if %s', (_, file, sentence) => {
    expect(hints(file).filter((hint) => sentence.test(hint))).toHaveLength(1);
  });

  it('are not given for agents that only accept phone calls', () => {
    const profiles = { desk: { access: ['phone'] } };
    const phone = { webhookSecret: 'whsec_abcd', numbers: { '*': 'desk' } };
    expect(hints({ profiles, phone }).filter((hint) => hint.startsWith('profiles:'))).toEqual([]);
  });
});

describe('recommendations about money', () => {
  const model = (name: string, more: object = {}): object => ({ session: { model: name }, ...more });
  const brokered = (name: string, more: object = {}): object => ({
    profiles: { default: { session: { model: name }, access: ['call'] } },
    ...more,
  });

  it('are not given for brokered calls of a model with a known price', () => {
    expect(hints(brokered('gpt-realtime-2.1'))).toEqual([]);
    expect(hints(brokered('gpt-realtime-2.1-2027-01-31'))).toEqual([]);
    expect(hints(brokered('mine', { prices: { mine: { audioInput: 1 } } }))).toEqual([]);
    expect(hints(brokered('mine', { limits: { money: false } }))).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      'no price is known',
      brokered('mine'),
      'profiles.default.session.model: no price of mine is known, so its calls have no limit in money. Add prices.mine.',
    ],
    ['no model is named', {}, 'session: names no model, so the price of its calls is unknown and they have no limit in money.'],
    [
      'keys use up the default budget',
      model('gpt-realtime-2.1'),
      'budget.moneyPerDay: the default (102.5) allows 50 keys a day, because each key counts as a call of 2.05 (limits.money). Set it, or use access: ["call"].',
    ],
    [
      'only some prices are the owner’s',
      { profiles: { default: { session: { model: 'gpt-realtime-2.1' }, access: ['call'] } }, prices: { mine: { audioInput: 1 } } },
      'prices: the prices of gpt-realtime-2.1 are the built-in ones, in US dollars. If yours are in another currency, add them.',
    ],
  ])('are given if %s', (_, file, sentence) => {
    expect(hints(file)).toEqual([sentence]);
  });

  it('are given if the built-in prices are older than 90 days', () => {
    const day = 86_400_000;
    const read = Date.parse(PRICES_DATE);
    expect(hints(brokered('gpt-realtime-2.1'), read + 90 * day)).toEqual([]);
    expect(hints(brokered('gpt-realtime-2.1'), read + 91 * day)).toEqual([
      expect.stringMatching(/^prices: the built-in prices are of \d{4}-\d\d-\d\d\. Compare them with https:/),
    ]);
    expect(hints(brokered('mine', { prices: { mine: { audioInput: 1 } } }), read + 91 * day)).toEqual([]);
  });
});

describe('two visitor checks', () => {
  const secret = 'x'.repeat(32);
  const turnstile = { VOICE_AGENT_TURNSTILE_SECRET: 'key' };
  const token = { VOICE_AGENT_VISITOR_SECRET: secret };
  const errorsOf = (file: object, more: Readonly<Record<string, string>>): readonly string[] => {
    try {
      checkConfig(file, { ...env, ...more });
    } catch (error) {
      return (error as ConfigError).errors.map(({ path, problem }) => `${path}: ${problem}`);
    }
    return [];
  };

  it.each<[string, object, Readonly<Record<string, string>>, string]>([
    ['in the environment', {}, { ...turnstile, ...token }, 'VOICE_AGENT_VISITOR_SECRET'],
    ['in the file and in the environment', { visitor: { turnstile: { secret: 'key' } } }, token, 'VOICE_AGENT_VISITOR_SECRET'],
    ['as a function and in the environment', { visitor: () => ({ ok: true }) }, turnstile, 'VOICE_AGENT_TURNSTILE_SECRET'],
  ])('%s are an error', (_, file, more, name) => {
    const [error, ...others] = errorsOf(file, more);
    expect(error).toMatch(new RegExp(`^visitor: ${name} is set, but another visitor check is configured`));
    expect(others).toEqual([]);
    expect(error).not.toContain(secret);
  });

  it('are accepted if one is disabled, or if the file reads the same variable', () => {
    expect(errorsOf({}, { ...turnstile, VOICE_AGENT_VISITOR_SECRET: ' ' })).toEqual([]);
    expect(errorsOf({ visitor: { turnstile: { secret: 'env:VOICE_AGENT_TURNSTILE_SECRET' } } }, turnstile)).toEqual([]);
  });
});

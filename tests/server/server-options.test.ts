/** Validation of server options, individually and in combination, and how an agent's tools become part of its session. */
import { describe, expect, it } from 'vitest';
import { optionErrors } from '../../src/server/config/check-options.js';
import type { ProfileOptions, ServerTool, VoiceServerOptions } from '../../src/server/options.js';
import { resolveOptions } from '../../src/server/config/resolve-options.js';
import { CANARY_KEY, PAGE, ask, goodAnswer, server, upstream } from './token-route-support.js';

const good = { allowedOrigins: [PAGE], upstream: { apiKey: CANARY_KEY } };
const tool: ServerTool = {
  name: 'find_order',
  description: 'Finds an order.',
  parameters: { type: 'object', properties: { id: { type: 'string' } } },
  execute: () => 'found',
};
const mcp = { label: 'docs', url: 'https://mcp.example.com/mcp' };

/** Mistakes as `path: problem`. */
const mistakes = (options: object): string[] => optionErrors({ ...good, ...options }).map(({ path, problem }) => `${path}: ${problem}`);
const agent = (profile: object, more: object = {}): object => ({ profiles: { support: profile }, ...more });

describe('each option', () => {
  const cases: [object, RegExp][] = [
    [agent({ limits: { maxSeconds: 5 } }), /^profiles\.support\.limits\.maxSeconds: must be a whole number from 10 to 3600\.$/],
    [agent({ limits: { maxIdleSeconds: 4 } }), /^profiles\.support\.limits\.maxIdleSeconds: /],
    [agent({ limits: { warningSeconds: 121 } }), /^profiles\.support\.limits\.warningSeconds: /],
    [agent({ limits: { tokens: 0 } }), /^profiles\.support\.limits\.tokens: /],
    [
      agent({ limits: { toolRuns: { perCall: 0 } } }),
      /^profiles\.support\.limits\.toolRuns\.perCall: must be a whole number from 1 to 10000\.$/,
    ],
    [
      agent({ limits: { toolRuns: { perHour: 9 } } }),
      /^profiles\.support\.limits\.toolRuns\.perHour: unknown option\. Valid options: perCall,/,
    ],
    [agent({ limits: { toolRuns: 9 } }), /^profiles\.support\.limits\.toolRuns: must be an object\.$/],
    [agent({ outOfBandResponses: true }), /^profiles\.support\.outOfBandResponses: must be "refuse" or "allow"\.$/],
    [agent({ answerBeforeSideband: 'yes' }), /^profiles\.support\.answerBeforeSideband: must be true or false\.$/],
    [
      agent({ limits: { minutes: 3 } }),
      /^profiles\.support\.limits\.minutes: unknown option\. Valid options: maxSeconds, maxIdleSeconds, tokens, money, warningSeconds, toolRuns\.$/,
    ],
    [
      agent({ allowedOrigins: ['https://www.example.com/'] }),
      /^profiles\.support\.allowedOrigins\[0\]: .*Use "https:\/\/www\.example\.com"/,
    ],
    [agent({ allowedOrigins: [] }), /^profiles\.support\.allowedOrigins: must list at least one/],
    [agent({ access: ['fax'] }), /^profiles\.support\.access\[0\]: must be "token", "call" or "phone"\.$/],
    [agent({ access: [] }), /^profiles\.support\.access: /],
    [agent({ rate: 5 }), /^profiles\.support\.rate: must be an object with "count" and "seconds", or false\.$/],
    [agent({ rate: { count: 0, seconds: 60 } }), /^profiles\.support\.rate\.count: /],
    [agent({ rate: { count: 5, seconds: 60, per: 'day' } }), /^profiles\.support\.rate\.per: unknown option/],
    [agent({ budget: { callsPerDay: true } }), /^profiles\.support\.budget\.callsPerDay: must be a whole number, 0 or more, or false/],
    [agent({ budget: { minutesPerDay: -1 } }), /^profiles\.support\.budget\.minutesPerDay: /],
    [agent({ tools: [{ ...tool, name: 'find order' }] }), /^profiles\.support\.tools\[0\]\.name: /],
    [agent({ tools: [{ ...tool, execute: undefined }] }), /^profiles\.support\.tools\[0\]\.execute: must be a function\.$/],
    [
      agent({ tools: [{ ...tool, parameters: { type: 'string' } }] }),
      /^profiles\.support\.tools\[0\]\.parameters: .*JSON Schema of an object/,
    ],
    [agent({ tools: [{ ...tool, timeout: 1 }] }), /^profiles\.support\.tools\[0\]\.timeout: /],
    [agent({ mcp: [{ ...mcp, url: 'mcp.example.com' }] }), /^profiles\.support\.mcp\[0\]\.url: must be an http or https URL/],
    [agent({ mcp: [{ ...mcp, authorization: '' }] }), /^profiles\.support\.mcp\[0\]\.authorization: .*environment variable/],
    [agent({ mcp: [{ ...mcp, headers: { 'X-Key': 'a\nb' } }] }), /^profiles\.support\.mcp\[0\]\.headers\.X-Key: is not a valid header/],
    [agent({ mcp: [{ ...mcp, requireApproval: true }] }), /^profiles\.support\.mcp\[0\]\.requireApproval: /],
    [agent({ clientMutableFields: ['*'] }), /^profiles\.support\.clientMutableFields\[0\]: must be a path/],
    [agent({ clientMutableFields: ['model'] }), /^profiles\.support\.clientMutableFields\[0\]: must be a path/],
    [agent({ clientMutableFields: ['__proto__.x'] }), /^profiles\.support\.clientMutableFields\[0\]: must be a path/],
    [agent({ session: { turnDetection: 'loud' } }), /^profiles\.support\.session\.turnDetection: must be "semantic_vad"/],
    [
      agent({ session: { transcription: 'gpt-transcribe' } }),
      /^profiles\.support\.session\.transcription: must be an object with a "model"/,
    ],
    [agent({ session: { config: [] } }), /^profiles\.support\.session\.config: must be an object\.$/],
    [{ profiles: { Support: {} } }, /^profiles\.Support: is not a valid name/],
    [{ profiles: { 'a b': {} } }, /^profiles\["a b"\]: is not a valid name/],
    [{ profiles: JSON.parse('{"__proto__": {}}') as object }, /^profiles\.__proto__: is not a valid name/],
    [{ profiles: {} }, /^profiles: must contain at least one agent/],
    [{ profiles: { support: null } }, /^profiles\.support: must be an object/],
    [{ session: { voice: 'marin' }, profiles: { default: {} } }, /^session: cannot be combined with profiles/],
    [{ trustedProxies: 9 }, /^trustedProxies: /],
    [{ budget: { timeZone: 'Berlin' } }, /^budget\.timeZone: must be the IANA name of a time zone, such as "Europe\/Berlin"\.$/],
    [agent({ budget: { timeZone: 'Europe/Berlin' } }), /^profiles\.support\.budget\.timeZone: unknown option\./],
    [{ budget: { maxConcurrentPerVisitor: 1.5 } }, /^budget\.maxConcurrentPerVisitor: must be a whole number/],
    [{ budget: { maxSharePerNetwork: 0 } }, /^budget\.maxSharePerNetwork: must be a number above 0 and at most 1/],
    [{ budget: { onVisitorBusy: 'end' } }, /^budget\.onVisitorBusy: must be "replace" or "refuse"\.$/],
    [{ budget: { perVisitor: { maxConcurrent: 1 } } }, /^budget\.perVisitor\.maxConcurrent: unknown option\./],
    [{ limits: { money: true } }, /^limits\.money: must be a number, 0 or more, or false for no limit\.$/],
    [{ webhook: { url: 'hooks.example.com', secret: 'x'.repeat(16) } }, /^webhook\.url: must be an http or https URL/],
    [{ webhook: { url: 'https://hooks.example.com/a', secret: 'x'.repeat(15) } }, /^webhook\.secret: must have at least 16 bytes/],
    [{ webhook: { url: 'https://hooks.example.com/a', secret: 'whsec_YWJj' } }, /^webhook\.secret: must have at least 16 bytes/],
    [
      { webhook: { url: 'https://hooks.example.com/a', secret: ['x'.repeat(16), 'short'] } },
      /^webhook\.secret\[1\]: must have at least 16/,
    ],
    [{ webhook: { url: 'https://hooks.example.com/a', secret: 'whsec_?' } }, /^webhook\.secret: is not a valid webhook secret/],
    [{ onStateFailure: 'ignore' }, /^onStateFailure: must be "refuse" or "local"\.$/],
    [{ rates: { perAdress: false } }, /^rates\.perAdress: unknown option\. Valid options: perAddress,/],
    [{ prices: { 'gpt-realtime-2.1': { audioOutput: '64' } } }, /^prices\["gpt-realtime-2\.1"\]\.audioOutput: must be a number/],
    [{ visitor: { turnstile: { secret: 'x' } } }, /^visitor: must be a function\.$/],
    [{ state: 'redis://localhost' }, /^state: must be a state object, such as the one returned by redisState\(\)\.$/],
    [{ observers: [1] }, /^observers\[0\]: must be a function/],
    [{ clock: Date }, /^clock: must be a clock/],
    [{ onTranscript: 'log' }, /^onTranscript: must be a function/],
    [{ phone: { numbers: { '*': 'x' } } }, /^phone\.webhookSecret: is missing/],
    [{ phone: { webhookSecret: 'whsec_abcd', numbers: 7 } }, /^phone\.numbers: must be an object/],
    [{ phone: { webhookSecret: 'whsec_abcd', numbers: {}, human: '+49' } }, /^phone\.human: must be a tel: or sip: URI/],
  ];
  it.each(cases)('%j is rejected with its path', (options, sentence) => {
    expect(mistakes(options)[0]).toMatch(sentence);
  });

  it('valid options are accepted in every form', () => {
    const full: VoiceServerOptions = {
      ...good,
      profiles: {
        support: {
          session: {
            model: 'gpt-realtime-2.1',
            voice: 'marin',
            instructions: 'Be kind.',
            turnDetection: { type: 'semantic_vad', eagerness: 'low' },
            transcription: null,
            config: { tools: [] },
          },
          tools: [tool],
          mcp: [
            { ...mcp, authorization: 'Bearer secret', headers: { 'X-Tenant': 'a b' }, allowedTools: ['search'], requireApproval: 'always' },
          ],
          access: ['token', 'call', 'phone'],
          rate: false,
          budget: { callsPerDay: 10, minutesPerDay: 0.5, tokensPerDay: 1_000, moneyPerDay: 1.5, maxConcurrent: false },
          limits: {
            maxSeconds: 10,
            maxIdleSeconds: 5,
            tokens: 100,
            money: 0.1,
            warningSeconds: 0,
            toolRuns: { perCall: 5, concurrent: 1 },
          },
          clientMutableFields: ['audio.output.speed', 'tools'],
          outOfBandResponses: 'allow',
          answerBeforeSideband: true,
        },
      },
      rates: { perAddress: { count: 1, seconds: 1 }, perVisitor: false },
      budget: { moneyPerDay: 20 },
      prices: { 'gpt-realtime-2.1': { audioInput: 32, audioOutput: 64 } },
      phone: { webhookSecret: 'whsec_abc', numbers: { '+4930123456': 'support', '*': 'support' }, human: 'sip:desk@example.com' },
      safetyIdentifier: false,
    };
    expect(optionErrors(full)).toEqual([]);
  });
});

describe('limits of tool runs', () => {
  it('are completed by those of the server and by the defaults, one by one', () => {
    const { profiles } = resolveOptions({
      ...good,
      limits: { toolRuns: { perMinute: 5, perCall: 50 } },
      profiles: { support: { limits: { toolRuns: { perCall: 7 } } }, other: {} },
    });
    expect(profiles.get('support')?.limits.toolRuns).toEqual({ perCall: 7, perMinute: 5, concurrent: 4, argumentBytes: 16_384 });
    expect(profiles.get('other')?.limits.toolRuns).toEqual({ perCall: 50, perMinute: 5, concurrent: 4, argumentBytes: 16_384 });
  });
});

describe('combinations of options', () => {
  const xai = { upstream: { apiKey: CANARY_KEY, dialect: 'xai' } };
  const beta = { upstream: { apiKey: CANARY_KEY, dialect: 'beta' } };
  const priced = { prices: { 'gpt-realtime-2.1': { audioOutput: 64 } } };
  const phone = (name: string) => ({ phone: { webhookSecret: 'whsec_abc', numbers: { '+49': name } } });
  const cases: [string, object, (string | RegExp)[]][] = [
    ['a token budget requires a limit per call', { budget: { tokensPerDay: 5 } }, [/^budget\.tokensPerDay: requires limits\.tokens: /]],
    [
      'a profile’s token budget requires a limit per call',
      agent({ budget: { tokensPerDay: 5 } }),
      [/^profiles\.support\.budget\.tokensPerDay: requires limits\.tokens of the agent "support"/],
    ],
    ['a server-wide limit satisfies a profile’s token budget', agent({ budget: { tokensPerDay: 5 } }, { limits: { tokens: 1 } }), []],
    [
      'a money budget requires a model',
      { budget: { moneyPerDay: 5 }, limits: { money: 1 } },
      [/^budget\.moneyPerDay: requires session\.model: the price depends on it/],
    ],
    [
      'a money budget requires a limit per call',
      { budget: { moneyPerDay: 5 }, limits: { money: false }, session: { model: 'gpt-realtime-2.1' } },
      [/^budget\.moneyPerDay: requires limits\.money: the maximum per call is reserved/],
    ],
    [
      'limits and prices of known models have defaults',
      { budget: { moneyPerDay: 5 }, session: { model: 'gpt-realtime-2.1-2027-01-31' } },
      [],
    ],
    [
      'the default limit of a call must fit into the budget',
      { budget: { moneyPerDay: 2 }, session: { model: 'gpt-realtime-2.1' } },
      [/^budget\.moneyPerDay: is less than limits\.money \(2\.05\)/],
    ],
    [
      'a money budget requires a price for the model',
      agent({ budget: { moneyPerDay: 5 }, session: { model: 'other-2.1' }, limits: { money: 1 } }, priced),
      [/^profiles\.support\.budget\.moneyPerDay: requires prices\["other-2\.1"\] for the model of the agent "support"/],
    ],
    [
      'the model may come from the raw config',
      agent({ budget: { moneyPerDay: 5 }, session: { config: { model: 'gpt-realtime-2.1' } }, limits: { money: 1 } }, priced),
      [],
    ],
    [
      'a budget below the limit of one call would refuse every call',
      {
        budget: { minutesPerDay: 9, tokensPerDay: 99, moneyPerDay: 0.5 },
        limits: { tokens: 100, money: 1 },
        session: { model: 'gpt-realtime-2.1' },
        ...priced,
      },
      [
        /^budget\.minutesPerDay: is less than limits\.maxSeconds \(600 s\), .* every call would be refused\. Raise it to at least 10,/,
        /^budget\.tokensPerDay: is less than limits\.tokens \(100\)/,
        /^budget\.moneyPerDay: is less than limits\.money \(1\)/,
      ],
    ],
    [
      'a profile’s budget is compared with its own limits',
      agent({ budget: { minutesPerDay: 4 }, limits: { maxSeconds: 300 } }, { limits: { maxSeconds: 60 } }),
      [/^profiles\.support\.budget\.minutesPerDay: is less than limits\.maxSeconds of the agent "support" \(300 s\)/],
    ],
    [
      'a budget of a month or of a visitor is compared, too',
      {
        budget: { minutesPerMonth: 9, moneyPerMonth: 1, perVisitor: { moneyPerDay: 2, tokensPerDay: 5 } },
        session: { model: 'gpt-realtime-2.1' },
      },
      [
        /^budget\.minutesPerMonth: is less than limits\.maxSeconds/,
        /^budget\.moneyPerMonth: is less than limits\.money \(2\.05\)/,
        /^budget\.perVisitor\.tokensPerDay: requires limits\.tokens/,
        /^budget\.perVisitor\.moneyPerDay: is less than limits\.money \(2\.05\)/,
      ],
    ],
    ['a budget for exactly one call is accepted', { budget: { minutesPerDay: 5 }, limits: { maxSeconds: 300 } }, []],
    ['a budget of 0 is accepted', { budget: { callsPerDay: 0, minutesPerDay: 0, maxConcurrent: 0 } }, []],
    [
      'prices must not be empty',
      { prices: { 'gpt-realtime-2.1': {} } },
      [/^prices\["gpt-realtime-2\.1"\]: must contain at least one price/],
    ],
    [
      'the root of the OpenAI API ends with /v1',
      { upstream: { apiKey: CANARY_KEY, baseUrl: 'https://eu.api.openai.com' } },
      [/^upstream\.baseUrl: must end with \/v1: every request to eu\.api\.openai\.com would fail/],
    ],
    ['another server may have another root', { upstream: { apiKey: CANARY_KEY, baseUrl: 'https://voice.example.com/realtime' } }, []],
    ['a disabled budget requires nothing', { budget: { tokensPerDay: false, moneyPerDay: false } }, []],
    [
      'a phone number must name a profile',
      { profiles: { a: { access: ['phone'] } }, ...phone('b') },
      [/^phone\.numbers\["\+49"\]: does not name an agent in profiles \(a\)/],
    ],
    [
      'the profile of a phone number must allow phone calls',
      { profiles: { a: {} }, ...phone('a') },
      [/^phone\.numbers\["\+49"\]: .*add "phone" to profiles\.a\.access/],
    ],
    ['an inherited property is not a profile', { profiles: { a: {} }, ...phone('constructor') }, [/does not name an agent/]],
    [
      'phone calls require the dialect ga',
      { profiles: { a: { access: ['phone'] } }, ...phone('a'), ...beta },
      [/^profiles\.a\.access\[0\]: must be "token"/, /^phone: requires the dialect ga/],
    ],
    ['xAI does not support sessions', { session: { voice: 'ara' }, ...xai }, [/^session: is not supported by xAI keys/]],
    ['xAI does not support MCP servers', agent({ mcp: [mcp] }, xai), [/^profiles\.support\.mcp: .*use ga\./]],
    [
      'the beta does not support brokered calls',
      agent({ access: ['token', 'call'] }, beta),
      [/^profiles\.support\.access\[1\]: must be "token"/],
    ],
    [
      'the beta does not support server tools',
      agent({ tools: [tool] }, beta),
      [/^profiles\.support\.tools: only run in brokered and phone calls/],
    ],
    [
      'ephemeral keys do not support server tools',
      agent({ tools: [tool], access: ['token'] }),
      [/^profiles\.support\.tools: only run in brokered/],
    ],
    [
      'tool names must be unique',
      agent({ tools: [tool, tool], mcp: [mcp, mcp] }),
      [/^profiles\.support\.tools\[1\]\.name: /, /^profiles\.support\.mcp\[1\]\.label: /],
    ],
    [
      'a transcription session must not include a voice, tools or phone calls',
      agent({ session: { type: 'transcription', voice: 'marin' }, tools: [tool], access: ['call', 'phone'] }),
      [/session\.voice: /, /tools: /, /access\[1\]: /],
    ],
    [
      'all mistakes are reported',
      { keyLifetime: 5, ...agent({ limits: { maxSeconds: 1 }, rate: 'no' }), phone: { webhookSecret: '', numbers: {} } },
      [/^profiles\.support\.rate/, /^profiles\.support\.limits/, /^keyLifetime/, /^phone\.webhookSecret/],
    ],
    [
      'an invalid option is not checked in combination with others',
      agent({ limits: 7, budget: { tokensPerDay: 5 } }),
      [/^profiles\.support\.limits: must be an object/],
    ],
  ];
  it.each(cases)('%s', (_, options, sentences) => {
    const found = mistakes(options);
    expect(found).toHaveLength(sentences.length);
    sentences.forEach((sentence, index) => expect(found[index]).toMatch(sentence));
  });

  it.each([undefined, null, 7, [], 'x', { profiles: [] }, { profiles: { a: 1 }, budget: 1, phone: null }])(
    '%j is rejected without throwing',
    (options) => {
      expect(optionErrors(options).length).toBeGreaterThan(0);
    },
  );
});

describe("an agent's tools", () => {
  const secretMcp = { label: 'crm', url: 'https://crm.example.com/mcp', authorization: 'canary-authorization', allowedTools: ['find'] };
  const profile: ProfileOptions = {
    session: { voice: 'marin', config: { tools: [{ type: 'function', name: 'own' }] } },
    tools: [tool],
    mcp: [mcp, secretMcp],
  };
  const docs = { type: 'mcp', server_label: 'docs', server_url: 'https://mcp.example.com/mcp', require_approval: 'never' };

  it('are included in the session of watched calls', () => {
    const { session } = resolveOptions({ ...good, profiles: { default: profile } }).profiles.get('default') ?? expect.fail('no profile');
    expect(session).toEqual({
      type: 'realtime',
      audio: { output: { voice: 'marin' } },
      tools: [
        { type: 'function', name: 'own' },
        { type: 'function', name: 'find_order', description: 'Finds an order.', parameters: tool.parameters },
        docs,
        {
          type: 'mcp',
          server_label: 'crm',
          server_url: 'https://crm.example.com/mcp',
          authorization: 'canary-authorization',
          allowed_tools: ['find'],
          require_approval: 'never',
        },
      ],
    });
  });

  it('are omitted from ephemeral keys if they run on the server or contain a secret', async () => {
    const { fetch, asked } = upstream(goodAnswer);
    await server({ fetch, profiles: { default: profile } }).app.request(...ask());
    expect(asked[0]?.body).toMatchObject({ session: { tools: [{ type: 'function', name: 'own' }, docs] } });
    expect(JSON.stringify(asked[0]?.body)).not.toMatch(/canary|find_order/);
  });

  it('create a session if none is configured; without tools, the API defaults apply', () => {
    const resolved = resolveOptions({ ...good, profiles: { a: { tools: [{ name: 'now', execute: () => 1 }] }, b: {} } }).profiles;
    expect(resolved.get('a')?.session).toEqual({
      type: 'realtime',
      tools: [{ type: 'function', name: 'now', parameters: { type: 'object', properties: {}, additionalProperties: false } }],
    });
    expect(resolved.get('a')?.mint.body).not.toHaveProperty('session');
    expect(resolved.get('b')?.session).toBeUndefined();
  });

  it('brokered calls are enabled only if the dialect supports them', () => {
    const access = (dialect: 'ga' | 'beta' | 'xai') => [
      ...(resolveOptions({ ...good, upstream: { apiKey: 'k', dialect } }).profiles.get('default')?.access ?? []),
    ];
    expect([access('ga'), access('beta'), access('xai')]).toEqual([['token', 'call'], ['token'], ['token']]);
  });
});

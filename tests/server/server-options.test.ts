/** What the options of a server may be, alone and together; what becomes of an agent's tools. */
import { describe, expect, it } from 'vitest';
import { optionMistakes } from '../../src/server/config/check-options.js';
import type { ProfileOptions, ServerTool, VoiceServerOptions } from '../../src/server/options.js';
import { resolveOptions } from '../../src/server/resolve-options.js';
import { CANARY_KEY, PAGE, ask, goodAnswer, server, upstream } from './token-route-support.js';

const good = { allowedOrigins: [PAGE], upstream: { apiKey: CANARY_KEY } };
const tool: ServerTool = { name: 'find_order', description: 'Finds an order.', parameters: { type: 'object', properties: { id: { type: 'string' } } }, execute: () => 'found' };
const mcp = { label: 'docs', url: 'https://mcp.example.com/mcp' };

/** Mistakes as `path: problem`. */
const mistakes = (options: object): string[] => optionMistakes({ ...good, ...options }).map(({ path, problem }) => `${path}: ${problem}`);
const agent = (profile: object, more: object = {}): object => ({ profiles: { support: profile }, ...more });

describe('each option', () => {
  const cases: [object, RegExp][] = [
    [agent({ limits: { seconds: 5 } }), /^profiles\.support\.limits\.seconds: has to be a whole number from 10 to 3600\.$/],
    [agent({ limits: { idleSeconds: 4 } }), /^profiles\.support\.limits\.idleSeconds: /],
    [agent({ limits: { warnSeconds: 121 } }), /^profiles\.support\.limits\.warnSeconds: /],
    [agent({ limits: { tokens: 0 } }), /^profiles\.support\.limits\.tokens: /],
    [agent({ limits: { minutes: 3 } }), /^profiles\.support\.limits\.minutes: no such option\. There are: seconds, idleSeconds, tokens, money, warnSeconds\.$/],
    [agent({ allowedOrigins: ['https://www.example.com/'] }), /^profiles\.support\.allowedOrigins\[0\]: .*Write "https:\/\/www\.example\.com"/],
    [agent({ allowedOrigins: [] }), /^profiles\.support\.allowedOrigins: has to list at least one/],
    [agent({ ways: ['fax'] }), /^profiles\.support\.ways\[0\]: has to be "token", "call" or "phone"\.$/],
    [agent({ ways: [] }), /^profiles\.support\.ways: /],
    [agent({ rate: 5 }), /^profiles\.support\.rate: has to be an object with "count" and "seconds", or false\.$/],
    [agent({ rate: { count: 0, seconds: 60 } }), /^profiles\.support\.rate\.count: /],
    [agent({ rate: { count: 5, seconds: 60, per: 'day' } }), /^profiles\.support\.rate\.per: no such option/],
    [agent({ budget: { callsPerDay: true } }), /^profiles\.support\.budget\.callsPerDay: has to be a whole number, 0 or more, or false/],
    [agent({ budget: { minutesPerDay: -1 } }), /^profiles\.support\.budget\.minutesPerDay: /],
    [agent({ tools: [{ ...tool, name: 'find order' }] }), /^profiles\.support\.tools\[0\]\.name: /],
    [agent({ tools: [{ ...tool, execute: undefined }] }), /^profiles\.support\.tools\[0\]\.execute: has to be a function\.$/],
    [agent({ tools: [{ ...tool, parameters: { type: 'string' } }] }), /^profiles\.support\.tools\[0\]\.parameters: .*JSON Schema of an object/],
    [agent({ tools: [{ ...tool, timeout: 1 }] }), /^profiles\.support\.tools\[0\]\.timeout: /],
    [agent({ mcp: [{ ...mcp, url: 'mcp.example.com' }] }), /^profiles\.support\.mcp\[0\]\.url: has to be an http or https address/],
    [agent({ mcp: [{ ...mcp, authorization: '' }] }), /^profiles\.support\.mcp\[0\]\.authorization: .*environment variable/],
    [agent({ mcp: [{ ...mcp, headers: { 'X-Key': 'a\nb' } }] }), /^profiles\.support\.mcp\[0\]\.headers\.X-Key: is no header/],
    [agent({ mcp: [{ ...mcp, requireApproval: true }] }), /^profiles\.support\.mcp\[0\]\.requireApproval: /],
    [agent({ clientMayChange: ['*'] }), /^profiles\.support\.clientMayChange\[0\]: has to be a path/],
    [agent({ clientMayChange: ['model'] }), /^profiles\.support\.clientMayChange\[0\]: has to be a path/],
    [agent({ clientMayChange: ['__proto__.x'] }), /^profiles\.support\.clientMayChange\[0\]: has to be a path/],
    [agent({ session: { turnDetection: 'loud' } }), /^profiles\.support\.session\.turnDetection: has to be "semantic_vad"/],
    [agent({ session: { transcription: 'whisper-1' } }), /^profiles\.support\.session\.transcription: has to be an object with a "model"/],
    [agent({ session: { config: [] } }), /^profiles\.support\.session\.config: has to be an object\.$/],
    [{ profiles: { Support: {} } }, /^profiles\.Support: is no usable name/],
    [{ profiles: { 'a b': {} } }, /^profiles\["a b"\]: is no usable name/],
    [{ profiles: JSON.parse('{"__proto__": {}}') as object }, /^profiles\.__proto__: is no usable name/],
    [{ profiles: {} }, /^profiles: has to name at least one agent/],
    [{ profiles: { support: null } }, /^profiles\.support: has to be an object/],
    [{ session: { voice: 'marin' }, profiles: { default: {} } }, /^session: has no place beside profiles/],
    [{ trustedProxies: 9 }, /^trustedProxies: /],
    [{ whenStateFails: 'ignore' }, /^whenStateFails: has to be "refuse" or "local"\.$/],
    [{ rates: { perAdress: false } }, /^rates\.perAdress: no such option\. There are: perAddress,/],
    [{ prices: { 'gpt-realtime-2.1': { audioOutput: '64' } } }, /^prices\["gpt-realtime-2\.1"\]\.audioOutput: has to be a number/],
    [{ visitor: { turnstile: { secret: 'x' } } }, /^visitor: has to be a function\.$/],
    [{ state: 'redis://localhost' }, /^state: has to be a state such as redisState\(\) makes\.$/],
    [{ observers: [1] }, /^observers\[0\]: has to be a function/],
    [{ clock: Date }, /^clock: has to be a clock/],
    [{ onTranscript: 'log' }, /^onTranscript: has to be a function/],
    [{ phone: { numbers: { '*': 'x' } } }, /^phone\.webhookSecret: is missing/],
    [{ phone: { webhookSecret: 'whsec_abcd', numbers: 7 } }, /^phone\.numbers: has to be an object/],
    [{ phone: { webhookSecret: 'whsec_abcd', numbers: {}, human: '+49' } }, /^phone\.human: has to be a tel: or sip: address/],
  ];
  it.each(cases)('%j is refused by its path', (options, sentence) => {
    expect(mistakes(options)[0]).toMatch(sentence);
  });

  it('good ones are taken, in every form', () => {
    const full: VoiceServerOptions = {
      ...good,
      profiles: {
        support: {
          session: { model: 'gpt-realtime', voice: 'marin', instructions: 'Be kind.', turnDetection: { type: 'semantic_vad', eagerness: 'low' }, transcription: null, config: { tools: [] } },
          tools: [tool],
          mcp: [{ ...mcp, authorization: 'Bearer secret', headers: { 'X-Tenant': 'a b' }, allowedTools: ['search'], requireApproval: 'always' }],
          ways: ['token', 'call', 'phone'],
          rate: false,
          budget: { callsPerDay: 10, minutesPerDay: 0.5, tokensPerDay: 1_000, moneyPerDay: 1.5, atOnce: false },
          limits: { seconds: 10, idleSeconds: 5, tokens: 100, money: 0.1, warnSeconds: 0 },
          clientMayChange: ['audio.output.speed', 'tools'],
        },
      },
      rates: { perAddress: { count: 1, seconds: 1 }, perVisitor: false },
      budget: { moneyPerDay: 20 },
      prices: { 'gpt-realtime': { audioInput: 32, audioOutput: 64 } },
      phone: { webhookSecret: 'whsec_abc', numbers: { '+4930123456': 'support', '*': 'support' }, human: 'sip:desk@example.com' },
      safetyIdentifier: false,
    };
    expect(optionMistakes(full)).toEqual([]);
  });
});

describe('options together', () => {
  const xai = { upstream: { apiKey: CANARY_KEY, dialect: 'xai' } };
  const beta = { upstream: { apiKey: CANARY_KEY, dialect: 'beta' } };
  const priced = { prices: { 'gpt-realtime': {} } };
  const phone = (name: string) => ({ phone: { webhookSecret: 'whsec_abc', numbers: { '+49': name } } });
  const cases: [string, object, (string | RegExp)[]][] = [
    ['tokens need a bound per call', { budget: { tokensPerDay: 5 } }, [/^budget\.tokensPerDay: needs limits\.tokens: /]],
    ['of each agent', agent({ budget: { tokensPerDay: 5 } }), [/^profiles\.support\.budget\.tokensPerDay: needs limits\.tokens of the agent "support"/]],
    ['which the server may give', agent({ budget: { tokensPerDay: 5 } }, { limits: { tokens: 1 } }), []],
    ['money needs a bound and a model', { budget: { moneyPerDay: 5 } }, [/^budget\.moneyPerDay: needs limits\.money/, /^budget\.moneyPerDay: needs session\.model/]],
    ['and its price', agent({ budget: { moneyPerDay: 5 }, session: { model: 'gpt-realtime-2.1' }, limits: { money: 1 } }, priced), [/^profiles\.support\.budget\.moneyPerDay: needs prices\["gpt-realtime-2\.1"\], the model of the agent "support"/]],
    ['which raw settings may name', agent({ budget: { moneyPerDay: 5 }, session: { config: { model: 'gpt-realtime' } }, limits: { money: 1 } }, priced), []],
    ['no bound needs nothing', { budget: { tokensPerDay: false, moneyPerDay: false } }, []],
    ['a number names an agent', { profiles: { a: { ways: ['phone'] } }, ...phone('b') }, [/^phone\.numbers\["\+49"\]: names no agent of profiles \(a\)/]],
    ['that takes phone calls', { profiles: { a: {} }, ...phone('a') }, [/^phone\.numbers\["\+49"\]: .*add "phone" to profiles\.a\.ways/]],
    ['no object has members for agents', { profiles: { a: {} }, ...phone('constructor') }, [/names no agent/]],
    ['phones need the dialect ga', { profiles: { a: { ways: ['phone'] } }, ...phone('a'), ...beta }, [/^profiles\.a\.ways\[0\]: has to be "token"/, /^phone: needs the dialect ga/]],
    ['xAI has no sessions', { session: { voice: 'ara' }, ...xai }, [/^session: has no place in the keys of xAI/]],
    ['nor MCP servers', agent({ mcp: [mcp] }, xai), [/^profiles\.support\.mcp: .*needs ga/]],
    ['the beta has no brokered calls', agent({ ways: ['token', 'call'] }, beta), [/^profiles\.support\.ways\[1\]: has to be "token"/]],
    ['nor tools that run here', agent({ tools: [tool] }, beta), [/^profiles\.support\.tools: run in brokered and phone calls alone/]],
    ['keys have none either', agent({ tools: [tool], ways: ['token'] }), [/^profiles\.support\.tools: run in brokered/]],
    ['names of tools differ', agent({ tools: [tool, tool], mcp: [mcp, mcp] }), [/^profiles\.support\.tools\[1\]\.name: /, /^profiles\.support\.mcp\[1\]\.label: /]],
    ['a transcription has no voice, tools or phone', agent({ session: { type: 'transcription', voice: 'marin' }, tools: [tool], ways: ['call', 'phone'] }), [/session\.voice: /, /tools: /, /ways\[1\]: /]],
    ['all mistakes are listed', { keyLifetime: 5, ...agent({ limits: { seconds: 1 }, rate: 'no' }), phone: { webhookSecret: '', numbers: {} } }, [/^profiles\.support\.rate/, /^profiles\.support\.limits/, /^keyLifetime/, /^phone\.webhookSecret/]],
    ['what is mistaken itself is not judged together', agent({ limits: 7, budget: { tokensPerDay: 5 } }), [/^profiles\.support\.limits: has to be an object/]],
  ];
  it.each(cases)('%s', (_, options, sentences) => {
    const found = mistakes(options);
    expect(found).toHaveLength(sentences.length);
    sentences.forEach((sentence, index) => expect(found[index]).toMatch(sentence));
  });

  it.each([undefined, null, 7, [], 'x', { profiles: [] }, { profiles: { a: 1 }, budget: 1, phone: null }])('%j is refused without a crash', (options) => {
    expect(optionMistakes(options).length).toBeGreaterThan(0);
  });
});

describe("an agent's tools", () => {
  const secretMcp = { label: 'crm', url: 'https://crm.example.com/mcp', authorization: 'canary-authorization', allowedTools: ['find'] };
  const profile: ProfileOptions = { session: { voice: 'marin', config: { tools: [{ type: 'function', name: 'own' }] } }, tools: [tool], mcp: [mcp, secretMcp] };
  const docs = { type: 'mcp', server_label: 'docs', server_url: 'https://mcp.example.com/mcp', require_approval: 'never' };

  it('are part of the session of watched calls', () => {
    const { session } = resolveOptions({ ...good, profiles: { default: profile } }).profiles.get('default') ?? expect.fail('no profile');
    expect(session).toEqual({
      type: 'realtime',
      audio: { output: { voice: 'marin' } },
      tools: [
        { type: 'function', name: 'own' },
        { type: 'function', name: 'find_order', description: 'Finds an order.', parameters: tool.parameters },
        docs,
        { type: 'mcp', server_label: 'crm', server_url: 'https://crm.example.com/mcp', authorization: 'canary-authorization', allowed_tools: ['find'], require_approval: 'never' },
      ],
    });
  });

  it('are no part of keys where nobody runs them, or they would tell a secret', async () => {
    const { fetch, asked } = upstream(goodAnswer);
    await server({ fetch, profiles: { default: profile } }).app.request(...ask());
    expect(asked[0]?.body).toMatchObject({ session: { tools: [{ type: 'function', name: 'own' }, docs] } });
    expect(JSON.stringify(asked[0]?.body)).not.toMatch(/canary|find_order/);
  });

  it('make a session where there is none; without any the defaults of the API stand', () => {
    const resolved = resolveOptions({ ...good, profiles: { a: { tools: [{ name: 'now', execute: () => 1 }] }, b: {} } }).profiles;
    expect(resolved.get('a')?.session).toEqual({ type: 'realtime', tools: [{ type: 'function', name: 'now', parameters: { type: 'object', properties: {}, additionalProperties: false } }] });
    expect(resolved.get('a')?.mint.body).not.toHaveProperty('session');
    expect(resolved.get('b')?.session).toBeUndefined();
  });

  it('brokered calls are offered where the dialect has them', () => {
    const ways = (dialect: 'ga' | 'beta' | 'xai') => [...(resolveOptions({ ...good, upstream: { apiKey: 'k', dialect } }).profiles.get('default')?.ways ?? [])];
    expect([ways('ga'), ways('beta'), ways('xai')]).toEqual([['token', 'call'], ['token'], ['token']]);
  });
});

import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { VoiceServerOptionsError, createVoiceServer } from '../../src/server/index.js';
import type { VoiceServerOptions } from '../../src/server/index.js';
import { CANARY_KEY, PAGE, ask, goodAnswer, upstream } from './token-route-support.js';

const good: VoiceServerOptions = { allowedOrigins: [PAGE], upstream: { apiKey: CANARY_KEY } };

/** Returns the error for options with one mistake. */
function mistake(options: object): VoiceServerOptionsError {
  try {
    createVoiceServer({ ...good, ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(VoiceServerOptionsError);
    expect((error as Error).message).not.toContain('canary');
    return error as VoiceServerOptionsError;
  }
  throw new Error('was accepted');
}

describe('options', () => {
  const mistakes: [object, string, RegExp][] = [
    [{ allowedOrigins: [] }, 'allowedOrigins', /at least one/],
    [{ allowedOrigins: undefined }, 'allowedOrigins', /at least one/],
    [{ allowedOrigins: PAGE }, 'allowedOrigins', /list/],
    [{ allowedOrigins: ['*'] }, 'allowedOrigins[0]', /pattern/],
    [{ allowedOrigins: [PAGE, 'https://*.example.com'] }, 'allowedOrigins[1]', /pattern/],
    [{ allowedOrigins: [PAGE, `${PAGE}/`] }, 'allowedOrigins[1]', /Use "https:\/\/www\.example\.com"/],
    [{ allowedOrigins: [`${PAGE}/shop`] }, 'allowedOrigins[0]', /Use "https:\/\/www\.example\.com"/],
    [{ allowedOrigins: ['https://WWW.example.com'] }, 'allowedOrigins[0]', /Use "https:\/\/www\.example\.com"/],
    [{ allowedOrigins: ['https://www.example.com:443'] }, 'allowedOrigins[0]', /Use "https:\/\/www\.example\.com"/],
    [{ allowedOrigins: ['https://bücher.example'] }, 'allowedOrigins[0]', /Use "https:\/\/xn--bcher-kva\.example"/],
    [{ allowedOrigins: ['www.example.com'] }, 'allowedOrigins[0]', /not an origin/],
    [{ allowedOrigins: ['null'] }, 'allowedOrigins[0]', /sandboxed/],
    [{ allowedOrigins: ['file:///index.html'] }, 'allowedOrigins[0]', /https/],
    [{ allowedOrigins: [7] }, 'allowedOrigins[0]', /string, not number/],
    [{ upstream: undefined }, 'upstream', /object/],
    [{ upstream: { apiKey: undefined } }, 'upstream.apiKey', /environment variable/],
    [{ upstream: { apiKey: '' } }, 'upstream.apiKey', /environment variable/],
    [{ upstream: { apiKey: `${CANARY_KEY}\n` } }, 'upstream.apiKey', /line break/],
    [{ upstream: { apiKey: CANARY_KEY, baseUrl: 'api.openai.com/v1' } }, 'upstream.baseUrl', /http or https/],
    [{ upstream: { apiKey: CANARY_KEY, baseUrl: 'ftp://api.openai.com' } }, 'upstream.baseUrl', /http or https/],
    [{ upstream: { apiKey: CANARY_KEY, baseUrl: 'https://a:canary@api.test/v1' } }, 'upstream.baseUrl', /password/],
    [{ upstream: { apiKey: CANARY_KEY, baseUrl: 'https://api.test/v1?x=1' } }, 'upstream.baseUrl', /query/],
    [{ upstream: { apiKey: CANARY_KEY, timeout: 5 } }, 'upstream.timeout', /100 to 60000/],
    [{ upstream: { apiKey: CANARY_KEY, timout: 5000 } }, 'upstream.timout', /unknown option/],
    [{ origins: [PAGE] }, 'origins', /unknown option/],
    [{ keyLifetime: 61 }, 'keyLifetime', /10 to 60/],
    [{ keyLifetime: 9 }, 'keyLifetime', /10 to 60/],
    [{ keyLifetime: 30.5 }, 'keyLifetime', /whole number/],
    [{ maxBodyBytes: -1 }, 'maxBodyBytes', /0 to 65536/],
    [{ withoutOrigin: true }, 'withoutOrigin', /refuse/],
    [{ session: { speaker: 'marin' } }, 'session.speaker', /unknown option/],
    [{ session: { voice: '' } }, 'session.voice', /non-empty string/],
    [{ session: null }, 'session', /object/],
    [{ session: { type: 'captions' } }, 'session.type', /"transcription"/],
    [{ session: { type: 'transcription', model: 'gpt-realtime-2.1' } }, 'session.model', /session\.transcription/],
    [{ session: { type: 'transcription', instructions: 'Be kind.' } }, 'session.instructions', /transcription session/],
    [{ safetyIdentifier: 'me' }, 'safetyIdentifier', /function/],
  ];

  it.each(mistakes)('%j is rejected by name', (options, path, sentence) => {
    const error = mistake(options);
    expect(error.path).toBe(path);
    expect(error.message).toMatch(sentence);
    expect(error.message.startsWith(path)).toBe(true);
  });

  it('a trailing slash in the API root is accepted', async () => {
    const { fetch, asked } = upstream(goodAnswer);
    const app = createVoiceServer({ ...good, fetch, upstream: { apiKey: CANARY_KEY, baseUrl: 'http://127.0.0.1:8080/v1/' } });
    await app.request(...ask());
    expect(asked[0]?.url).toBe('http://127.0.0.1:8080/v1/realtime/client_secrets');
  });

  it('keys for transcriptions are supported', async () => {
    for (const [session, sent] of [
      [{ type: 'transcription' }, { type: 'transcription' }],
      [
        { type: 'transcription', transcription: { model: 'gpt-live-transcribe' }, turnDetection: 'none', config: { include: null } },
        {
          type: 'transcription',
          include: null,
          audio: { input: { transcription: { model: 'gpt-live-transcribe' }, turn_detection: null } },
        },
      ],
    ] as const) {
      const { fetch, asked } = upstream(goodAnswer);
      await createVoiceServer({ ...good, fetch, session }).request(...ask());
      expect(asked[0]?.body).toMatchObject({ session: sent });
    }
  });

  it('a site can mount two servers for conversations and transcriptions', async () => {
    const { fetch, asked } = upstream(goodAnswer);
    const site = new Hono();
    site.route('/', createVoiceServer({ ...good, fetch, session: { model: 'gpt-realtime-2.1' } }));
    site.route(
      '/captions',
      createVoiceServer({ ...good, fetch, session: { type: 'transcription', transcription: { model: 'gpt-transcribe' } } }),
    );
    const [path, init] = ask();
    for (const address of [path, `/captions${String(path)}`]) expect((await site.request(address, init)).status).toBe(200);
    expect(asked.map(({ body }) => (body as { session: { type: string } }).session.type)).toEqual(['realtime', 'transcription']);
    expect((await site.request('/captions/voice/token', { ...init, headers: { Origin: 'https://evil.example' } })).status).toBe(403);
  });

  it('a shorter key lifetime is supported', async () => {
    const { fetch, asked } = upstream(goodAnswer);
    await createVoiceServer({ ...good, fetch, keyLifetime: 10 }).request(...ask());
    expect(asked[0]?.body).toMatchObject({ expires_after: { seconds: 10 } });
    expect(asked[0]?.url).toBe('https://api.openai.com/v1/realtime/client_secrets');
  });
});

/** Keys from APIs with other endpoints: the beta's `/realtime/sessions` and xAI's keys without a session. */
import { afterEach, describe, expect, it } from 'vitest';
import { createSandbox } from '../../src/sandbox/index.js';
import type { Sandbox } from '../../src/sandbox/index.js';
import { VoiceServerOptionsError } from '../../src/server/index.js';
import type { SessionOptions, VoiceServerOptions } from '../../src/server/index.js';
import { CANARY_KEY, ask, server, upstream } from './token-route-support.js';

const running: Sandbox[] = [];
afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.close();
});

const betaAnswer = (): Response =>
  Response.json({ object: 'realtime.session', instructions: 'canary', client_secret: { value: 'ek_beta', expires_at: 1_800_000_060 } });
const root = { baseUrl: 'https://api.test/v1', apiKey: CANARY_KEY };
const session: SessionOptions = {
  model: 'opeai/AudioLLM/Voice2',
  voice: 'ash',
  turnDetection: 'server_vad',
  transcription: { model: 'whisper-1' },
};

async function asked(options: Partial<VoiceServerOptions>) {
  const { fetch, asked } = upstream(betaAnswer);
  const response = await server({ fetch, ...options }).app.request(...ask());
  expect([response.status, await response.json()]).toEqual([200, { value: 'ek_beta', expires_at: 1_800_000_060 }]);
  const [one] = asked;
  return { url: one?.url, body: one?.body, headers: one?.init.headers };
}

describe('the beta', () => {
  it('receives a flat session at /realtime/sessions', async () => {
    expect(await asked({ upstream: { ...root, dialect: 'beta' }, session })).toEqual({
      url: 'https://api.test/v1/realtime/sessions',
      headers: {
        Authorization: `Bearer ${CANARY_KEY}`,
        'Content-Type': 'application/json',
        Accept: 'application/json',
        'OpenAI-Beta': 'realtime=v1',
      },
      body: {
        model: 'opeai/AudioLLM/Voice2',
        voice: 'ash',
        turn_detection: { type: 'server_vad' },
        input_audio_transcription: { model: 'whisper-1' },
      },
    });
  });

  it('receives a lifetime only if the owner sets one, and transcriptions at a separate endpoint', async () => {
    const { url, body } = await asked({
      upstream: { ...root, dialect: 'beta' },
      keyLifetime: 30,
      session: { type: 'transcription', transcription: { model: 'whisper-1' } },
    });
    expect(url).toBe('https://api.test/v1/realtime/transcription_sessions');
    expect(body).toEqual({
      input_audio_transcription: { model: 'whisper-1' },
      client_secret: { expires_at: { anchor: 'created_at', seconds: 30 } },
    });
    expect((await asked({ upstream: { ...root, dialect: 'beta' }, keyLifetime: 20 })).body).toEqual({
      client_secret: { expires_after: { anchor: 'created_at', seconds: 20 } },
    });
  });

  it('mints keys at the sandbox that contain the session', async () => {
    const sandbox = await createSandbox({ profile: 'beta' });
    running.push(sandbox);
    const { app } = server({ upstream: { baseUrl: sandbox.url, apiKey: 'sk-sandbox', dialect: 'beta' }, session });
    const response = await app.request(...ask());
    const { value } = (await response.json()) as { value: string };
    expect(sandbox.keys).toMatchObject([
      { value, session: { type: 'realtime', audio: { input: { turn_detection: { type: 'server_vad' } } } } },
    ]);
    const { expiresAt } = sandbox.keys[0] ?? expect.fail('no key');
    expect(expiresAt - Date.now() / 1000).toBeLessThanOrEqual(60);
    sandbox.play('ga');
    expect((await app.request(...ask())).status, 'GA refuses beta requests').toBe(502);
  });
});

describe('xAI', () => {
  it('receives only a lifetime', async () => {
    expect(await asked({ upstream: { ...root, dialect: 'xai' } })).toMatchObject({
      url: 'https://api.test/v1/realtime/client_secrets',
      body: { expires_after: { seconds: 60 } },
    });
  });

  it('does not support a session', () => {
    expect(() => server({ upstream: { ...root, dialect: 'xai' }, session: { voice: 'Ara' } })).toThrow(VoiceServerOptionsError);
  });
});

it('an unknown dialect is rejected', () => {
  expect(() => server({ upstream: { ...root, dialect: 'gamma' as 'ga' } })).toThrow('upstream.dialect: must be one of ga, beta, xai.');
});

it.each([
  { client_secret: null },
  { client_secret: { value: 'sk-canary', expires_at: 1 } },
  { client_secret: { value: 'ek_x' } },
  { client_secret: 'ek_x' },
])('an invalid key is answered with 502: %j', async (answer) => {
  const { app } = server({ fetch: upstream(() => Response.json(answer)).fetch, upstream: { ...root, dialect: 'beta' } });
  expect((await app.request(...ask())).status).toBe(502);
});

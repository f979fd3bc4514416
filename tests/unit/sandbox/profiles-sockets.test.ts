import { describe, expect, it } from 'vitest';
import type { ProfileName, SocketRules } from '../../../src/sandbox/index.js';
import { SocketClient, post, start } from './harness.js';

const KEY = 'openai-insecure-api-key.sk-sandbox';
const BETA = ['realtime', KEY, 'openai-beta.realtime-v1'];

async function opened(
  profile: ProfileName,
  query: string,
  protocols: string[] = [],
  headers: Record<string, string> = {},
  socket?: Partial<SocketRules>,
) {
  const { sandbox } = await start({ profile, ...(socket && { socket }) });
  const client = new SocketClient(`${sandbox.url}/realtime${query}`, protocols, headers);
  return { sandbox, client };
}

describe('WebSockets of the profiles', () => {
  it.each<[ProfileName, string, string[], Record<string, string>, string]>([
    ['beta', '?model=opeai/AudioLLM/Voice2', BETA, {}, 'realtime'],
    ['beta', '?model=opeai/AudioLLM/Voice2', [], { authorization: 'Bearer sk-sandbox', 'openai-beta': 'realtime=v1' }, ''],
    ['localai', '?model=pipeline', [], {}, ''],
    ['localai', '?model=pipeline', [], { cookie: 'a=b; token=sk-sandbox' }, ''],
    ['speaches', '?model=llama&api_key=sk-sandbox', [], {}, ''],
    ['xai', '?model=grok-voice-latest', ['xai-client-secret.sk-sandbox'], {}, 'xai-client-secret.sk-sandbox'],
    ['azure', '?model=my-deployment', [], { authorization: 'Bearer sk-sandbox' }, ''],
    ['hf', '', ['realtime', 'openai-insecure-api-key.anything'], {}, 'realtime'],
    ['hf', '', [], {}, ''],
  ])('open with %s %s %j %j', async (profile, query, protocols, headers, selected) => {
    const { sandbox, client } = await opened(profile, query, protocols, headers);
    await client.next('session.created');
    expect(client.socket.protocol).toBe(selected);
    expect(await sandbox.nextCall()).toMatchObject({ profile });
  });

  it('require the beta header or subprotocol in beta', async () => {
    const { client } = await opened('beta', '?model=m', ['realtime', KEY]);
    expect((await client.next('error'))['error']).toMatchObject({ code: 'missing_beta_header' });
    expect((await client.closed).code).toBe(4000);
  });

  it.each<[ProfileName, string, string[], number]>([
    ['localai', '', [], 401],
    ['speaches', '?model=llama&api_key=wrong', [], 403],
    ['speaches', '?model=llama', [], 401],
    ['xai', '?model=grok', ['xai-client-secret.wrong'], 401],
    ['azure', '?model=d&api_key=sk-sandbox', [], 401],
  ])('%s rejects a wrong key before the upgrade: %s %j', async (profile, query, protocols, status) => {
    const { client } = await opened(profile, query, protocols, profile === 'localai' ? { authorization: 'Bearer wrong' } : {});
    await expect(client.opened).rejects.toMatchObject({ status });
  });

  it('can use GA without a subprotocol, with the key in the query, in a cookie, or without a key', async () => {
    const { sandbox } = await start({ socket: { selects: false, keys: ['query', 'cookie', 'none'] } });
    const url = `${sandbox.url}/realtime?model=gpt-realtime`;
    for (const client of [
      new SocketClient(`${url}&api_key=sk-sandbox`),
      new SocketClient(url, [], { cookie: 'token=sk-sandbox' }),
      new SocketClient(url),
    ]) {
      await client.next('session.created');
      expect(client.socket.protocol).toBe('');
    }
    const keys = sandbox.calls.map(({ key }) => key);
    expect(keys).toEqual(['sk-sandbox', 'sk-sandbox', '']);
    const wrong = new SocketClient(`${url}&api_key=wrong`);
    expect((await wrong.next('error'))['error']).toMatchObject({ code: 'invalid_api_key' });
  });

  it('can select none of the offered subprotocols, which fails the connection in browsers', async () => {
    const { client } = await opened('ga', '?model=gpt-realtime', ['realtime', KEY], {}, { selects: false });
    // `ws` behaves like browsers.
    await expect(client.opened).rejects.toThrow('Server sent no subprotocol');
  });

  it('switch the profile at run time until reset, and an active call keeps its own', async () => {
    const { sandbox } = await start();
    const first = new SocketClient(`${sandbox.url}/realtime?model=gpt-realtime`, ['realtime', KEY]);
    await first.next('session.created');
    const control = await fetch(`${sandbox.controlUrl}/profile`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ profile: 'xai', socket: { keys: ['none'] } }),
    });
    expect(control.status).toBe(200);
    const second = new SocketClient(`${sandbox.url}/realtime?model=grok`, []);
    expect((await second.next('session.created'))['session']).toHaveProperty('turn_detection');
    first.say({ type: 'session.update', session: { type: 'realtime', instructions: 'still GA' } });
    expect((await first.next('session.updated'))['session']).toMatchObject({ type: 'realtime', instructions: 'still GA' });
    expect(sandbox.calls.map(({ profile }) => profile)).toEqual(['ga', 'xai']);
    sandbox.reset();
    expect((await post(sandbox, '/realtime/sessions', {})).status).toBe(400);
    sandbox.play('beta');
    expect((await post(sandbox, '/realtime/sessions', {})).status).toBe(200);
  });
});

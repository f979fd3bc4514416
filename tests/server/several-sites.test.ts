/** Several sites in one server, with the configuration of `src/examples/several-sites/`: own key, origin, agent, limits and budget. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { VoiceServerOptions } from '../../src/server/index.js';
import { createVisitor } from '../unit/sandbox-media/visitor.js';
import { broker, closing, connected, sandboxed } from './calls/support.js';
import { OTHER_SECRET, SECRET, dial, phoneSandbox, phoneServer } from './phone/support.js';
import { Commands, urlOf } from './server-command-support.js';
import { PAGE, server } from './token-route-support.js';

const example = readFileSync(new URL('../../src/examples/several-sites/voice-agent.config.json', import.meta.url), 'utf8');
const PEPPER = 'p'.repeat(32);
const [BIKES, BOOKS] = ['http://localhost:3001', 'http://localhost:3002'];
const KEYS = { bikes: 'sk-bike-site', books: 'sk-book-site' };

/** The beginning of the key of each request to the sandbox, by path: the sandbox records no more of it. */
const keysOf = (sandbox: Awaited<ReturnType<typeof sandboxed>>): string[] =>
  sandbox.requests.map(
    ({ path, headers }) => `${path.replace(/rtc_\w+/, 'ID')} ${String(headers['authorization']).replace(/^Bearer sk-(\w+)…$/, '$1')}`,
  );

describe('several sites in one server', { timeout: 120_000 }, () => {
  const commands = new Commands();
  afterEach(() => commands.close());

  it('each use their own key, origin, agent and budget', async () => {
    const sandbox = await sandboxed({ apiKeys: Object.values(KEYS) });
    const running = await commands.start({
      // A second call of the bookshop exceeds its places; nothing else is changed.
      files: { 'voice-agent.config.json': example.replace('"maxConcurrent": 2 }', '"maxConcurrent": 1 }') },
      env: { BIKES_API_KEY: KEYS.bikes, BOOKS_API_KEY: KEYS.books, VOICE_AGENT_PEPPER: PEPPER, OPENAI_BASE_URL: sandbox.url, PORT: '0' },
    });
    const url = await urlOf(running);
    const place = async (profile: string, origin: string) => {
      const visitor = closing(await createVisitor());
      const headers = { Origin: origin, 'Content-Type': 'application/sdp' };
      const answer = await fetch(`${url}/voice/call${profile && `?profile=${profile}`}`, { method: 'POST', headers, body: visitor.offer });
      const text = await answer.text();
      if (answer.status === 201) {
        await visitor.accept(text);
        await visitor.reached('open');
        // Like the widget's first event, this shows the server that the page is connected.
        visitor.channel.send(JSON.stringify({ type: 'input_audio_buffer.clear' }));
      }
      return { status: answer.status, code: answer.status === 201 ? '' : (JSON.parse(text) as { code: string }).code, answer };
    };
    const books = await place('books', BOOKS);
    expect(books.status).toBe(201);
    expect(books.answer.headers.get('Voice-Call-Limits')).toBe('seconds=600, idle=60');
    const bookCall = await sandbox.nextCall();
    expect(bookCall.sessionConfig).toMatchObject({ model: 'gpt-realtime-2.1-mini', audio: { output: { voice: 'cedar' } } });
    expect(await place('books', BIKES)).toMatchObject({ status: 403, code: 'origin_denied' });
    expect(await place('bikes', BOOKS)).toMatchObject({ status: 403, code: 'origin_denied' });
    expect(await place('', BOOKS)).toMatchObject({ status: 404, code: 'profile_unknown' });
    expect(await place('books', BOOKS)).toMatchObject({ status: 429, code: 'all_busy' });
    const bikes = await place('bikes', BIKES);
    expect([bikes.status, bikes.answer.headers.get('Voice-Call-Limits')]).toEqual([201, 'seconds=300, idle=60']);
    const bikeCall = await sandbox.nextCall();
    expect(bikeCall.sessionConfig).toMatchObject({ model: 'gpt-realtime-2.1', audio: { output: { voice: 'marin' } } });
    expect(keysOf(sandbox).filter((one) => one.startsWith('/v1/realtime/calls '))).toEqual([
      '/v1/realtime/calls book',
      '/v1/realtime/calls bike',
    ]);

    const { stdout } = await commands.run({ args: ['budget', '--json'], folder: running.folder });
    expect((JSON.parse(stdout) as { accounts: object[] }).accounts).toMatchObject([
      { account: 'all', concurrent: 2, limits: { seconds: 27_000, concurrent: 6 } },
      { account: 'profile:bikes', concurrent: 1, reserved: { seconds: 300 }, limits: { calls: 200, seconds: 24_000, concurrent: 5 } },
      { account: 'profile:books', concurrent: 1, reserved: { seconds: 600 }, limits: { calls: 50, seconds: 6_000, concurrent: 1 } },
    ]);
    expect((await commands.run({ args: ['calls', 'end', '--all'], folder: running.folder })).code).toBe(0);
    expect([await bookCall.ended, await bikeCall.ended]).toEqual(['hangup', 'hangup']);
    expect(running.stdout()).not.toMatch(/sk-(?:bike|book)/);
  });
});

describe('an agent with its own key', () => {
  const profiles = { bikes: { apiKey: KEYS.bikes }, books: { apiKey: KEYS.books } };

  it('is watched and hung up with it', async () => {
    const sandbox = await sandboxed({ apiKeys: Object.values(KEYS) });
    const made = broker(sandbox.url, { upstream: { baseUrl: sandbox.url, apiKey: undefined }, pepper: PEPPER, profiles });
    const call = await connected(made, sandbox, '?profile=books');
    const key = await made.app.request('/voice/token?profile=bikes', { method: 'POST', headers: { Origin: PAGE } });
    expect(key.status).toBe(200);
    await call.end();
    expect(await call.call.ended).toBe('hangup');
    expect(keysOf(sandbox)).toEqual([
      '/v1/realtime/calls book',
      '/v1/realtime?call_id=ID book',
      '/v1/realtime/client_secrets bike',
      '/v1/realtime/calls/ID/hangup book',
    ]);
  });

  it('rotates its key without the others', async () => {
    const sandbox = await sandboxed({ apiKeys: Object.values(KEYS) });
    const rotated = { ...profiles, books: { apiKey: ['sk-sandbox-revoked', KEYS.books] } };
    const made = broker(sandbox.url, { upstream: { baseUrl: sandbox.url, apiKey: undefined }, pepper: PEPPER, profiles: rotated });
    for (const profile of ['bikes', 'books']) {
      const key = await made.app.request(`/voice/token?profile=${profile}`, { method: 'POST', headers: { Origin: PAGE } });
      expect(key.status).toBe(200);
    }
    expect(made.events.filter(({ type }) => type === 'api-key-rejected')).toEqual([
      { type: 'api-key-rejected', position: 1, profile: 'books' },
    ]);
  });

  it('answers phone calls with it', async () => {
    const sandbox = await phoneSandbox({ apiKeys: Object.values(KEYS) });
    const session = { model: 'gpt-realtime-2.1', instructions: 'Answer the phone.' };
    const made = await phoneServer(sandbox, {
      upstream: { baseUrl: sandbox.url, apiKey: undefined },
      pepper: PEPPER,
      profiles: {
        bikes: { apiKey: KEYS.bikes, access: ['phone'], session },
        books: { apiKey: KEYS.books, access: ['phone'], session },
      },
      phone: { webhookSecret: [SECRET, OTHER_SECRET], numbers: { '+4930111': 'bikes', '*': 'books' } },
    });
    for (const [to, secret] of [
      ['+4930111', SECRET],
      ['+4930222', OTHER_SECRET],
    ] as const) {
      const call = dial(sandbox, made, { to, secret });
      await call.answered;
      call.hangUp();
    }
    const accepted = keysOf(sandbox).filter((one) => one.includes('/accept'));
    expect(accepted).toEqual(['/v1/realtime/calls/ID/accept bike', '/v1/realtime/calls/ID/accept book']);
  });

  it('makes the key of the server optional, but not the pepper', () => {
    const made = (options: Partial<VoiceServerOptions>) => () => server({ upstream: { apiKey: undefined }, ...options });
    expect(made({ profiles, pepper: PEPPER })).not.toThrow();
    expect(made({ profiles })).toThrow(/^pepper: is required without upstream\.apiKey/);
    expect(made({ profiles: { ...profiles, third: {} }, pepper: PEPPER })).toThrow(/^upstream\.apiKey: is missing/);
    expect(made({ pepper: PEPPER })).toThrow(/^upstream\.apiKey: is missing/);
    expect(made({ profiles: { bikes: { apiKey: '' } }, pepper: PEPPER })).toThrow(/^profiles\.bikes\.apiKey: is missing/);
    const phone = { webhookSecret: SECRET, numbers: { '+4930111': 'bikes' } };
    const answering = { bikes: { apiKey: KEYS.bikes, access: ['phone'] as const } };
    expect(made({ profiles: answering, pepper: PEPPER, phone })).toThrow(/^upstream\.apiKey: is required to reject phone calls/);
  });
});

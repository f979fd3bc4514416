/**
 * The server examples of OPE.AI's realtime page: the package `ws`, and Python with websocket-client, against the sandbox's beta
 * interface. Each completes a turn after the page's code has connected, and is refused by the GA interface.
 * The examples for browsers are in `tests/e2e/seeds-ope-ai.spec.ts`.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { changed } from '../support/seeds/blocks.js';
import { BETA_EVENTS, OPE_AI_ROOT, opeAi, spokenTurn, typedTurn } from '../support/seeds/ope-ai.js';
import { pythonWithWebSockets, runInNode, runInPython } from '../support/seeds/programs.js';
import type { Program } from '../support/seeds/programs.js';
import { silence, start, tone } from '../unit/sandbox/harness.js';

let program: Program | undefined;
afterEach(() => program?.stop());

const env = { API_KEY: 'sk-sandbox-ope-ai' };

/** Sends each input line over the example's `ws` and closes it at the end of the input. */
const RELAY = `
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', (line) => ws.send(line)).on('close', () => ws.close());
`;

function run(name: string, sandbox: Sandbox): Program {
  const code = changed(name, [['address', OPE_AI_ROOT, sandbox.url.replace('http', 'ws')]]);
  const file = name.replaceAll(/\W+/g, '-').toLowerCase();
  program = name.endsWith('Python') ? runInPython(file, code, env) : runInNode(file, code, env, { after: RELAY });
  return program;
}

const WORD: Readonly<Record<string, string>> = { [opeAi.node]: '已连接' };
const greeting = (name: string): string => WORD[name] ?? '已连接至服务器。';

describe.each([opeAi.node, opeAi.python])('%s', { timeout: 60_000 }, (name) => {
  it('connects and reads the answer to a typed turn', async () => {
    const { sandbox } = await start({ profile: 'beta', script: { replies: ['Good morning to you.'] } });
    const client = run(name, sandbox);
    await client.next('the greeting', (value) => value === greeting(name));
    expect(await client.event('session.created')).toMatchObject({
      session: { model: 'opeai/AudioLLM/Voice2', modalities: expect.arrayContaining(['audio']) },
    });
    for (const event of typedTurn('hello')) client.say(event);
    expect(await client.event('session.updated')).toMatchObject({ session: { voice: 'alloy', turn_detection: null } });
    expect(await client.event('conversation.item.created')).toMatchObject({ item: { role: 'user' } });
    const { delta } = await client.event('response.audio.delta');
    expect(Buffer.from(delta as string, 'base64').length).toBeGreaterThan(0);
    expect(await client.event('response.audio_transcript.done')).toMatchObject({ transcript: 'Good morning to you.' });
    expect(await client.event('response.done')).toMatchObject({
      response: { status: 'completed', output: [{ content: [{ type: 'audio' }] }] },
    });
    expect(client.printed.map((value) => (value as { type?: string }).type)).toEqual(expect.arrayContaining(BETA_EVENTS));
    const call = await sandbox.nextCall();
    expect(await client.close()).toBe(0);
    expect(await call.ended).toBe('client-closed');
  });

  it('is refused by the GA interface, as at OpenAI', async () => {
    const { sandbox } = await start({ acceptsModel: () => true });
    const client = run(name, sandbox);
    await client.next('the greeting', (value) => value === greeting(name));
    expect(await client.event('error')).toMatchObject({ error: { code: 'beta_api_shape_disabled' } });
    await client.close();
    expect(sandbox.calls).toHaveLength(0);
  });
});

describe.each([opeAi.transcribeInNode, opeAi.transcribeInPython])('%s', { timeout: 60_000 }, (name) => {
  it('connects and reads the transcript', async () => {
    const { sandbox } = await start({ profile: 'beta', script: { transcripts: ['the quick brown fox'] } });
    const client = run(name, sandbox);
    await client.next('the greeting', (value) => value === greeting(name));
    expect(await client.event('transcription_session.created')).toHaveProperty('session.input_audio_format', 'pcm16');
    for (const event of spokenTurn(new Int16Array([...silence(300), ...tone(700), ...silence(1_500)]))) client.say(event);
    expect(await client.event('transcription_session.updated')).toMatchObject({
      session: { input_audio_transcription: { model: 'gpt-4o-transcribe' } },
    });
    await client.event('input_audio_buffer.committed');
    expect(await client.event('conversation.item.input_audio_transcription.completed')).toMatchObject({
      transcript: 'the quick brown fox',
    });
    const call = await sandbox.nextCall();
    expect(await client.close()).toBe(0);
    expect(await call.ended).toBe('client-closed');
    expect(
      call.events.filter(({ type }) => type.startsWith('response.')),
      'no response is created',
    ).toEqual([]);
  });

  it('is refused by the GA interface, as at OpenAI', async () => {
    const { sandbox } = await start();
    const client = run(name, sandbox);
    await client.next('the greeting', (value) => value === greeting(name));
    expect(await client.event('error')).toMatchObject({ error: { code: 'beta_api_shape_disabled' } });
    await client.close();
    expect(sandbox.calls).toHaveLength(0);
  });
});

it('reports the install command if the Python package is missing', () => {
  expect(() => pythonWithWebSockets(['false', '/no/such/python'])).toThrow('apt-get install python3-websocket');
});

/**
 * The blocks of the Agents SDK's transport page that run in Node, as programs with the real `@openai/agents`, against the
 * sandbox: words go in as PCM, and come back. The blocks that need a browser are in `tests/e2e/seeds-agents-sdk.spec.ts`.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { agentsSdk } from '../support/seeds/agents-sdk.js';
import { changed } from '../support/seeds/blocks.js';
import { runInNode } from '../support/seeds/programs.js';
import type { Program } from '../support/seeds/programs.js';
import { RECORDING, sentenceIn } from '../support/seeds/turn.js';
import { SAME_WORDS } from '../support/sound-match.js';
import { start } from '../unit/sandbox/harness.js';

const env = { OPENAI_API_KEY: 'sk-sandbox-seeds' };
const socketUrl = (sandbox: Sandbox, query = ''): string => `${sandbox.url.replace('http', 'ws')}/realtime${query}`;

let program: Program | undefined;
afterEach(() => program?.stop());

/** Collects chunks of sound, and prints them at the end of a response. */
const EAR = `${RECORDING}
const chunks: Buffer[] = [];
const heard = (chunk: ArrayBuffer) => void chunks.push(Buffer.from(chunk));
const tell = () => console.log({ chunks: chunks.length, sound: Buffer.concat(chunks).toString('base64') });
`;

interface Heard {
  readonly chunks: number;
  /** PCM in base64. */
  readonly sound: string;
}
const sound = (running: Program): Promise<Heard> => running.next('the sound', (value: Partial<Heard>) => value.sound !== undefined);

describe('in Node', { timeout: 60_000 }, () => {
  it(agentsSdk.websocket, async () => {
    const { sandbox } = await start();
    const code = changed(agentsSdk.websocket, [
      ['gap', 'new ArrayBuffer(0)', 'recording().slice().buffer'],
      ['address', '{ apiKey: process.env.OPENAI_API_KEY! }', `{ apiKey: process.env.OPENAI_API_KEY!, url: '${socketUrl(sandbox, '?model=gpt-realtime')}' }`],
      ['gap', '// event.data is a chunk of PCM16 audio', 'heard(event.data);'],
    ]);
    program = runInNode('agents-sdk-websocket', code, env, { before: EAR, after: "wsSession.on('agent_end', () => (tell(), wsSession.close()));" });
    const heard = await sound(program);
    expect(heard.chunks).toBeGreaterThan(1);
    expect(sentenceIn(heard.sound), 'the words came back').toBeGreaterThan(SAME_WORDS);
    const call = await sandbox.nextCall();
    expect(call.sessionConfig.instructions).toBe('Greet the user with cheer and answer questions.');
    expect(await call.ended).toBe('client-closed');
    expect([await program.ended, program.errors]).toEqual([0, '']);
  });

  it(agentsSdk.option1, async () => {
    const { sandbox } = await start({ script: { replies: ['Hello to you.'] } });
    const code = changed(agentsSdk.option1, [
      ['gap', '// JSON parsed version of the event received on the connection', 'console.log(event);'],
      ['gap', '// Send any valid event', `await session.connect({ apiKey: process.env.OPENAI_API_KEY!, url: '${socketUrl(sandbox, '?model=gpt-realtime')}' });\n// Send any valid event`],
    ]);
    program = runInNode('agents-sdk-option-1', code, env, { after: "session.on('agent_end', () => session.close());" });
    expect(await program.event('session.created')).toMatchObject({ session: { model: 'gpt-realtime' } });
    expect(await program.event('response.output_audio_transcript.done')).toMatchObject({ transcript: 'Hello to you.' });
    expect(await program.event('response.done')).toMatchObject({ response: { status: 'completed' } });
    const call = await sandbox.nextCall();
    expect(call.events.filter(({ direction, type }) => direction === 'in' && type === 'response.create')).toHaveLength(1);
    expect([await program.ended, program.errors]).toEqual([0, '']);
  });

  it(`${agentsSdk.option2} (by WebSocket)`, async () => {
    const { sandbox } = await start();
    const code = changed(agentsSdk.option2, [
      ['gap', 'import { OpenAIRealtimeWebRTC }', 'import { OpenAIRealtimeWebSocket }'],
      ['gap', 'new OpenAIRealtimeWebRTC()', 'new OpenAIRealtimeWebSocket()'],
      ['gap', 'new ArrayBuffer(0)', 'recording().slice().buffer'],
      ['key', "'<api key>'", `'sk-sandbox-seeds', url: '${socketUrl(sandbox, '?model=gpt-4o-mini-realtime-preview')}'`],
      ['renamed', "modalities: ['text', 'audio']", "modalities: ['audio']"],
      ['gap', '(newAudio) => {}', '(newAudio) => heard(newAudio.data)'],
    ]);
    program = runInNode('agents-sdk-option-2', code, {}, { before: EAR, after: "client.on('turn_done', () => (tell(), client.close()));" });
    const heard = await sound(program);
    expect(heard.chunks).toBeGreaterThan(1);
    expect(sentenceIn(heard.sound), 'the words came back').toBeGreaterThan(SAME_WORDS);
    const call = await sandbox.nextCall();
    expect(call.sessionConfig).toMatchObject({
      model: 'gpt-4o-mini-realtime-preview',
      instructions: 'Speak like a pirate',
      output_modalities: ['audio'],
      audio: { input: { format: { type: 'audio/pcm', rate: 24_000 } }, output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'ash' } },
    });
    expect([await program.ended, program.errors]).toEqual([0, '']);
  });

  it('the page’s two modalities at once are what today’s API refuses', async () => {
    const { sandbox } = await start();
    const code = changed(agentsSdk.option2, [
      ['gap', 'import { OpenAIRealtimeWebRTC }', 'import { OpenAIRealtimeWebSocket }'],
      ['gap', 'new OpenAIRealtimeWebRTC()', 'new OpenAIRealtimeWebSocket()'],
      ['key', "'<api key>'", `'sk-sandbox-seeds', url: '${socketUrl(sandbox, '?model=gpt-4o-mini-realtime-preview')}'`],
      ['gap', "client.on('audio', (newAudio) => {});", "client.on('error', ({ error }) => (console.log(error), client.close()));"],
      ['gap', 'client.sendAudio(audioBuffer);', ''],
    ]);
    program = runInNode('agents-sdk-two-modalities', code, {});
    expect(JSON.stringify(await program.next('an error', () => true))).toContain('session.output_modalities');
    expect(await program.ended).toBe(0);
  });
});

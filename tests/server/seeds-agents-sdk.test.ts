/**
 * The Node examples of the Agents SDK's transport page, run with the real `@openai/agents` against the sandbox: speech goes in as PCM
 * and comes back, also by phone. The examples for browsers are in `tests/e2e/seeds-agents-sdk.spec.ts`.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { agentsSdk } from '../support/seeds/agents-sdk.js';
import { changed } from '../support/seeds/blocks.js';
import { runInNode } from '../support/seeds/programs.js';
import type { Program } from '../support/seeds/programs.js';
import { RECORDING, sentenceIn } from '../support/seeds/turn.js';
import { SAME_WORDS } from '../support/sound-match.js';
import { receiveWebhooks } from '../support/webhook-receiver.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';
import { start, tone } from '../unit/sandbox/harness.js';

const env = { OPENAI_API_KEY: 'sk-sandbox-seeds' };
const socketUrl = (sandbox: Sandbox, query = ''): string => `${sandbox.url.replace('http', 'ws')}/realtime${query}`;

let program: Program | undefined;
let receiver: WebhookReceiver | undefined;
afterEach(async () => {
  await program?.stop();
  await receiver?.close();
});

/** Handles the webhooks that the test forwards, one per line, like a server that follows the page. */
const RECEPTION = `import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  const { body, headers } = JSON.parse(line);
  const event = await openai.webhooks.unwrap(body, headers);
  if (event.type !== 'realtime.call.incoming') continue;
  await acceptIncomingCall(event.data.call_id);
  const session = await attachRealtimeSession(event.data.call_id);
  session.transport.on('connection_change', (status) => console.log(status));
  console.log('attached');
}`;

/** Collects chunks of audio and prints them at the end of a response. */
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
      [
        'address',
        '{ apiKey: process.env.OPENAI_API_KEY! }',
        `{ apiKey: process.env.OPENAI_API_KEY!, url: '${socketUrl(sandbox, '?model=gpt-realtime')}' }`,
      ],
      ['gap', '// event.data is a chunk of PCM16 audio', 'heard(event.data);'],
    ]);
    program = runInNode('agents-sdk-websocket', code, env, {
      before: EAR,
      after: "wsSession.on('agent_end', () => (tell(), wsSession.close()));",
    });
    const heard = await sound(program);
    expect(heard.chunks).toBeGreaterThan(1);
    expect(sentenceIn(heard.sound), 'the answer repeats the spoken words').toBeGreaterThan(SAME_WORDS);
    const call = await sandbox.nextCall();
    expect(call.sessionConfig.instructions).toBe('Greet the user with cheer and answer questions.');
    expect(await call.ended).toBe('client-closed');
    expect([await program.ended, program.errors]).toEqual([0, '']);
  });

  it(agentsSdk.option1, async () => {
    const { sandbox } = await start({ script: { replies: ['Hello to you.'] } });
    const code = changed(agentsSdk.option1, [
      ['gap', '// JSON parsed version of the event received on the connection', 'console.log(event);'],
      [
        'gap',
        '// Send any valid event',
        `await session.connect({ apiKey: process.env.OPENAI_API_KEY!, url: '${socketUrl(sandbox, '?model=gpt-realtime')}' });\n// Send any valid event`,
      ],
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
    expect(sentenceIn(heard.sound), 'the answer repeats the spoken words').toBeGreaterThan(SAME_WORDS);
    const call = await sandbox.nextCall();
    expect(call.sessionConfig).toMatchObject({
      model: 'gpt-4o-mini-realtime-preview',
      instructions: 'Speak like a pirate',
      output_modalities: ['audio'],
      audio: {
        input: { format: { type: 'audio/pcm', rate: 24_000 } },
        output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'ash' },
      },
    });
    expect([await program.ended, program.errors]).toEqual([0, '']);
  });

  it(agentsSdk.sip, async () => {
    const { sandbox } = await start({ script: { replies: ['This is the reception.'], transcripts: ['Is anybody there?'] } });
    const secret = `whsec_${Buffer.from('a webhook of the documents').toString('base64')}`;
    // The `openai` client reads the API's URL from the environment.
    const running = { ...env, OPENAI_WEBHOOK_SECRET: secret, OPENAI_BASE_URL: sandbox.url };
    const code = changed(agentsSdk.sip, [
      ['address', '    callId,\n  });', `    callId,\n    url: \`${socketUrl(sandbox)}?call_id=\${callId}\`,\n  });`],
    ]);
    const sip = runInNode('agents-sdk-sip', code, running, { after: RECEPTION });
    program = sip;
    receiver = await receiveWebhooks((webhook) => {
      sip.say(webhook);
    });
    const caller = sandbox.phone.call({ to: '+4930123456', webhookUrl: receiver.url, secret, ringSeconds: 120 });
    const call = await caller.answered;
    expect(call.sessionConfig).toMatchObject({
      model: 'gpt-realtime',
      instructions: 'Welcome the caller, answer scheduling questions, and hand off if the caller requests a human.',
      audio: { input: { turn_detection: { type: 'semantic_vad', interrupt_response: true } } },
    });
    await sip.next('attached', (value) => value === 'attached');
    await caller.say([tone(900), 1_500]);
    const heardAt = await caller.waitForSound();
    await call.waitForServerEvent('output_audio_buffer.stopped', { timeoutMs: 20_000 });
    expect(caller.heardLevel({ since: heardAt })).toBeGreaterThan(-40);
    expect(sip.printed.filter((line) => Array.isArray(line) && line[0] === 'Realtime update:')).toEqual([
      ['Realtime update:', 'message'],
      ['Realtime update:', 'message'],
    ]);
    caller.hangUp();
    await sip.next('the end', (value) => value === 'disconnected');
    expect([await sip.close(), sip.errors]).toEqual([0, '']);
  });

  it('receives an error for the page’s two modalities at once, as the current API requires', async () => {
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

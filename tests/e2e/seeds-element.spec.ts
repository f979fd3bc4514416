/**
 * What the blocks of the Agents SDK's and OPE.AI's pages do, done with `<voice-agent>`: a page's own microphone and speaker, a
 * WebSocket call that sends a recording, transport events and raw events; and the beta protocol over WebSocket, for conversations
 * and transcriptions.
 */
import { chromiumLaunch } from '../support/chromium.js';
import { agentsSdk } from '../support/seeds/agents-sdk.js';
import { opeAi } from '../support/seeds/ope-ai.js';
import { sentenceIn, spokenMicrophone, spokenTurn } from '../support/seeds/turn.js';
import { HEARD_LIVE, SAME_WORDS } from '../support/sound-match.js';
import { expect, test } from './fixtures.js';

test.use({ launchOptions: chromiumLaunch({ wav: spokenMicrophone.path }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

const attributes = { instructions: 'Greet the user with cheer and answer questions.', model: 'gpt-realtime' };

declare global {
  interface Window {
    own: MediaStream;
    heard: number[];
  }
}

test(`${agentsSdk.webrtc}, with <voice-agent>`, async ({ page, widget, site, tape }) => {
  // The block's agent, from the file for pages without a bundler.
  const script = `
    import { RealtimeAgent } from '/agents.js';
    document.querySelector('voice-agent').agent = new RealtimeAgent({ name: 'Greeter', instructions: '${attributes.instructions}' });`;
  await widget.open(site, { attributes: { model: attributes.model }, script });
  await widget.host.evaluate(async (agent: Agent) => {
    window.own = await navigator.mediaDevices.getUserMedia({ audio: true });
    agent.mediaStream = window.own;
    agent.audioElement = document.createElement('audio');
    await window.tape.follow(agent.audioElement);
    await agent.connect();
  });
  const call = await site.sandbox.nextCall();
  await call.waitForServerEvent('output_audio_buffer.stopped', { timeoutMs: 40_000 });
  expect(call.sessionConfig.instructions).toBe(attributes.instructions);
  expect(sentenceIn(call.inputAudio()), 'the server heard the words').toBeGreaterThan(HEARD_LIVE);
  await expect.poll(async () => sentenceIn(await tape.samples()), 'the page’s own element played the words').toBeGreaterThan(HEARD_LIVE);
  const history = await widget.host.evaluate((agent: Agent) =>
    agent.session?.agentSession?.history.map((item) => (item as { role?: string }).role),
  );
  expect(history).toEqual(['user', 'assistant']);
  await widget.host.evaluate((agent: Agent) => agent.close());
  expect(await call.ended).toBe('client-closed');
  expect(await page.evaluate(() => window.own.getTracks().map(({ readyState }) => readyState)), 'the page’s stream is not stopped').toEqual(
    ['live'],
  );
});

test(`${agentsSdk.websocket}, with <voice-agent>`, async ({ page, widget, site }) => {
  site.answer('/recording.pcm', () => new Response(spokenTurn.samples.slice().buffer));
  // The microphone is muted: the server hears only the recording.
  await widget.open(site, { attributes: { ...attributes, transport: 'websocket', muted: true } });
  await widget.host.evaluate(async (agent: Agent) => {
    await agent.connect();
    window.heard = [];
    agent.session?.transport?.on('audio', ({ data }: { data: ArrayBuffer }) => void window.heard.push(...new Uint8Array(data)));
    await agent.send(await (await fetch('/recording.pcm')).arrayBuffer());
  });
  const call = await site.sandbox.nextCall();
  await call.waitForServerEvent('response.done', { timeoutMs: 40_000 });
  expect(call.kind).toBe('websocket');
  const bytes = async (): Promise<string> => Buffer.from(await page.evaluate(() => window.heard)).toString('base64');
  await expect.poll(async () => sentenceIn(await bytes()), { message: 'the words came back' }).toBeGreaterThan(SAME_WORDS);
});

for (const transport of ['webrtc', 'websocket']) {
  test(`${agentsSdk.option1}, with <voice-agent> (${transport})`, async ({ page, widget, site }) => {
    site.sandbox.script({ replies: ['Hello to you.'] });
    await widget.open(site, { attributes: { ...attributes, transport, muted: true, open: true } });
    const types = await widget.host.evaluate(async (agent: Agent) => {
      await agent.connect();
      const seen: string[] = [];
      await new Promise<void>((resolve) => {
        agent.session?.transport?.on('*', ({ type }: { type: string }) => {
          seen.push(type);
          if (type === 'response.done') resolve();
        });
        agent.session?.transport?.sendEvent({ type: 'response.create' });
      });
      return seen;
    });
    expect(types).toEqual(
      expect.arrayContaining(['response.created', 'response.output_audio_transcript.delta', 'response.output_audio_transcript.done']),
    );
    await expect(widget.transcript.getByText('Hello to you.')).toBeVisible();
    expect(await page.evaluate(() => document.querySelector('voice-agent')?.state)).toBe('connected');
  });
}

/** The page provides the key, as in the blocks; a short-lived one, because the element refuses others. */
async function connectWithKey(agent: Agent, key: string): Promise<void> {
  agent.token = key;
  await agent.connect();
}

test(`${opeAi.browser}, with <voice-agent>`, async ({ widget, site, tape }) => {
  site.sandbox.play('beta');
  const { value } = site.sandbox.mintKey();
  await widget.open(site, { attributes: { transport: 'websocket', dialect: 'beta', model: 'opeai/AudioLLM/Voice2', open: true } });
  await tape.listen();
  await widget.host.evaluate(connectWithKey, value);
  const call = await site.sandbox.nextCall();
  await call.waitForServerEvent('response.done', { timeoutMs: 40_000 });
  await widget.reaches('listening', 30_000);
  const upgrade = site.sandbox.requests.find(({ path }) => path.startsWith('/v1/realtime'));
  expect(upgrade?.path).toContain('model=opeai');
  expect(upgrade?.headers['sec-websocket-protocol']).toMatch(/^realtime, ?openai-insecure-api-key\.\S+, ?openai-beta\.realtime-v1$/);
  expect(call.events.map(({ type }) => type)).toEqual(expect.arrayContaining(['response.audio.delta', 'response.audio_transcript.done']));
  await expect.poll(async () => sentenceIn(await tape.samples()), 'the page played the words').toBeGreaterThan(HEARD_LIVE);
  await expect(widget.transcript.getByText(/I heard you/)).toBeVisible();
});

test(`${opeAi.transcribeInBrowser}, with <voice-agent>`, async ({ widget, site }) => {
  site.sandbox.play('beta');
  site.sandbox.script({ transcripts: ['the quick brown fox'] });
  const { value } = site.sandbox.mintKey();
  await widget.open(site, { attributes: { transport: 'websocket', dialect: 'beta', mode: 'transcription', open: true } });
  await widget.host.evaluate(connectWithKey, value);
  const call = await site.sandbox.nextCall();
  await call.waitForServerEvent('conversation.item.input_audio_transcription.completed', { timeoutMs: 40_000 });
  await expect(widget.host.getByText('the quick brown fox')).toBeVisible();
  expect(site.sandbox.requests.find(({ path }) => path.startsWith('/v1/realtime'))?.path).toContain('intent=transcription');
  expect(call.events.filter(({ type }) => type.startsWith('response.'))).toEqual([]);
});

/**
 * Runs the blocks of the Agents SDK's transport page in a browser, with the real `@openai/agents` bundled for a page under the
 * strict policy: speech goes in, the sandbox hears it and plays it back, and the page hears it.
 */
import { chromiumLaunch } from '../support/chromium.js';
import { agentsSdk } from '../support/seeds/agents-sdk.js';
import { changed } from '../support/seeds/blocks.js';
import { bundledPage, readConsole, socketRoot } from '../support/seeds/pages.js';
import { sentenceIn, spokenMicrophone } from '../support/seeds/turn.js';
import type { Site } from '../support/site.js';
import { HEARD_LIVE, SAME_WORDS } from '../support/sound-match.js';
import { bundledOf } from './bundled-fixtures.js';
import { expect, test as base } from './fixtures.js';

/** Helpers for each program: a key for the block's model, and the recording. */
const atHand = (model: string): string => `
const apiKey = await (await fetch('/seeds/key?model=${model}')).text();
const recording = async () => (await fetch('/seeds/recording.pcm')).arrayBuffer();
declare const tape: { follow(element: HTMLMediaElement): Promise<void> };
const base64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
const chunks: number[] = [];
const heard = (chunk: ArrayBuffer) => void chunks.push(...new Uint8Array(chunk));
const logSound = () => console.log(JSON.stringify({ sound: base64(new Uint8Array(chunks)) }));
`;

/** The programs: each changed block between its helpers and the follow-up code. */
function programs(site: Site): Record<string, string> {
  const calls = `${site.sandbox.url}/realtime/calls`;
  const socket = `${socketRoot(site)}/realtime?model=gpt-realtime`;
  const webrtc = changed(agentsSdk.webrtc, [
    ['gap', "document.createElement('audio'),", "(speaker = document.createElement('audio')),"],
    ['address', '  });\n\n  const customSession', `    baseUrl: '${calls}',\n  });\n\n  const customSession`],
    ['gap', '{ transport });', '{ transport });\n  return customSession;'],
  ]);
  const websocket = changed(agentsSdk.websocket, [
    ['gap', 'new ArrayBuffer(0)', 'await recording()'],
    ['key', 'apiKey: process.env.OPENAI_API_KEY!', `apiKey, url: '${socket}'`],
    ['gap', '// event.data is a chunk of PCM16 audio', 'heard(event.data);'],
  ]);
  const option1 = changed(agentsSdk.option1, [
    ['gap', '// JSON parsed version of the event received on the connection', 'console.log(JSON.stringify(event));'],
    ['gap', '// Send any valid event', `await session.connect({ apiKey, url: '${calls}' });\n// Send any valid event`],
  ]);
  const option2 = changed(agentsSdk.option2, [
    ['key', "'<api key>'", `apiKey, url: '${calls}'`],
    ['renamed', "modalities: ['text', 'audio']", "modalities: ['audio']"],
  ]);
  return {
    // The SDK's default model, because the block names none.
    webrtc: `let speaker!: HTMLAudioElement;\n${atHand('gpt-realtime-2.1')}${webrtc}
const session = await main();
await tape.follow(speaker);
await session.connect({ apiKey });
console.log('connected');
Object.assign(window, { hangUp: () => session.close(), turns: () => session.history });`,
    websocket: `${atHand('gpt-realtime')}${websocket}\nwsSession.on('agent_end', () => (logSound(), wsSession.close()));`,
    option1: `${atHand('gpt-realtime')}${option1}`,
    // The transport's audio element is not accessible to the page; it plays the connection's track.
    option2: `${atHand('gpt-4o-mini-realtime-preview')}${option2}
const played = new Audio();
played.srcObject = new MediaStream(client.connectionState.peerConnection!.getReceivers().map(({ track }) => track));
await tape.follow(played);
console.log('connected');
Object.assign(window, { hangUp: () => client.close() });`,
  };
}

declare global {
  interface Window {
    hangUp: () => void;
    turns: () => { type: string; role?: string }[];
  }
}

const test = base.extend<object, { bundled: Site }>({
  bundled: bundledOf(programs),
});

test.use({ launchOptions: chromiumLaunch({ wav: spokenMicrophone.path }) });

test(agentsSdk.webrtc, async ({ page, bundled: site, tape }) => {
  const log = readConsole(page);
  await page.goto(site.page(bundledPage('webrtc')));
  await log.next('a connection', (value) => value === 'connected');
  const call = await site.sandbox.nextCall();
  await call.waitForServerEvent('output_audio_buffer.stopped', { timeoutMs: 40_000 });
  expect(call.sessionConfig.instructions).toBe('Greet the user with cheer and answer questions.');
  expect(sentenceIn(call.inputAudio()), 'the server heard the words').toBeGreaterThan(HEARD_LIVE);
  await expect.poll(async () => sentenceIn(await tape.samples()), 'the page’s own element played the words').toBeGreaterThan(HEARD_LIVE);
  await expect.poll(() => page.evaluate(() => window.turns().map(({ role }) => role))).toEqual(['user', 'assistant']);
  await page.evaluate(() => window.hangUp());
  expect(await call.ended).toBe('client-closed');
});

test(`${agentsSdk.websocket} (in a browser)`, async ({ page, bundled: site }) => {
  const log = readConsole(page);
  await page.goto(site.page(bundledPage('websocket')));
  const { sound } = await log.next<{ sound: string }>('sound', (value: { sound?: string }) => value.sound !== undefined);
  expect(sentenceIn(sound), 'the words came back').toBeGreaterThan(SAME_WORDS);
  expect(await (await site.sandbox.nextCall()).ended).toBe('client-closed');
});

test(`${agentsSdk.option1} (in a browser)`, async ({ page, bundled: site }) => {
  site.sandbox.script({ replies: ['Hello to you.'] });
  const log = readConsole(page);
  await page.goto(site.page(bundledPage('option1')));
  expect(await log.event('session.created')).toMatchObject({ session: { model: 'gpt-realtime' } });
  expect(await log.event('response.output_audio_transcript.done')).toMatchObject({ transcript: 'Hello to you.' });
  expect(await log.event('output_audio_buffer.stopped')).toHaveProperty('response_id');
});

test(agentsSdk.option2, async ({ page, bundled: site, tape }) => {
  const log = readConsole(page);
  await page.goto(site.page(bundledPage('option2')));
  await log.next('a connection', (value) => value === 'connected');
  const call = await site.sandbox.nextCall();
  await call.waitForServerEvent('output_audio_buffer.stopped', { timeoutMs: 40_000 });
  expect(call.sessionConfig).toMatchObject({
    instructions: 'Speak like a pirate',
    output_modalities: ['audio'],
    audio: { output: { voice: 'ash' } },
  });
  expect(call.events.filter(({ direction, type }) => direction === 'in' && type === 'input_audio_buffer.append')).toHaveLength(1);
  expect(sentenceIn(call.inputAudio()), 'the server heard the words').toBeGreaterThan(HEARD_LIVE);
  await expect.poll(async () => sentenceIn(await tape.samples()), 'the page played the words').toBeGreaterThan(HEARD_LIVE);
  await page.evaluate(() => window.hangUp());
  expect(await call.ended).toBe('client-closed');
});

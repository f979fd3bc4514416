/**
 * What the Agents SDK's page does with only the transport, done with `VoiceSession` of the npm package: a call without the
 * element, bundled by a page's own bundler for the strict policy, over both transports.
 */
import { fileURLToPath } from 'node:url';
import { chromiumLaunch } from '../support/chromium.js';
import { agentsSdk } from '../support/seeds/agents-sdk.js';
import { bundledPage, readConsole } from '../support/seeds/pages.js';
import { sentenceIn, spokenMicrophone } from '../support/seeds/turn.js';
import { HEARD_LIVE } from '../support/sound-match.js';
import type { Site } from '../support/site.js';
import { bundledOf } from './bundled-fixtures.js';
import { expect, test as base } from './fixtures.js';

const PACKAGE = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const TRANSPORTS = ['webrtc', 'websocket'] as const;

/** The block, adapted to this package. The microphone is silent: the server hears only the recording. */
const program = (site: Site, transport: (typeof TRANSPORTS)[number]): string => `
import { VoiceSession } from ${JSON.stringify(PACKAGE)};

declare const tape: { follow(element: HTMLMediaElement): Promise<void> };
const audioElement = new Audio();
await tape.follow(audioElement);

const client = new VoiceSession({
  token: async () => (await fetch('/seeds/key?model=gpt-4o-mini-realtime-preview')).text(),
  baseUrl: '${site.sandbox.url}',
  transport: '${transport}',
  audioElement,
  model: 'gpt-4o-mini-realtime-preview',
  instructions: 'Speak like a pirate',
  voice: 'ash',
});
client.mute(true);
const audioBuffer = await (await fetch('/seeds/recording.pcm')).arrayBuffer();

await client.connect();

client.transport?.on('audio', () => console.log('audio'));

void client.sendAudio(audioBuffer);
console.log('connected');
Object.assign(window, { hangUp: () => client.close() });
`;

const test = base.extend<object, { bundled: Site }>({
  bundled: bundledOf((site) => Object.fromEntries(TRANSPORTS.map((transport) => [`session-${transport}`, program(site, transport)]))),
});

test.use({ launchOptions: chromiumLaunch({ wav: spokenMicrophone.path }) });

for (const transport of TRANSPORTS) {
  test(`${agentsSdk.option2}, with VoiceSession (${transport})`, async ({ page, bundled: site, tape }) => {
    const log = readConsole(page);
    await page.goto(site.page(bundledPage(`session-${transport}`)));
    await log.next('a connection', (value) => value === 'connected');
    const call = await site.sandbox.nextCall();
    expect(call.kind).toBe(transport);
    const { index } = await call.waitForServerEvent('response.done', { timeoutMs: 40_000 });
    if (transport === 'webrtc') await call.waitForServerEvent('output_audio_buffer.stopped', { after: index, timeoutMs: 40_000 });
    else await log.next('sound', (value) => value === 'audio');
    expect(call.sessionConfig).toMatchObject({ instructions: 'Speak like a pirate', audio: { output: { voice: 'ash' } } });
    await expect
      .poll(async () => sentenceIn(await tape.samples()), { message: 'the page played the words', timeout: 40_000 })
      .toBeGreaterThan(HEARD_LIVE);
    await page.evaluate(() => window.hangUp());
    expect(await call.ended).toBe('client-closed');
  });
}

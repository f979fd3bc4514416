/** A custom transport passed to the element: one written from scratch, and the Agents SDK's classes. */
import { fileURLToPath } from 'node:url';
import { chromiumLaunch } from '../support/chromium.js';
import { holdsSentence, spokenMicrophone } from '../support/seeds/turn.js';
import type { PageOptions, Site } from '../support/site.js';
import { bundledOf } from './bundled-fixtures.js';
import { expect, test as base } from './fixtures.js';

type Agent = HTMLElementTagNameMap['voice-agent'];

declare global {
  interface Window {
    layer: {
      readonly status: string;
      readonly listeners: number;
      interruptions: number;
      emit(type: string, ...args: unknown[]): boolean;
      close(): void;
    };
  }
}

const OWN = JSON.stringify(fileURLToPath(new URL('../support/own-layer.ts', import.meta.url)));
const hand = 'document.querySelector("voice-agent").transport = window.layer = layer;';

const programs = (site: Site): Record<string, string> => ({
  scratch: `import { OwnLayer } from ${OWN};\nconst layer = new OwnLayer();\n${hand}`,
  websocket: `import { OpenAIRealtimeWebSocket } from '@openai/agents/realtime';\nconst layer = new OpenAIRealtimeWebSocket();\n${hand}`,
  webrtc: `import { OpenAIRealtimeWebRTC } from '@openai/agents/realtime';
window.speaker = new Audio();
const layer = new OpenAIRealtimeWebRTC({ baseUrl: '${site.sandbox.url}/realtime/calls', audioElement: window.speaker });\n${hand}`,
});

const test = base.extend<object, { bundled: Site }>({
  bundled: bundledOf(programs),
});

test.use({ launchOptions: chromiumLaunch({ wav: spokenMicrophone.path }) });

const pageWith = (program: string, attributes: Record<string, string> = {}): PageOptions => ({
  attributes,
  script: `globalThis.__zod_globalConfig = { jitless: true };\nawait import('/seeds/${program}.js');`,
});

for (const program of ['scratch', 'websocket']) {
  test(`${program}: a spoken conversation is heard on both sides`, async ({ page, widget, bundled: site, tape, resources }) => {
    await widget.open(site, pageWith(program, { model: 'gpt-realtime-2.1', instructions: 'Be a parrot.' }));
    await expect.poll(() => page.evaluate(() => 'layer' in window)).toBe(true);
    await tape.listen();
    await widget.button('Start talking').click();
    await widget.reaches('connected');
    const call = await site.sandbox.nextCall();
    expect(call.kind).toBe('websocket');
    await expect.poll(() => call.sessionConfig.instructions).toBe('Be a parrot.');
    await widget.reaches('user-speaking');
    await widget.reaches('speaking', 40_000);
    await widget.reaches('listening', 60_000);
    expect(holdsSentence(call.inputAudio()), 'the server heard the words').toBe(true);
    await expect.poll(async () => holdsSentence(await tape.samples()), 'the page played the words').toBe(true);
    expect((await widget.messages()).map(({ role, status }) => [role, status])).toContainEqual(['assistant', 'done']);

    await test.step('a typed turn is answered, and Interrupt silences the answer', async () => {
      call.replyNext('This is a long answer about the weather of the whole week, from Monday over Wednesday until Sunday evening.');
      await widget.say('Tell me about the weather');
      await widget.reaches('speaking');
      await tape.sound((await tape.sound(Date.now())) + 1_500);
      await widget.button('Interrupt').click();
      const at = Date.now();
      await widget.reaches('listening');
      expect((await tape.silence(at)) - at, 'milliseconds until silence').toBeLessThan(500);
      await expect.poll(async () => (await widget.messages()).at(-1)?.status).toBe('interrupted');
    });

    await widget.button('End call').click();
    expect(await call.ended).toBe('client-closed');
    await expect.poll(() => resources.held()).toMatchObject({ tracks: 0, connections: 0 });
    expect(await page.evaluate(() => window.layer.status)).toBe('disconnected');
  });
}

test('webrtc: a transport with its own microphone and speaker keeps them', async ({ page, widget, bundled: site, tape, resources }) => {
  await widget.open(site, pageWith('webrtc', { 'base-url': '', model: 'gpt-realtime-2.1' }));
  await expect.poll(() => page.evaluate(() => 'layer' in window)).toBe(true);
  await page.evaluate(() => window.tape.follow((window as unknown as { speaker: HTMLAudioElement }).speaker));
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  expect(call.kind).toBe('webrtc');
  await widget.reaches('speaking', 40_000);
  await widget.reaches('listening', 60_000);
  await expect.poll(async () => holdsSentence(await tape.samples()), 'the transport’s own element played the words').toBe(true);
  expect((await resources.asked()).microphone, 'one microphone, opened by the transport').toBe(1);

  await widget.button('Mute').click();
  expect(await widget.host.evaluate((agent: Agent) => agent.session?.transport?.muted)).toBe(true);
  await expect.poll(() => call.inputLevel({ since: Date.now() - 500 }), { timeout: 30_000 }).toBeLessThanOrEqual(-70);
  await widget.button('End call').click();
  expect(await call.ended).toBe('client-closed');
});

test('scratch: a transport can be muted, lost, and reused for the next call', async ({ page, widget, bundled: site }) => {
  await widget.open(site, pageWith('scratch', { 'turn-detection': 'none' }));
  await expect.poll(() => page.evaluate(() => 'layer' in window)).toBe(true);
  await widget.host.evaluate((agent: Agent) => {
    agent.open = true;
    agent.mute();
    return agent.connect();
  });
  const first = await site.sandbox.nextCall();
  await first.waitForClientEvent('input_audio_buffer.append');
  expect(first.inputLevel(), 'no audible sample').toBeLessThanOrEqual(-70);
  first.hangUp();
  await widget.reaches('disconnected');
  expect(await page.evaluate(() => window.layer.listeners), 'no listeners left').toBe(0);

  await widget.host.evaluate((agent: Agent) => agent.connect());
  const second = await site.sandbox.nextCall();
  await second.waitForClientEvent('input_audio_buffer.append');
  await page.evaluate(() => {
    window.layer.emit('error', { type: 'error', error: new Error('The line is down.') });
    window.layer.close();
  });
  await widget.reaches('failed');
  await expect(widget.alert).toContainText('connection was lost');
});

test('an invalid transport is refused with an error that names the missing methods', async ({ widget, site }) => {
  await widget.open(site, { script: 'document.querySelector("voice-agent").transport = { connect() {}, status: "disconnected" };' });
  const error = await widget.host.evaluate((agent: Agent) =>
    agent.connect().then(
      () => undefined,
      ({ code, message }: { code: string; message: string }) => ({ code, message }),
    ),
  );
  expect(error).toMatchObject({ code: 'unsupported', message: expect.stringContaining('close(), sendEvent()') });
});

test('a transport that fails to connect fails the call, and one that never connects reaches the time limit', async ({
  page,
  widget,
  bundled: site,
  resources,
}) => {
  await widget.open(site, pageWith('scratch', { 'base-url': `${site.sandbox.url}/nowhere` }));
  await expect.poll(() => page.evaluate(() => 'layer' in window)).toBe(true);
  const attempt = (timeout: number) =>
    widget.host.evaluate(
      (agent: Agent, limit) =>
        agent.connect({ timeout: limit }).then(
          () => undefined,
          ({ code, message }: { code: string; message: string }) => [code, message],
        ),
      timeout,
    );
  expect(await attempt(30_000)).toEqual(['network', 'The socket could not be opened.']);
  await page.evaluate(() => Object.assign(window.layer, { connect: () => new Promise(() => undefined) }));
  expect(await attempt(1_000)).toEqual(['timeout', 'The connection took too long.']);
  expect(await page.evaluate(() => window.layer.listeners)).toBe(0);
  await expect.poll(() => resources.held()).toMatchObject({ tracks: 0 });
});

/** Full calls with servers that do not use the GA protocol: typed, spoken and interrupted, over each transport they support. */
import type { Page } from '@playwright/test';
import type { ProfileName, RecordedEvent, SandboxCall } from '../../src/sandbox/index.js';
import { createVoiceServer } from '../../src/server/index.js';
import type { SessionOptions } from '../../src/server/index.js';
import { chromiumLaunch } from '../support/chromium.js';
import type { Site } from '../support/site.js';
import { HEARD_LIVE, findWords } from '../support/sound-match.js';
import { expect, test } from './fixtures.js';
import { microphone, words } from './hear-words.js';
import { HIGH, holds, holdsLow, LONG, longThenNext, untilItSounds } from './tone-answers.js';

test.use({ launchOptions: chromiumLaunch({ wav: microphone.path }) });

interface Way {
  readonly dialect: Exclude<ProfileName, 'ga'>;
  readonly transport: 'webrtc' | 'websocket';
  /** The server requires no key, so the page sends none. */
  readonly keyless?: true;
}

const WAYS: readonly Way[] = [
  { dialect: 'beta', transport: 'webrtc' },
  { dialect: 'beta', transport: 'websocket' },
  { dialect: 'localai', transport: 'webrtc', keyless: true },
  { dialect: 'localai', transport: 'websocket', keyless: true },
  { dialect: 'speaches', transport: 'webrtc' },
  { dialect: 'speaches', transport: 'websocket' },
  { dialect: 'xai', transport: 'websocket' },
  { dialect: 'azure', transport: 'webrtc' },
  { dialect: 'hf', transport: 'webrtc', keyless: true },
  { dialect: 'hf', transport: 'websocket', keyless: true },
];

/** A page that gets its keys from a key server in front of this server, if the server uses keys. */
function attributes(site: Site, { dialect, transport, keyless }: Way, session?: SessionOptions): Record<string, string> {
  site.sandbox.play(dialect);
  const path = `/${dialect}/token`;
  const mints = dialect === 'beta' || dialect === 'xai' ? dialect : 'ga';
  const server = createVoiceServer({
    allowedOrigins: [site.url],
    upstream: { baseUrl: site.sandbox.url, apiKey: 'sk-sandbox-tests', dialect: mints },
    ...(session && dialect === 'beta' && { session }),
  });
  site.answer(path, (request) =>
    dialect === 'speaches'
      ? // The server has one shared key, which its owner provides.
        Response.json({ value: 'ek_'.concat(site.sandbox.mintKey().value.slice(3)), expires_at: Math.floor(Date.now() / 1000) + 60 })
      : server.fetch(new Request(new URL('/voice/token', request.url), request)),
  );
  return { dialect, transport, model: 'a-model-of-theirs', 'token-url': keyless ? '' : path };
}

/** Some servers do not report the end of playback: wait until no more audio leaves the server. */
async function playedOut(call: SandboxCall): Promise<void> {
  let before = -1;
  const still = (): boolean => before === (before = call.frames.sounding);
  await expect.poll(still, { intervals: [500], timeout: 30_000 }).toBe(true);
}

const said = (events: readonly RecordedEvent[], direction: 'in' | 'out'): Set<string> =>
  new Set(events.filter((event) => event.direction === direction).map(({ type }) => type));

for (const way of WAYS) {
  test.describe(`${way.dialect} over ${way.transport}`, () => {
    test('a spoken turn is heard, transcribed and answered by voice', async ({ widget, site, tape }) => {
      site.sandbox.script({ transcripts: ['The quick brown fox'] });
      await widget.open(site, { attributes: { ...attributes(site, way), language: 'en' } });
      await tape.listen();
      await widget.button('Start talking').click();
      const call = await site.sandbox.nextCall();
      expect([call.profile, call.kind]).toEqual([way.dialect, way.transport]);
      await widget.reaches('speaking');
      await widget.reaches('listening', 30_000);
      if (way.transport === 'webrtc') await playedOut(call);
      expect(findWords(call.inputAudio(), words.samples).score, 'the server heard the words').toBeGreaterThan(HEARD_LIVE);
      await expect
        .poll(async () => findWords(await tape.samples(), words.samples).score, 'the page played the words')
        .toBeGreaterThan(HEARD_LIVE);
      const messages = await widget.messages();
      expect(messages.map(({ role, via, status }) => [role, via, status])).toEqual([
        ['user', 'voice', 'done'],
        ['assistant', 'voice', 'done'],
      ]);
      expect(messages[0]?.text).toBe('The quick brown fox');
      expect(messages[1]?.text).toContain('I heard you');
    });

    test('typed turns are answered, an interruption is silent, and the next answer is audible', async ({ widget, site, tape }) => {
      site.sandbox.script({ replies: longThenNext(16_000) });
      const { call, began } = await untilItSounds({ widget, site, tape }, { attributes: attributes(site, way) }, 'Type instead');
      await tape.sound(began + 1_500);
      await widget.reaches('speaking');
      await widget.button('Interrupt').click();
      await widget.reaches('listening');
      const cutAt = Date.now();
      await expect(widget.transcript.getByText('Interrupted')).toBeVisible();

      await call.waitForServerEvent('response.done');
      if (way.dialect === 'speaches') {
        // The response cannot be cancelled: its remainder is neither played nor shown, but would delay the next answer.
        expect(said(call.events, 'in').has('response.cancel')).toBe(false);
        const [, answer] = await widget.messages();
        expect(answer?.text.length).toBeLessThan(LONG.length);
        return;
      }
      await call.waitForClientEvent('response.cancel');
      await widget.say('And now?');
      await widget.reaches('speaking', 20_000);
      await widget.reaches('listening', 20_000);
      const heard = await tape.frames(cutAt);
      expect(heard.some(holds(HIGH)), 'the next answer is heard').toBe(true);
      // Audio already in the browser's pipeline may still play: on a busy machine, a single silent frame does not mark
      // the end.
      const last = heard.findLast(holdsLow)?.at ?? cutAt;
      expect(last - cutAt, 'milliseconds of the old answer after the interruption').toBeLessThan(500);
      const messages = await widget.messages();
      expect(messages.map(({ role, status }) => [role, status])).toEqual([
        ['user', 'done'],
        ['assistant', 'interrupted'],
        ['user', 'done'],
        ['assistant', 'done'],
      ]);
    });
  });
}

for (const way of WAYS.filter(
  ({ dialect, transport }) => dialect === 'beta' || (transport === 'websocket' && dialect !== 'xai' && dialect !== 'hf'),
)) {
  test(`${way.dialect} over ${way.transport} transcribes without answering`, async ({ widget, site }) => {
    site.sandbox.script({ transcripts: ['The quick brown fox'] });
    const names = attributes(site, way, { type: 'transcription', transcription: { model: 'whisper-1' } });
    // In a transcription session the model is the transcriber; some URLs must name it.
    await widget.open(site, { attributes: { ...names, model: 'whisper-1', mode: 'transcription' } });
    await widget.button('Start').click();
    await widget.reaches('connected');
    const call = await site.sandbox.nextCall();
    await expect(widget.host.getByText('The quick brown fox')).toBeVisible({ timeout: 30_000 });
    expect(said(call.events, 'in').has(way.dialect === 'beta' ? 'transcription_session.update' : 'session.update')).toBe(true);
    expect(said(call.events, 'out').has('response.created')).toBe(false);
  });
}

test('the beta dialect calls a function of the page by name', async ({ widget, site }) => {
  site.sandbox.script({
    replies: [{ items: [{ call: 'get_weather', arguments: { city: 'Oslo' } }] }, { items: [{ text: 'It is cold.' }] }],
  });
  await widget.open(site, { attributes: attributes(site, { dialect: 'beta', transport: 'webrtc' }) });
  await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => {
    agent.tools = [
      {
        name: 'get_weather',
        parameters: { type: 'object', properties: { city: { type: 'string' } } },
        execute: ({ city }: { city: string }) => ({ city, degrees: -4 }),
      },
    ];
  });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await widget.say('How is the weather?');
  await expect(widget.transcript.getByText('It is cold.')).toBeVisible();
  const call = await site.sandbox.nextCall();
  const output = await call.waitForClientEvent('conversation.item.create', {
    after: call.events.findIndex(({ type }) => type === 'response.function_call_arguments.done'),
  });
  expect(output.event['item']).toMatchObject({ type: 'function_call_output', output: '{"city":"Oslo","degrees":-4}' });
  const wire = call.events.map(({ event }) => JSON.stringify(event)).join('\n');
  expect(wire, 'no GA names on the wire').not.toMatch(/output_text|output_audio"|"output_modalities"|conversation\.item\.(added|done)/);
});

test.describe('the wrong dialect', () => {
  const alerts = async (
    page: Page,
    widget: { alert: import('@playwright/test').Locator; reaches(state: string): Promise<void> },
  ): Promise<string> => {
    await widget.reaches('failed');
    await expect(widget.alert).not.toBeEmpty();
    return widget.alert.innerText();
  };

  test('a GA widget at a beta server shows the server’s error', async ({ page, widget, site, fired }) => {
    for (const transport of ['webrtc', 'websocket'] as const) {
      const names = attributes(site, { dialect: 'beta', transport });
      await widget.open(site, { attributes: { ...names, dialect: 'ga' } });
      await widget.button('Type instead').click();
      const text = await alerts(page, widget);
      const [error] = await fired.of('voice-agent-error');
      expect(error, text).toMatchObject({ error: { code: 'sdp_rejected' } });
      expect(text.length).toBeGreaterThan(10);
      expect(site.sandbox.calls).toHaveLength(0);
    }
  });

  test('a beta widget at a GA server shows the server’s error', async ({ page, widget, site, fired }) => {
    for (const transport of ['webrtc', 'websocket'] as const) {
      await widget.open(site, { attributes: { dialect: 'beta', transport, model: 'gpt-realtime' } });
      await widget.button('Type instead').click();
      const text = await alerts(page, widget);
      const [error] = await fired.of('voice-agent-error');
      expect(error, text).toMatchObject({
        error: { code: 'sdp_rejected', message: expect.stringContaining('beta Realtime API is no longer available') },
      });
      expect(site.sandbox.calls).toHaveLength(0);
    }
  });

  test('a transport that the dialect does not support is refused before any request', async ({ widget, site, fired }) => {
    for (const way of [
      { dialect: 'xai', transport: 'webrtc' },
      { dialect: 'azure', transport: 'websocket' },
    ] as const) {
      await widget.open(site, { attributes: attributes(site, way) });
      await widget.button('Type instead').click();
      await widget.reaches('failed');
      expect((await fired.of('voice-agent-error'))[0]).toMatchObject({ error: { code: 'unsupported' } });
      expect(site.sandbox.requests.some(({ path }) => /calls|^\/v1\/realtime(\?|$)/.test(path))).toBe(false);
    }
  });
});

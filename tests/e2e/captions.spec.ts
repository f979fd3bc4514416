/** `mode="transcription"`: speech becomes lines of text over each transport, with real sound and no answers. */
import { chromiumLaunch } from '../support/chromium.js';
import type { RecordedEvent, SandboxCall } from '../../src/sandbox/index.js';
import { NOTHING } from '../support/resource-probe.js';
import type { Site } from '../support/site.js';
import { record } from '../support/spoken.js';
import { expect, siteOf, test as base } from './fixtures.js';
import type { Widget } from './fixtures.js';

type Agent = HTMLElementTagNameMap['voice-agent'];

const spoken = await record('captions', [
  2_500,
  'The quick brown fox jumps over the lazy dog.',
  2_000,
  'And then it sleeps.',
  2_000,
  'Good night to everybody.',
  60_000,
]);

/** A site whose keys are for transcription sessions. */
const test = base.extend<object, { site: Site }>({
  site: siteOf({ session: { type: 'transcription', transcription: { model: 'gpt-transcribe' } } }),
});

test.use({
  launchOptions: chromiumLaunch({ wav: spoken.path }),
  contextOptions: { permissions: ['microphone', 'clipboard-read', 'clipboard-write'] },
});

const TRANSCRIPTS = [
  { text: 'The quick brown fox jumps over the lazy dog.', deltas: ['The quick brown fox ', 'jumps over ', 'the lazy dog.'] },
  'And then it sleeps.',
  'Good night to everybody.',
];
const fromClient = (call: SandboxCall): RecordedEvent[] => call.events.filter(({ direction }) => direction === 'in');
const typesFromClient = (call: SandboxCall): string[] =>
  fromClient(call)
    .map(({ type }) => type)
    .filter((type) => type !== 'input_audio_buffer.append');
const lines = (widget: Widget) => widget.host.locator('[part~="user-message"] p > :last-child');

for (const transport of ['webrtc', 'websocket'] as const) {
  test.describe(transport, () => {
    const attributes = { mode: 'transcription', transport, placement: 'bottom-end', heading: 'Notes' };

    test('each sentence becomes a line and a message without an answer, and the text can be copied and cleared', async ({
      page,
      widget,
      site,
      fired,
      resources,
    }) => {
      site.sandbox.script({ transcripts: TRANSCRIPTS });
      await widget.open(site, { attributes });
      await expect(widget.button('Type instead')).toHaveCount(0);
      await widget.button(/Notes/).click();
      await widget.reaches('connected');
      const call = await site.sandbox.nextCall();
      expect(call.kind).toBe(transport);
      await widget.reaches('user-speaking');
      await expect(widget.host.locator('[part="state"]')).toHaveText('Transcribing…');
      for (const [index, words] of [
        'The quick brown fox jumps over the lazy dog.',
        'And then it sleeps.',
        'Good night to everybody.',
      ].entries()) {
        await expect(lines(widget).nth(index)).toHaveText(words, { timeout: 30_000 });
      }
      expect(typesFromClient(call)).toEqual(['session.update']);
      expect(fromClient(call)[0]?.event['session']).toEqual({ type: 'transcription' });
      expect(call.sessionConfig).toMatchObject({ type: 'transcription', audio: { input: { transcription: { model: 'gpt-transcribe' } } } });
      expect((await fired.of('voice-agent-message')).map(({ message }) => [message.role, message.text])).toEqual(
        ['The quick brown fox jumps over the lazy dog.', 'And then it sleeps.', 'Good night to everybody.'].map((text) => ['user', text]),
      );
      expect((await fired.of('voice-agent-activity-change')).map(({ activity }) => activity)).not.toContain('thinking');
      for (const absent of ['Interrupt', 'Send']) await expect(widget.button(absent)).toHaveCount(0);
      await expect(widget.host.getByRole('textbox')).toHaveCount(0);

      await widget.button('Copy').click();
      await expect(widget.host.getByText('Copied.')).toBeVisible();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
        'The quick brown fox jumps over the lazy dog.\nAnd then it sleeps.\nGood night to everybody.',
      );
      await widget.button('Clear').click();
      await expect(lines(widget)).toHaveCount(0);
      await expect(widget.host.getByText('What you say appears here.')).toBeVisible();
      await expect(widget.host.getByText('Cleared.')).toHaveCount(0);

      await widget.button('Stop').click();
      await widget.reaches('disconnected');
      await expect(widget.host.locator('[part="state"]')).toHaveText('Stopped');
      expect(await call.ended).toBe('client-closed');
      expect(await resources.settled()).toEqual(NOTHING);
    });

    test('a sentence that cannot be transcribed is marked, and the next ones continue', async ({ widget, site, fired }) => {
      site.sandbox.script({ transcripts: [{ fail: { code: 'audio_unintelligible', message: 'no words' } }, 'And then it sleeps.'] });
      await widget.open(site, { attributes });
      await widget.button(/Notes/).click();
      await expect(widget.host.getByText('Could not be understood')).toBeVisible({ timeout: 30_000 });
      await expect(lines(widget).nth(1)).toHaveText('And then it sleeps.', { timeout: 30_000 });
      // The line may appear before its turn is finished.
      await expect
        .poll(async () => (await fired.of('voice-agent-message')).map(({ message }) => [message.status, message.text]))
        .toEqual([
          ['failed', ''],
          ['done', 'And then it sleeps.'],
        ]);
      expect(await fired.of('voice-agent-error')).toEqual([]);
      await expect(widget.host).toHaveJSProperty('state', 'connected');
    });

    test('transcription settings reach the server, and messages include log probabilities', async ({ widget, site, fired }) => {
      site.sandbox.script({ transcripts: TRANSCRIPTS });
      await widget.open(site, {
        attributes: { ...attributes, model: 'gpt-transcribe', language: 'en-GB', 'turn-detection': 'semantic_vad' },
        script: `document.querySelector('voice-agent').sessionConfig = {
          include: ['item.input_audio_transcription.logprobs'],
          audio: { input: { noise_reduction: { type: 'far_field' } } },
        };`,
      });
      await widget.button(/Notes/).click();
      await expect(lines(widget).first()).toHaveText('The quick brown fox jumps over the lazy dog.', { timeout: 30_000 });
      const call = await site.sandbox.nextCall();
      expect(call.sessionConfig).toMatchObject({
        type: 'transcription',
        include: ['item.input_audio_transcription.logprobs'],
        audio: {
          input: {
            transcription: { model: 'gpt-transcribe', languages: ['en'] },
            noise_reduction: { type: 'far_field' },
            turn_detection: { type: 'semantic_vad' },
          },
        },
      });
      const address = site.sandbox.requests
        .map(({ path }) => path)
        .find((path) => path.startsWith('/v1/realtime') && !path.includes('client_secrets'));
      expect(address).toBe(transport === 'webrtc' ? '/v1/realtime/calls' : '/v1/realtime?intent=transcription');
      const [message] = await fired.of('voice-agent-message');
      expect(message?.logprobs?.map(({ token }) => token).join('')).toBe('The quick brown fox jumps over the lazy dog.');
      expect(message?.logprobs?.every(({ logprob, bytes }) => logprob <= 0 && bytes.length > 0)).toBe(true);
      const streamed = await fired.of('voice-agent-transcript');
      for (const { message: partial, logprobs } of streamed) expect(partial.text.startsWith(logprobs?.[0]?.token ?? '-')).toBe(true);
      await expect(lines(widget).first().locator('..')).toHaveAttribute('dir', 'auto');
      expect(
        await lines(widget)
          .first()
          .evaluate((line) => line.closest('[lang]')?.getAttribute('lang')),
      ).toBe('en-GB');
    });

    test('a streaming transcriber shows words before the pause, and a pause ends the turn', async ({ widget, site, fired }) => {
      site.sandbox.script({ transcripts: TRANSCRIPTS });
      await widget.open(site, { attributes: { ...attributes, model: 'gpt-live-transcribe' } });
      await widget.button(/Notes/).click();
      await widget.reaches('user-speaking');
      const call = await site.sandbox.nextCall();
      for (const [index, words] of [
        'The quick brown fox jumps over the lazy dog.',
        'And then it sleeps.',
        'Good night to everybody.',
      ].entries()) {
        await expect(lines(widget).nth(index)).toHaveText(words, { timeout: 30_000 });
      }
      await call.waitForServerEvent(
        ({ type, event }) => type.endsWith('transcription.completed') && event['transcript'] === 'Good night to everybody.',
      );
      expect(typesFromClient(call)).toEqual(['session.update', ...Array<string>(3).fill('input_audio_buffer.commit')]);
      const order = call.events.map(({ type }) => type);
      expect(order.indexOf('conversation.item.input_audio_transcription.delta')).toBeLessThan(order.indexOf('input_audio_buffer.commit'));
      expect((await fired.of('voice-agent-activity-change')).map(({ activity }) => activity).slice(0, 4)).toEqual([
        'listening',
        'user-speaking',
        'listening',
        'user-speaking',
      ]);
    });

    test('Stop during a sentence closes the microphone and still shows the last words', async ({ widget, site, fired, resources }) => {
      site.sandbox.script({ transcripts: [{ text: 'The quick brown', afterMs: 300 }] });
      await widget.open(site, { attributes });
      await widget.button(/Notes/).click();
      await widget.reaches('user-speaking');
      const call = await site.sandbox.nextCall();
      await call.waitForServerEvent('input_audio_buffer.speech_started');
      await widget.button('Stop').click();
      await widget.reaches('disconnecting');
      expect((await resources.held()).tracks).toBe(0);
      await widget.reaches('disconnected');
      await expect(lines(widget)).toHaveText(['The quick brown']);
      expect((await fired.of('voice-agent-message')).map(({ message }) => message.text)).toEqual(['The quick brown']);
      expect(typesFromClient(call)).toEqual(['session.update', 'input_audio_buffer.commit']);
      expect(await resources.settled()).toEqual(NOTHING);
    });

    test('a muted call transcribes nothing, and answer requests only log a warning', async ({ page, widget, site }) => {
      const warnings: string[] = [];
      page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
      await widget.open(site, { attributes: { ...attributes, greeting: 'Hello', instructions: 'Answer everything.' } });
      await widget.button(/Notes/).click();
      await widget.reaches('connected');
      const call = await site.sandbox.nextCall();
      await widget.button('Mute').click();
      await expect(widget.host.locator('[part="state"]')).toHaveText('Muted');
      await widget.host.evaluate(async (agent: Agent) => {
        await agent.send('Hello?');
        await agent.answer();
      });
      expect(warnings.filter((text) => text.includes('has no effect in this mode'))).toHaveLength(2);
      await expect
        .poll(() => (call.silenceSince === undefined ? 0 : Date.now() - call.silenceSince), { timeout: 20_000 })
        .toBeGreaterThan(4_000);
      expect(typesFromClient(call)).toEqual(['session.update']);
      await expect(widget.host.getByText('What you say appears here.')).toBeVisible();
      expect(call.events.filter(({ type }) => type.startsWith('response.'))).toEqual([]);
    });

    test('after a lost connection the text stays and can be copied, and a new call continues below it', async ({ page, widget, site }) => {
      site.sandbox.script({ transcripts: ['The quick brown fox jumps over the lazy dog.'] });
      await widget.open(site, { attributes });
      await widget.button(/Notes/).click();
      await expect(lines(widget).first()).toHaveText('The quick brown fox jumps over the lazy dog.', { timeout: 30_000 });
      const call = await site.sandbox.nextCall();
      call.closeChannel();
      await expect(widget.host.locator('[part="state"]')).toHaveText(/Stopped|lost/);
      await widget.button('Copy').click();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('The quick brown fox jumps over the lazy dog.');
      site.sandbox.script({ transcripts: ['Once more.'] });
      await widget.button(/Start again|Try again/).click();
      await expect(lines(widget).nth(1)).toHaveText('Once more.', { timeout: 40_000 });
    });
  });
}

for (const transport of ['webrtc', 'websocket'] as const) {
  test(`${transport}: a reconnected call continues below the last line`, async ({ widget, site }) => {
    site.sandbox.script({ transcripts: ['The quick brown fox jumps over the lazy dog.'] });
    await widget.open(site, {
      attributes: { mode: 'transcription', transport, reconnect: true, placement: 'bottom-end', heading: 'Notes' },
    });
    await widget.button(/Notes/).click();
    await expect(lines(widget).first()).toHaveText('The quick brown fox jumps over the lazy dog.', { timeout: 30_000 });
    const call = await site.sandbox.nextCall();
    site.sandbox.script({ transcripts: ['And then it sleeps.'] });
    call.closeChannel();
    const next = await site.sandbox.nextCall({ timeoutMs: 30_000 });
    await expect(lines(widget)).toHaveText(['The quick brown fox jumps over the lazy dog.', 'And then it sleeps.'], { timeout: 40_000 });
    expect(typesFromClient(next)).toEqual(['session.update']);
    expect(next.sessionConfig.type).toBe('transcription');
  });
}

test('a key for conversations fails the call with an explanation', async ({ page, site, widget, fired }) => {
  const { value } = site.sandbox.mintKey({ session: { type: 'realtime', model: 'gpt-realtime-2.1' } });
  await page.goto(
    site.page({
      attributes: { mode: 'transcription', 'token-url': '' },
      script: `document.querySelector('voice-agent').token = '${value}';`,
    }),
  );
  await widget.button('Start talking').click();
  await widget.reaches('failed');
  const [error] = await fired.of('voice-agent-error');
  expect(error?.error).toMatchObject({ code: 'session_rejected', message: expect.stringContaining('transcription session') });
});

test('without a microphone, no message suggests typing', async ({ page, site, widget }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'));
  });
  await widget.open(site, { attributes: { mode: 'transcription', placement: 'bottom-end' } });
  await widget.host.locator('[part="launcher"]').click();
  await widget.reaches('failed');
  await expect(widget.host.getByText('No microphone found').first()).toBeVisible();
  await expect(widget.host.getByText(/type/i)).toHaveCount(0);
});

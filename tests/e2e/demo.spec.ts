/** The demo page: its switches select servers, transports and modes. */
import { startDemo } from '../../src/demo/start-demo.js';
import type { RunningDemo } from '../../src/demo/start-demo.js';
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { Widget, expect, test } from './fixtures.js';

const speech = await record('mute', ['One two three four five six seven eight nine ten eleven twelve.']);
test.use({ launchOptions: chromiumLaunch({ wav: speech.path, loop: true }) });

let demo: RunningDemo;
test.beforeAll(async () => {
  demo = await startDemo();
});
test.afterAll(() => demo.close());

const TALKS = [
  ['WebRTC', 'ga'],
  ['WebSocket', 'ga'],
  ['WebRTC', 'beta'],
  ['WebSocket', 'beta'],
  ['WebSocket', 'xai'],
  ['WebRTC', 'localai'],
  ['WebSocket', 'localai'],
  ['WebRTC', 'hf'],
  ['WebSocket', 'hf'],
] as const;

test('the demo page calls every server over both transports', async ({ page }) => {
  // Nine calls, one after another.
  test.slow();
  const widget = new Widget(page);
  await page.goto(demo.url);
  // Beeps from the fake microphone would interrupt the answers.
  await page.getByRole('checkbox', { name: 'Muted' }).check();
  for (const [transport, dialect] of TALKS) {
    await test.step(`${dialect} over ${transport}`, async () => {
      await page.getByLabel('Dialect').selectOption(dialect);
      await page.getByRole('radio', { name: transport }).check();
      await widget.button(/Start talking|Call again/).click();
      await widget.reaches('connected');
      await widget.say(`By ${transport} in ${dialect}`);
      await expect(widget.transcript.getByText(`You wrote: By ${transport} in ${dialect}`)).toBeVisible({ timeout: 30_000 });
      await widget.button('End call').click();
      await widget.reaches('disconnected');
    });
  }
});

test('the "Muted" switch and the widget’s button stay in sync', async ({ page }) => {
  const widget = new Widget(page);
  await page.goto(demo.url);
  const muted = page.getByRole('checkbox', { name: 'Muted' });
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  await widget.button('Mute').click();
  await expect(muted).toBeChecked();
  await muted.uncheck();
  await expect(widget.button('Mute')).toHaveAttribute('aria-pressed', 'false');
});

test('WebRTC is disabled for a server without WebRTC', async ({ page }) => {
  await page.goto(demo.url);
  await page.getByLabel('Dialect').selectOption('xai');
  await expect(page.getByRole('radio', { name: 'WebRTC' })).toBeDisabled();
  await expect(page.getByRole('radio', { name: 'WebSocket' })).toBeChecked();
});

for (const transport of ['WebRTC', 'WebSocket']) {
  test(`dictation over ${transport} fills a field of the page`, async ({ page }) => {
    const widget = new Widget(page);
    await page.goto(demo.url);
    await page.getByRole('radio', { name: 'Transcription' }).check();
    await page.getByRole('radio', { name: transport }).check();
    const field = page.getByLabel('Text field for dictation');
    await expect(field).toBeVisible();
    await widget.button('Start talking').click();
    await widget.reaches('connected');
    await widget.reaches('user-speaking');
    // The fake speech never pauses; muting ends the turn.
    await widget.button('Mute').click();
    await expect(field).toHaveValue(/speech/, { timeout: 30_000 });
  });
}

test('a brokered call works without a key in the page and keeps the page’s tools and settings', async ({ page }) => {
  const widget = new Widget(page);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await page.goto(demo.url);
  const brokered = page.getByRole('radio', { name: 'Brokered by the server' });
  const inBrowser = page.getByRole('radio', { name: 'Key in the browser' });
  await expect(inBrowser).toBeChecked();
  await brokered.check();
  for (const name of ['token-url', 'base-url']) await expect(widget.host).not.toHaveAttribute(name);
  await expect(widget.host).toHaveAttribute('call-url', '/voice/call');
  await page.getByLabel('Spoken language').selectOption('de');
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await widget.say('Please call get_time');
  await expect(widget.transcript.getByText(/answered: time/)).toBeVisible({ timeout: 30_000 });
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  expect(asked.filter((one) => /token|client_secrets|realtime/.test(one))).toEqual([]);
  const posted = (): string[] => asked.filter((one) => one.startsWith('POST') && !one.endsWith('/activity'));
  expect(posted()).toEqual(['POST /voice/call']);

  // Switch back: the same page, now with a key.
  await inBrowser.check();
  await expect(widget.host).not.toHaveAttribute('call-url');
  await widget.button('Call again').click();
  await widget.reaches('connected');
  expect(posted().slice(1)).toEqual(['POST /voice/token', 'POST /v1/realtime/calls']);
  await widget.button('End call').click();
});

test('the brokered option is disabled for settings that it does not support', async ({ page }) => {
  await page.goto(demo.url);
  const widget = new Widget(page);
  const brokered = page.getByRole('radio', { name: 'Brokered by the server' });
  const back: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    [
      'a WebSocket',
      () => page.getByRole('radio', { name: 'WebSocket' }).check(),
      () => page.getByRole('radio', { name: 'WebRTC' }).check(),
    ],
    ['another dialect', () => page.getByLabel('Dialect').selectOption('beta'), () => page.getByLabel('Dialect').selectOption('ga')],
    [
      'a transcription',
      () => page.getByRole('radio', { name: 'Transcription' }).check(),
      () => page.getByRole('radio', { name: 'Conversation' }).check(),
    ],
  ];
  for (const [what, away, again] of back) {
    await brokered.check();
    await away();
    await expect(brokered, what).toBeDisabled();
    await expect(page.getByRole('radio', { name: 'Key in the browser' })).toBeChecked();
    await expect(widget.host).not.toHaveAttribute('call-url');
    await again();
    await expect(brokered).toBeEnabled();
  }
});

/** The demo page: its switches send the widget to other servers, by other ways, for another purpose. */
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

test('one page, every server and both ways', async ({ page }) => {
  // Nine calls, one after the other.
  test.slow();
  const widget = new Widget(page);
  await page.goto(demo.url);
  // A microphone that beeps would interrupt the answers.
  await page.getByRole('checkbox', { name: 'Muted' }).check();
  for (const [transport, dialect] of TALKS) {
    await test.step(`${dialect} over ${transport}`, async () => {
      await page.getByLabel('The server speaks').selectOption(dialect);
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

test('the switch "Muted" follows the button of the widget, and the widget follows the switch', async ({ page }) => {
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

test('a server without WebRTC offers none', async ({ page }) => {
  await page.goto(demo.url);
  await page.getByLabel('The server speaks').selectOption('xai');
  await expect(page.getByRole('radio', { name: 'WebRTC' })).toBeDisabled();
  await expect(page.getByRole('radio', { name: 'WebSocket' })).toBeChecked();
});

for (const transport of ['WebRTC', 'WebSocket']) {
  test(`dictation into a field of the page, by ${transport}`, async ({ page }) => {
    const widget = new Widget(page);
    await page.goto(demo.url);
    await page.getByRole('radio', { name: 'Transcription' }).check();
    await page.getByRole('radio', { name: transport }).check();
    const field = page.getByLabel('A field of this page, filled by your voice');
    await expect(field).toBeVisible();
    await widget.button('Start talking').click();
    await widget.reaches('connected');
    await widget.reaches('user-speaking');
    // Somebody who never stops to speak ends the turn by muting.
    await widget.button('Mute').click();
    await expect(field).toHaveValue(/speech/, { timeout: 30_000 });
  });
}

test('brokered by the server: a call without a key in the page, with the page’s own tools and switches', async ({ page }) => {
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
  await page.getByLabel('Language you speak').selectOption('de');
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await widget.say('Please call get_time');
  await expect(widget.transcript.getByText(/answered: time/)).toBeVisible({ timeout: 30_000 });
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  expect(asked.filter((one) => /token|client_secrets|realtime/.test(one))).toEqual([]);
  const posted = (): string[] => asked.filter((one) => one.startsWith('POST') && !one.endsWith('/activity'));
  expect(posted()).toEqual(['POST /voice/call']);

  // And back: the same page, now with a key.
  await inBrowser.check();
  await expect(widget.host).not.toHaveAttribute('call-url');
  await widget.button('Call again').click();
  await widget.reaches('connected');
  expect(posted().slice(1)).toEqual(['POST /voice/token', 'POST /v1/realtime/calls']);
  await widget.button('End call').click();
});

test('brokered is offered only where there is a server that brokers', async ({ page }) => {
  await page.goto(demo.url);
  const widget = new Widget(page);
  const brokered = page.getByRole('radio', { name: 'Brokered by the server' });
  const back: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    ['a WebSocket', () => page.getByRole('radio', { name: 'WebSocket' }).check(), () => page.getByRole('radio', { name: 'WebRTC' }).check()],
    ['another dialect', () => page.getByLabel('The server speaks').selectOption('beta'), () => page.getByLabel('The server speaks').selectOption('ga')],
    ['a transcription', () => page.getByRole('radio', { name: 'Transcription' }).check(), () => page.getByRole('radio', { name: 'Conversation' }).check()],
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

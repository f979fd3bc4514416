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
] as const;

test('one page, every server and both ways', async ({ page }) => {
  const widget = new Widget(page);
  await page.goto(demo.url);
  for (const [transport, dialect] of TALKS) {
    await test.step(`${dialect} over ${transport}`, async () => {
      await page.getByLabel('The server speaks').selectOption(dialect);
      await page.getByRole('radio', { name: transport }).check();
      await widget.button(/Start talking|Call again/).click();
      await widget.reaches('connected');
      await widget.button('Mute').click();
      await widget.say(`By ${transport} in ${dialect}`);
      await expect(widget.transcript.getByText(`You wrote: By ${transport} in ${dialect}`)).toBeVisible({ timeout: 30_000 });
      await widget.button('End call').click();
      await widget.reaches('disconnected');
      await page.getByRole('checkbox', { name: 'Muted' }).uncheck();
    });
  }
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
    // Somebody who never stops to speak ends the turn by muting.
    await widget.button('Mute').click();
    await expect(field).toHaveValue(/speech/, { timeout: 30_000 });
  });
}

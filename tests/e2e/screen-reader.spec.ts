/** Speech of Orca, the screen reader of the Linux desktop, during calls: each finished turn is spoken once. */
import { expect, test as base } from '@playwright/test';
import type { Page } from '@playwright/test';
import type { SandboxCall } from '../../src/sandbox/index.js';
import { chromiumLaunch } from '../support/chromium.js';
import { Dialogue } from '../support/dialogue.js';
import { ScreenReader } from '../support/screen-reader.js';
import type { Site } from '../support/site.js';
import { record } from '../support/spoken.js';
import { Widget, siteOf } from './fixtures.js';

const silence = await record('silence', [2_000]);

const test = base.extend<{ reader: ScreenReader; read: Page }, { site: Site }>({
  reader: async ({}, use) => {
    const reader = await ScreenReader.start();
    await use(reader);
    await reader.close();
  },
  site: siteOf(),
  /** A page in a headed Chromium, read by Orca. */
  read: async ({ playwright, reader }, use) => {
    const { args, ...launch } = chromiumLaunch({ wav: silence.path, loop: true });
    const env = Object.fromEntries(
      Object.entries({ ...process.env, ...reader.env }).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const browser = await playwright.chromium.launch({
      ...launch,
      args: [...args, '--force-renderer-accessibility'],
      headless: false,
      env,
    });
    await use(await browser.newPage({ reducedMotion: 'reduce' }));
    await browser.close();
  },
});

/** Spoken lines that contain one of these texts, except Orca's output for the text field, which repeats typed text. */
const spokenOf = (reader: ScreenReader, texts: readonly string[]): string[] =>
  reader.spoken.filter((line) => texts.some((text) => line.includes(text)) && !line.startsWith('Message entry'));

/** Waits until Orca has spoken a line with this beginning. */
async function hears(reader: ScreenReader, line: string): Promise<void> {
  await expect
    .poll(() => reader.spoken.filter((one) => one.startsWith(line)), { message: `Orca speaks: ${line}`, timeout: 30_000 })
    .not.toEqual([]);
}

test('in a text-only call, each typed turn and each answer is spoken once', async ({ read, reader, site }) => {
  site.sandbox.script({ replies: [{ items: [{ text: 'It opens at nine.' }] }, { items: [{ text: 'It closes at five.' }] }] });
  const widget = new Widget(read);
  await widget.open(site, { attributes: { placement: 'inline' } });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await widget.say('When does it begin');
  await hears(reader, 'Agent:It opens at nine.');
  await widget.say('And when is it over');
  await hears(reader, 'Agent:It closes at five.');
  // Orca speaks the turns before this line.
  await widget.button('No mic').focus();
  await hears(reader, 'No mic');
  expect(spokenOf(reader, ['begin', 'nine', 'over', 'five'])).toEqual([
    'You:When does it begin',
    'Agent:It opens at nine.',
    'You:And when is it over',
    'Agent:It closes at five.',
  ]);
});

/** A spoken question with its answer. The focus then moves to a button, which Orca speaks after all announcements. */
async function askByVoice(site: Site, widget: Widget): Promise<void> {
  const dialogue = new Dialogue(site.sandbox.calls.at(-1) as SandboxCall);
  const question = dialogue.userBegins();
  dialogue.userEnds(question);
  dialogue.transcribe(question, 'Where is my parcel?');
  const answer = dialogue.agentBegins('It is');
  dialogue.agentEnds(answer, 'It is on its way.');
  await expect(widget.transcript.getByText('It is on its way.')).toBeVisible();
  await widget.button('Mute').click();
}

test('in a voice call, audible turns are not spoken by the screen reader', async ({ read, reader, site }) => {
  const widget = new Widget(read);
  await widget.open(site, { attributes: { placement: 'inline' } });
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  await askByVoice(site, widget);
  await hears(reader, 'Mute');
  expect(spokenOf(reader, ['parcel', 'way'])).toEqual([]);
});

test('in a voice call with announcements on, each finished turn is spoken once', async ({ read, reader, site }) => {
  const widget = new Widget(read);
  await widget.open(site, { attributes: { placement: 'inline', announce: true } });
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  const dialogue = new Dialogue(site.sandbox.calls.at(-1) as SandboxCall);
  const question = dialogue.userBegins();
  dialogue.userEnds(question);
  dialogue.transcribe(question, 'Where is my parcel?');
  await hears(reader, 'You:Where is my parcel?');
  const answer = dialogue.agentBegins('It is');
  for (const words of [' on', ' its', ' way.']) dialogue.agentGoesOn(answer, words);
  dialogue.agentEnds(answer, 'It is on its way.');
  await hears(reader, 'Agent:It is on its way.');
  await widget.button('Mute').click();
  await hears(reader, 'Mute');
  expect(spokenOf(reader, ['parcel', 'It is', 'way'])).toEqual(['You:Where is my parcel?', 'Agent:It is on its way.']);
});

test('the end of a call is spoken, although the focus moves when the pressed button disappears', async ({ read, reader, site }) => {
  const widget = new Widget(read);
  await widget.open(site, { attributes: { placement: 'inline' } });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await widget.button('End call').press('Enter');
  await widget.reaches('disconnected');
  await hears(reader, 'Call ended.');
  expect(spokenOf(reader, ['Call ended'])).toHaveLength(1);
});

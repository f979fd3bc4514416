/** Dictation into a page's field, with real sound: textarea, controlled input, contenteditable; missing and refused fields. */
import { chromiumLaunch } from '../support/chromium.js';
import type { PageOptions, Site } from '../support/site.js';
import { record } from '../support/spoken.js';
import { expect, siteOf, test as base } from './fixtures.js';

type Agent = HTMLElementTagNameMap['voice-agent'];

const spoken = await record('dictation', [2_500, 'The quick brown fox jumps over the lazy dog.', 2_000, 'And then it sleeps.', 60_000]);

/** A site whose keys are for transcription sessions. */
const test = base.extend<object, { site: Site }>({
  site: siteOf({ session: { type: 'transcription', transcription: { model: 'gpt-transcribe' } } }),
});

test.use({ launchOptions: chromiumLaunch({ wav: spoken.path }) });

const TRANSCRIPTS = [{ text: 'The quick brown fox.', deltas: ['The quick ', 'brown fox.'] }, 'And then it sleeps.'];
const attributes = { mode: 'transcription', for: 'notes', placement: 'bottom-end', heading: 'Dictate' };

for (const transport of ['webrtc', 'websocket'] as const) {
  test.describe(transport, () => {
    const page = (body: string, script?: string): PageOptions => ({
      attributes: { ...attributes, transport },
      body,
      ...(script === undefined ? {} : { script }),
    });

    test('dictation into a textarea appends each utterance once, and its form submits the text', async ({
      page: browser,
      widget,
      site,
      fired,
    }) => {
      site.sandbox.script({ transcripts: TRANSCRIPTS });
      await widget.open(
        site,
        page(
          '<form><label>Notes <textarea id="notes" name="notes">Today:</textarea></label></form>',
          `const seen = window.seen = [];
           for (const type of ['input', 'change']) document.addEventListener(type, (event) => seen.push(type + ' ' + event.target.value));`,
        ),
      );
      await widget.button(/Dictate/).click();
      const field = browser.getByLabel('Notes');
      await expect(field).toHaveValue('Today: The quick brown fox. And then it sleeps.', { timeout: 40_000 });
      expect((await fired.of('voice-agent-message')).map(({ message }) => message.text)).toEqual([
        'The quick brown fox.',
        'And then it sleeps.',
      ]);
      const seen = await browser.evaluate(() => (window as unknown as { seen: string[] }).seen);
      expect(seen.filter((line) => line.startsWith('change'))).toEqual([
        'change Today: The quick brown fox.',
        'change Today: The quick brown fox. And then it sleeps.',
      ]);
      expect(seen.filter((line) => line.startsWith('input')).length).toBeGreaterThanOrEqual(2);
      expect(await browser.evaluate(() => new FormData(document.forms[0]).get('notes'))).toBe(
        'Today: The quick brown fox. And then it sleeps.',
      );
      await expect(widget.host.locator('[part~="user-message"]')).toHaveCount(2);
      await widget.button('Stop').click();
      await widget.reaches('disconnected');
      await expect(field).toHaveValue('Today: The quick brown fox. And then it sleeps.');
    });

    test('dictation at the caret of a focused field acts like typing: a controlled input updates, and undo reverts it', async ({
      page: browser,
      widget,
      site,
    }) => {
      site.sandbox.script({ transcripts: TRANSCRIPTS });
      await widget.open(
        site,
        page(
          '<label>Notes <input id="notes" value="A and Z"></label><output></output>',
          `const field = document.querySelector('input');
           field.addEventListener('input', (event) => { document.querySelector('output').textContent = event.isTrusted + ' ' + field.value; });`,
        ),
      );
      await widget.host.evaluate((agent: Agent) => agent.connect());
      const field = browser.getByLabel('Notes');
      await field.focus();
      await field.evaluate((input: HTMLInputElement) => input.setSelectionRange(2, 5));
      await expect(field).toHaveValue('A The quick brown fox. And then it sleeps. Z', { timeout: 40_000 });
      await expect(browser.locator('output')).toHaveText('true A The quick brown fox. And then it sleeps. Z');
      await expect(field).toBeFocused();
      await expect
        .poll(async () => {
          await field.press('ControlOrMeta+z');
          return field.inputValue();
        })
        .toBe('A and Z');
    });

    test('dictation into contenteditable inserts plain text', async ({ page: browser, widget, site }) => {
      site.sandbox.script({ transcripts: ['<b>Bold</b> words', 'And then it sleeps.'] });
      await widget.open(site, page('<div id="notes" role="textbox" aria-label="Notes" contenteditable="true"><p>Today:</p></div>'));
      await widget.button(/Dictate/).click();
      const field = browser.getByRole('textbox', { name: 'Notes' });
      await expect(field).toHaveText('Today: <b>Bold</b> words And then it sleeps.', { timeout: 40_000 });
      await expect(field.locator('b')).toHaveCount(0);
      await expect(field.locator('p')).toHaveCount(1);
    });
  });
}

test('a missing field is reported to the page and the visitor, and captions continue', async ({ widget, site, fired }) => {
  site.sandbox.script({ transcripts: TRANSCRIPTS });
  await widget.open(site, { attributes });
  await widget.button(/Dictate/).click();
  await widget.reaches('connected');
  await expect(widget.alert).toContainText('That didn’t work');
  await expect(widget.host.locator('[part~="user-message"]').first()).toContainText('The quick brown fox.', { timeout: 30_000 });
  const errors = await fired.of('voice-agent-error');
  expect(errors.map(({ error }) => [error.code, error.message])).toEqual([
    ['invalid_request', 'for="notes": no element with this id was found.'],
  ]);
});

test('a password field receives no text', async ({ page, widget, site, fired }) => {
  site.sandbox.script({ transcripts: TRANSCRIPTS });
  await widget.open(site, { attributes, body: '<label>Notes <input id="notes" type="password"></label>' });
  await widget.button(/Dictate/).click();
  await expect(widget.host.locator('[part~="user-message"]').first()).toContainText('The quick brown fox.', { timeout: 30_000 });
  await expect(page.getByLabel('Notes')).toHaveValue('');
  expect((await fired.of('voice-agent-error')).map(({ error }) => error.message)).toEqual([
    expect.stringContaining('not a password field'),
  ]);
});

test('the for attribute has no effect in a conversation', async ({ page, widget, site }) => {
  const { value } = site.sandbox.mintKey({
    session: { type: 'realtime', model: 'gpt-realtime-2.1', audio: { input: { transcription: { model: 'gpt-transcribe' } } } },
  });
  site.sandbox.script({ transcripts: TRANSCRIPTS });
  await widget.open(site, {
    attributes: { for: 'notes', placement: 'bottom-end', heading: 'Dictate', 'token-url': '' },
    body: '<label>Notes <textarea id="notes"></textarea></label>',
    script: `document.querySelector('voice-agent').token = '${value}';`,
  });
  await widget.button(/Dictate/).click();
  await expect(widget.transcript.getByText('The quick brown fox.')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByLabel('Notes')).toHaveValue('');
});

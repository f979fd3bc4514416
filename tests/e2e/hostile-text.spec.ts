/**
 * The agent's text, the visitor's transcripts, tool names and errors are shown as plain text. Nothing loads, nothing runs,
 * and no turn changes the text direction of another.
 */
import type { Page } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';
import { DIRECTION, MARKUP } from '../support/hostile-texts.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];
const TEXTS = [...MARKUP, ...DIRECTION];
const usage = { type: 'duration', seconds: 1 };

/** The rendered rows of the transcript. */
const rows = (page: Page) =>
  page.locator('voice-agent').evaluate((agent: Agent) => {
    const panel = agent.renderRoot.querySelector('voice-agent-transcript')?.shadowRoot;
    return [...(panel?.querySelectorAll<HTMLElement>('[data-key]') ?? [])].map((row) => {
      const text = row.querySelector('p');
      const { unicodeBidi } = text ? getComputedStyle(text) : { unicodeBidi: '' };
      return {
        text: text?.lastElementChild?.textContent ?? '',
        elements: [...row.querySelectorAll('*')].map(({ localName }) => localName),
        unicodeBidi,
      };
    });
  });

test('hostile text is shown as plain text', async ({ page, widget, site, fired }) => {
  const requests: string[] = [];
  await widget.open(site);
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  page.on('request', (request) => {
    // The widget's own code may still be loading: an established call loads the level meters.
    if (!request.url().startsWith(`${site.url}/chunks/`)) requests.push(request.url());
  });

  // Alternately as the agent's and the visitor's text; written answers avoid speech.
  let previous: string | null = null;
  for (const [index, text] of TEXTS.entries()) {
    const [heard, said] = [`item_heard_${String(index)}`, `item_said_${String(index)}`];
    const message = (id: string, role: string, part: object) => ({
      id,
      object: 'realtime.item',
      type: 'message',
      status: 'completed',
      role,
      content: [part],
    });
    const user = message(heard, 'user', { type: 'input_audio', transcript: null });
    const assistant = message(said, 'assistant', { type: 'output_audio', transcript: text });
    for (const [item, before] of [
      [user, previous],
      [assistant, heard],
    ] as const) {
      call.sendEvent({ type: 'conversation.item.added', previous_item_id: before, item });
      call.sendEvent({ type: 'conversation.item.done', previous_item_id: before, item });
    }
    call.sendEvent({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: heard,
      content_index: 0,
      transcript: text,
      usage,
    });
    previous = said;
    // The transcript is rendered before the rest arrives; one that opens later shows the last 40 turns.
    if (index === 0) await expect.poll(async () => (await rows(page)).length).toBe(2);
  }
  const written = TEXTS.flatMap((text) => [text, text]);
  await expect.poll(async () => (await widget.messages()).map(({ text }) => text)).toEqual(written);
  await expect.poll(async () => (await rows(page)).map(({ text }) => text)).toEqual(written);

  for (const { elements, unicodeBidi, text } of await rows(page)) {
    expect(
      elements.filter((name) => !['span', 'p', 'small'].includes(name)),
      text,
    ).toEqual([]);
    expect(unicodeBidi, `direction of ${text}`).toMatch(/isolate|plaintext/);
  }

  await test.step('in tool names and errors', async () => {
    for (const text of [MARKUP[0] ?? '', MARKUP[2] ?? '', MARKUP[14] ?? '']) {
      const name = text.slice(0, 60);
      call.replyNext({ items: [{ call: name, arguments: { x: text } }] });
      await widget.host.evaluate((agent: Agent) => {
        void agent.answer();
      });
      await expect.poll(async () => (await rows(page)).map((row) => row.text).at(-1)).toContain(`\u2068${name}\u2069`);
      call.sendEvent({ type: 'error', error: { type: 'server_error', code: null, message: text, param: null, event_id: null } });
    }
    await expect(widget.alert).toContainText('Something went wrong');
    await expect.poll(async () => (await fired.of('voice-agent-error')).length).toBe(3);
  });

  await test.step('in typed text', async () => {
    for (const text of [MARKUP[1] ?? '', DIRECTION[1] ?? '']) {
      call.replyNext({ items: [{ text: 'All right.' }] });
      await widget.say(text);
      await expect.poll(async () => (await rows(page)).map((row) => row.text)).toContain(text);
    }
  });

  expect(requests).toEqual([]);
  expect(await page.evaluate(() => 'pwned' in window || 'pwned' in {})).toBe(false);
  expect(await page.locator('voice-agent').locator('img, script, iframe, a, link, base, meta').count()).toBe(0);
});

test('a tool name does not change the direction of the surrounding text', async ({ widget, site }) => {
  await widget.open(site, { script: `document.querySelector('voice-agent').tools = [{ name: 'other', execute: () => '' }];` });
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  // The last one closes the isolate around it.
  for (const name of ['\u202egnorts', '\u2067\u2067open', '\u2069\u2069\u202etuo']) {
    call.replyNext({ items: [{ call: name }] });
    await widget.host.evaluate((agent: Agent) => {
      void agent.answer();
    });
    // An unknown tool: its line ends with the widget's own words, which read from left to right.
    const line = widget.host.getByText('failed').last();
    await expect(line).toContainText(name.replace(/[\u2066-\u2069\u202a-\u202e]/g, ''));
    const lefts = await line.evaluate((element) => {
      const node = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode() as Text;
      const begin = node.data.indexOf('failed');
      return [0, 1, 2].map((index) => {
        const range = document.createRange();
        range.setStart(node, begin + index);
        range.setEnd(node, begin + index + 1);
        return range.getBoundingClientRect().left;
      });
    });
    expect(lefts, `"failed" reads left to right after ${JSON.stringify(name)}`).toEqual([...lefts].sort((a, b) => a - b));
    expect(new Set(lefts).size).toBe(3);
  }
});

/**
 * Runs the blocks of OPE.AI's realtime page for browsers: a WebSocket with the key in a subprotocol, against the sandbox's
 * beta protocol. Each makes a turn after the page's code has connected, and is refused by the GA protocol.
 */
import { changed } from '../support/seeds/blocks.js';
import { BETA_EVENTS, OPE_AI_ROOT, opeAi, spokenTurn as spokenWords, typedTurn } from '../support/seeds/ope-ai.js';
import { readConsole, scriptPage, socketRoot } from '../support/seeds/pages.js';
import type { Printout } from '../support/seeds/printout.js';
import { spokenTurn } from '../support/seeds/turn.js';
import type { Page } from '@playwright/test';
import type { Site } from '../support/site.js';
import { expect, test } from './fixtures.js';

declare global {
  interface Window {
    /** Sends over the block's socket. */
    say: (event: object) => void;
  }
}

/** Opens a page with the block and returns its log. */
async function open(page: Page, site: Site, name: string): Promise<Printout> {
  const script = changed(name, [
    ['address', OPE_AI_ROOT, socketRoot(site)],
    // A browser's socket is an event target; `on` exists only in the `ws` package.
    ['renamed', 'ws.on("open"', 'ws.addEventListener("open"'],
    ['renamed', 'ws.on("message"', 'ws.addEventListener("message"'],
  ]);
  const log = readConsole(page);
  await page.goto(
    site.page(scriptPage(`const API_KEY = 'sk-sandbox-ope-ai';\n${script}\nwindow.say = (event) => ws.send(JSON.stringify(event));`)),
  );
  await log.next('the greeting', (value) => value === '已连接至服务器。');
  return log;
}

const say = async (page: Page, events: readonly object[]): Promise<void> => {
  for (const event of events) await page.evaluate((it) => window.say(it), event);
};

test(opeAi.browser, async ({ page, site }) => {
  site.sandbox.play('beta');
  site.sandbox.script({ replies: ['Good morning to you.'] });
  const log = await open(page, site, opeAi.browser);
  expect(await log.event('session.created')).toMatchObject({ session: { model: 'opeai/AudioLLM/Voice2' } });
  await say(page, typedTurn('hello'));
  expect(await log.event('session.updated')).toMatchObject({ session: { voice: 'alloy', turn_detection: null } });
  expect(await log.event('response.audio_transcript.done')).toMatchObject({ transcript: 'Good morning to you.' });
  expect(await log.event('response.done')).toMatchObject({ response: { status: 'completed', output: [{ content: [{ type: 'audio' }] }] } });
  expect(log.printed.map((value) => (value as { type?: string }).type)).toEqual(expect.arrayContaining(BETA_EVENTS));
  expect((await site.sandbox.nextCall()).events.filter(({ type }) => type === 'error')).toEqual([]);
});

test(opeAi.transcribeInBrowser, async ({ page, site }) => {
  site.sandbox.play('beta');
  site.sandbox.script({ transcripts: ['the quick brown fox'] });
  const log = await open(page, site, opeAi.transcribeInBrowser);
  expect(await log.event('transcription_session.created')).toHaveProperty('session.input_audio_format', 'pcm16');
  await say(page, spokenWords(spokenTurn.samples));
  expect(await log.event('conversation.item.input_audio_transcription.completed')).toMatchObject({ transcript: 'the quick brown fox' });
  expect((await site.sandbox.nextCall()).events.filter(({ type }) => type.startsWith('response.') || type === 'error')).toEqual([]);
});

for (const name of [opeAi.browser, opeAi.transcribeInBrowser]) {
  test(`${name}, refused by the GA protocol with OpenAI's error`, async ({ page, site }) => {
    const log = await open(page, site, name);
    expect(await log.event('error')).toMatchObject({ error: { code: 'beta_api_shape_disabled' } });
    expect(site.sandbox.calls).toHaveLength(0);
  });
}

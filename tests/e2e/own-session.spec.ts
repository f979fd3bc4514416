/** A call without the element: `VoiceSession` of the npm package, bundled into a page as its owner would do it. */
import { fileURLToPath } from 'node:url';
import type { VoiceSession } from '../../src/index.js';
import { chromiumLaunch } from '../support/chromium.js';
import { holdsSentence, spokenMicrophone } from '../support/seeds/turn.js';
import type { Site } from '../support/site.js';
import { bundledOf } from './bundled-fixtures.js';
import { expect, test as base } from './fixtures.js';

declare global {
  interface Window {
    session: VoiceSession;
    raw: string[];
    speaker: HTMLAudioElement;
  }
}

const INDEX = JSON.stringify(fileURLToPath(new URL('../../dist/index.js', import.meta.url)));

const test = base.extend<object, { bundled: Site }>({
  bundled: bundledOf((site) => ({
    session: `import { VoiceSession } from ${INDEX};
window.speaker = new Audio();
window.raw = [];
const session = new VoiceSession({ tokenUrl: '/voice/token', baseUrl: '${site.sandbox.url}', audioElement: window.speaker });
session.on('server-event', ({ type }) => window.raw.push(type));
window.session = session;`,
  })),
});

test.use({ launchOptions: chromiumLaunch({ wav: spokenMicrophone.path }) });

test('a session without the element hears, speaks and exposes its transport', async ({ page, bundled: site, tape }) => {
  await page.goto(site.page({ attributes: false, scripts: 0, script: "await import('/seeds/session.js');" }));
  await expect.poll(() => page.evaluate(() => 'session' in window)).toBe(true);
  await page.evaluate(() => window.tape.follow(window.speaker));
  await page.evaluate(() => window.session.connect());
  const call = await site.sandbox.nextCall();
  expect(await page.evaluate(() => window.session.transport?.status)).toBe('connected');
  await call.waitForServerEvent('output_audio_buffer.stopped', { timeoutMs: 60_000 });
  await expect.poll(async () => holdsSentence(await tape.samples()), 'the page played the words').toBe(true);
  expect(await page.evaluate(() => window.session.conversation.messages.map(({ role }) => role))).toEqual(['user', 'assistant']);

  call.replyNext('Goodbye.');
  await page.evaluate(() => window.session.transport?.sendMessage('That is all', {}));
  await expect.poll(() => page.evaluate(() => window.session.conversation.messages.at(-1)?.text), { timeout: 30_000 }).toBe('Goodbye.');
  expect(await page.evaluate(() => window.raw)).toContain('response.output_audio_transcript.done');
  await page.evaluate(() => window.session.close());
  expect(await call.ended).toBe('client-closed');
  expect(await page.evaluate(() => window.session.status)).toMatchObject({ state: 'disconnected', reason: 'page' });
});

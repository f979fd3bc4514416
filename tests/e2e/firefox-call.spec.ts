/** Calls in Firefox from the demo page: over both transports, by keyboard only, and axe results. */
import { expect, test as base } from '@playwright/test';
import { startDemo } from '../../src/demo/start-demo.js';
import { createSandbox } from '../../src/sandbox/index.js';
import type { Sandbox } from '../../src/sandbox/index.js';
import { BrowserWidget } from '../support/browser-widget.js';
import { Firefox } from '../support/firefox.js';
import { ensureNetwork } from '../support/network.js';
import { SoundCard } from '../support/sound-card.js';
import { record } from '../support/spoken.js';

const speech = await record('firefox', ['What is the weather like?', 1_500]);
const ANSWER = 'It is a fine day, and it stays like this until the evening.';
/** A muted microphone encoded with Opus is far below this level; audio in flight at the click fades within FADE milliseconds. */
const SILENCE = -70;
const FADE = 300;

interface Studio {
  readonly url: string;
  readonly sandbox: Sandbox;
  readonly card: SoundCard;
  readonly widget: BrowserWidget;
}

const test = base.extend<object, { studio: Studio }>({
  studio: [
    async ({}, use) => {
      const removeNetwork = ensureNetwork();
      const sandbox = await createSandbox({ script: { replies: [ANSWER, ANSWER], transcripts: ['What is the weather like?'] } });
      const demo = await startDemo({ sandbox });
      const card = await SoundCard.start();
      const firefox = await Firefox.start({ env: card.env, prefs: { 'media.navigator.permission.disabled': true } });
      await use({ url: demo.url, sandbox, card, widget: new BrowserWidget(firefox) });
      await firefox.close();
      await card.close();
      await demo.close();
      await sandbox.close();
      removeNetwork();
    },
    { scope: 'worker' },
  ],
});

const spoken = (call: { events: readonly { type: string }[] }): number =>
  call.events.filter(({ type }) => type === 'input_audio_buffer.speech_started').length;

for (const way of ['WebRTC', 'WebSocket']) {
  test(`Firefox calls over ${way}: a spoken question is answered aloud, and mute and End call work`, async ({
    studio: { url, sandbox, card, widget },
  }) => {
    await widget.open(url);
    await widget.click(way);
    await widget.click('Start talking');
    await widget.reaches('connected');
    const call = await sandbox.nextCall();

    const before = card.heard;
    card.speak(speech.samples);
    await widget.shows('What is the weather like?');
    await widget.shows(ANSWER);
    await expect.poll(() => card.heard - before, { message: 'milliseconds of the answer heard', timeout: 30_000 }).toBeGreaterThan(1_000);
    expect(await widget.violations(), 'no axe violations during the call').toEqual([]);

    await widget.click('Mute');
    await widget.isPressed('Mute');
    const [mutedAt, frames] = [Date.now(), call.frames.received];
    card.speak(speech.samples);
    // Two seconds of audio at the server, longer than the question.
    await expect.poll(() => call.frames.received - frames, { timeout: 30_000 }).toBeGreaterThan(100);
    expect(call.inputLevel({ since: mutedAt + FADE }), 'level while muted').toBeLessThan(SILENCE);

    await widget.click('End call');
    await widget.reaches('disconnected');
    expect(await widget.violations(), 'no axe violations after the call').toEqual([]);
  });
}

test('Firefox completes a call by keyboard only', async ({ studio: { url, sandbox, widget } }) => {
  await widget.open(url);
  expect(await widget.violations(), 'no axe violations before the call').toEqual([]);
  await widget.tabTo('Start talking');
  await widget.browser.press('Enter');
  await widget.reaches('connected');
  const call = await sandbox.nextCall();
  await widget.tabTo('Mute');
  await widget.browser.press('Space');
  await widget.isPressed('Mute');
  await widget.tabTo('Message');
  await widget.browser.press('Is it warm?', 'Enter');
  await widget.shows('Is it warm?');
  await widget.shows(ANSWER);
  await widget.tabTo('End call', 'Shift+Tab');
  await widget.browser.press('Enter');
  await widget.reaches('disconnected');
  expect(spoken(call)).toBe(0);
});

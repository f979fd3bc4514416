/**
 * Calls in WebKitGTK from the demo page, over WebSocket: spoken, and by keyboard only, with axe results. WebKitGTK has no WebRTC: a call
 * over WebRTC is refused. This is no evidence for WebRTC in Safari.
 */
import { expect, test as base } from '@playwright/test';
import { startDemo } from '../../src/demo/start-demo.js';
import { createSandbox } from '../../src/sandbox/index.js';
import type { Sandbox, SandboxCall } from '../../src/sandbox/index.js';
import { BrowserWidget } from '../support/browser-widget.js';
import { SoundCard } from '../support/sound-card.js';
import { record } from '../support/spoken.js';
import { WebKit } from '../support/webkit.js';

const speech = await record('webkit', ['What is the weather like?', 1_500]);
const ANSWER = 'It is a fine day, and it stays like this until the evening.';
const LONG_ANSWER = Array.from({ length: 5 }, () => ANSWER).join(' ');

interface Studio {
  readonly url: string;
  readonly sandbox: Sandbox;
  readonly card: SoundCard;
}

const test = base.extend<{ widget: BrowserWidget }, { studio: Studio; webkit: WebKit }>({
  studio: [
    async ({}, use) => {
      const sandbox = await createSandbox({
        mediaHosts: ['127.0.0.1'],
        script: { replies: [ANSWER], transcripts: ['What is the weather like?'] },
      });
      const demo = await startDemo({ sandbox });
      const card = await SoundCard.start();
      await use({ url: demo.url, sandbox, card });
      await card.close();
      await demo.close();
      await sandbox.close();
    },
    { scope: 'worker' },
  ],
  webkit: [
    async ({ studio: { card } }, use) => {
      const webkit = await WebKit.start({ env: card.env });
      await use(webkit);
      await webkit.close();
    },
    { scope: 'worker' },
  ],
  widget: async ({ studio: { url }, webkit }, use, testInfo) => {
    const widget = new BrowserWidget(webkit);
    await widget.open(url);
    await webkit.run(recordMicrophones);
    await use(widget);
    if (testInfo.errors.length > 0) await testInfo.attach('WebKit', { body: await webkit.screenshot(), contentType: 'image/png' });
  },
});

/** Runs in the page: makes the state of each microphone that the page opens available as `microphones()`. */
function recordMicrophones(): void {
  const opened: Promise<MediaStream>[] = [];
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (constraints) => {
    const stream = open(constraints);
    opened.push(stream);
    return stream;
  };
  const microphones = async (): Promise<string[]> =>
    (await Promise.all(opened)).flatMap((stream) => stream.getTracks().map(({ readyState }) => readyState));
  Object.assign(window, { microphones });
}

/** Waits until the sandbox has received this many more chunks of audio, which are 80 ms long. */
async function received(call: SandboxCall, chunks: number): Promise<void> {
  const before = call.frames.received;
  await expect.poll(() => call.frames.received - before, { message: 'received chunks', timeout: 30_000 }).toBeGreaterThanOrEqual(chunks);
}

test('WebKitGTK calls over WebSocket: a spoken question is answered aloud, and Mute and End call work', async ({
  studio: { sandbox, card },
  widget,
}) => {
  expect(await widget.violations(), 'axe violations before the call').toEqual([]);
  await widget.click('WebSocket');
  await widget.click('Start talking');
  await widget.reaches('connected');
  const call = await sandbox.nextCall();
  expect(call.kind).toBe('websocket');
  expect(await widget.browser.evaluate('microphones()')).toEqual(['live']);

  const before = card.heard;
  card.speak(speech.samples);
  await widget.shows('What is the weather like?');
  await widget.shows(ANSWER);
  await expect.poll(() => card.heard - before, { message: 'milliseconds of the answer heard', timeout: 30_000 }).toBeGreaterThan(1_000);
  expect(await widget.violations(), 'axe violations during the call').toEqual([]);

  await widget.click('Mute');
  await widget.isPressed('Mute');
  card.speak(speech.samples);
  // Audio in flight at the click ends within the first chunks; the others last longer than the question.
  await received(call, 10);
  const since = Date.now();
  await received(call, 50);
  expect(call.inputLevel({ since }), 'level while muted: digital silence').toBe(-100);

  await widget.click('End call');
  await widget.reaches('disconnected');
  expect(await widget.browser.evaluate('microphones()'), 'the microphone is released').toEqual(['ended']);
  expect(await widget.violations(), 'axe violations after the call').toEqual([]);
});

test('WebKitGTK completes a call by keyboard only', async ({ studio: { sandbox, card }, widget }) => {
  await widget.tabTo('Start talking');
  await widget.browser.evaluate(`document.querySelector('voice-agent').setAttribute('transport', 'websocket')`);
  await widget.browser.press('Enter');
  await widget.reaches('connected');
  const call = await sandbox.nextCall();
  await widget.tabTo('Mute');
  await widget.browser.press('Space');
  await widget.isPressed('Mute');
  call.replyNext(LONG_ANSWER);
  await widget.tabTo('Message');
  const before = card.heard;
  await widget.browser.press('Is it warm?', 'Enter');
  await widget.shows('Is it warm?');
  await expect.poll(() => card.heard - before, { message: 'milliseconds of the answer heard', timeout: 30_000 }).toBeGreaterThan(1_000);
  await widget.tabTo('Interrupt', 'Shift+Tab');
  await widget.browser.press('Enter');
  await call.waitForClientEvent('conversation.item.truncate');
  await widget.shows('Interrupted');
  // The answer's audio in the sound card's buffers ends within the first chunks.
  await received(call, 10);
  const heard = card.heard;
  await received(call, 15);
  expect(card.heard - heard, 'milliseconds heard after the interruption').toBe(0);
  await widget.tabTo('End call');
  await widget.browser.press('Enter');
  await widget.reaches('disconnected');
  expect(call.events.filter(({ type }) => type === 'input_audio_buffer.speech_started')).toEqual([]);
});

test('WebKitGTK has no WebRTC: the widget reports it and opens no microphone, and a call over WebSocket still works', async ({
  studio: { sandbox },
  widget,
}) => {
  const { browser } = widget;
  expect(await browser.evaluate('typeof RTCPeerConnection')).toBe('undefined');
  const calls = sandbox.calls.length;
  await browser.evaluate(`(() => {
    const errors = window.errors = [];
    document.querySelector('voice-agent').addEventListener('voice-agent-error', ({ detail: { error: { code, message } } }) => errors.push([code, message]));
  })()`);
  await widget.click('Start talking');
  await widget.reaches('failed');
  await widget.alerts('Calls aren’t supported here');
  await widget.alerts('Try a current version of Chrome, Edge, Firefox or Safari.');
  const message = 'This browser does not support WebRTC, which transport="websocket" does not need.';
  expect(await browser.evaluate('errors')).toEqual([['unsupported', message]]);
  expect(await browser.evaluate('microphones()'), 'opened microphones').toEqual([]);
  expect(sandbox.calls.length).toBe(calls);
  expect(await widget.violations(), 'axe violations').toEqual([]);

  await widget.click('WebSocket');
  await widget.click('Try again');
  await widget.reaches('connected');
  await widget.click('End call');
  await widget.reaches('disconnected');
  expect(await browser.evaluate('microphones()')).toEqual(['ended']);
});

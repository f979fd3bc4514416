/** Calls with the sandbox inside the page, from a static host under the strict policy with Trusted Types: spoken, typed, with a tool. */
import { speakByRule } from '../../src/sandbox/voice/speak-by-rule.js';
import { chromiumLaunch } from '../support/chromium.js';
import { NOTHING } from '../support/resource-probe.js';
import { HEARD_LIVE, findWords } from '../support/sound-match.js';
import { expect, openConnected, test } from './browser-sandbox-fixtures.js';
import { microphone, words } from './hear-words.js';

test.use({ launchOptions: chromiumLaunch({ wav: microphone.path }) });

test('the spoken words reach the sandbox and come back', async ({ page, host, widget, tape }) => {
  await openConnected(page, host);
  await tape.listen();
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  await widget.reaches('speaking');
  await widget.reaches('listening', 40_000);
  await expect
    .poll(async () => findWords(await tape.samples(), words.samples).score, { message: 'the page played the words', timeout: 20_000 })
    .toBeGreaterThan(HEARD_LIVE);
  const heard = await page.evaluate(() => Array.from(window.sandbox.calls[0]?.inputAudio() ?? []));
  expect(findWords(Int16Array.from(heard), words.samples).score, 'the sandbox heard the words').toBeGreaterThan(HEARD_LIVE);
  await expect(widget.transcript.getByText(/This is what you said/)).toBeVisible();
  await expect(widget.transcript.getByText(/\[speech, \d/)).toBeVisible();
});

test('a typed call: text is read aloud, tools run, and scripts and faults apply', async ({ page, host, widget, tape }) => {
  await openConnected(page, host, `{ script: { replies: ['Good morning. We are open until six.', null] } }`);
  await page.evaluate(() => {
    (document.querySelector('voice-agent') as HTMLElementTagNameMap['voice-agent']).tools = [
      { name: 'get_weather', parameters: { type: 'object', properties: {} }, execute: () => ({ weather: 'sunny' }) },
    ];
    window.sandbox.fault({ at: 'calls', fault: 'status', status: 503, times: 1 });
  });
  await tape.listen();
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  await widget.say('Hello');
  await expect(widget.transcript.getByText('Good morning. We are open until six.')).toBeVisible();
  const said = await speakByRule('We are open until six.');
  await expect
    .poll(async () => findWords(await tape.samples(), said).score, { message: 'the scripted answer is heard', timeout: 20_000 })
    .toBeGreaterThan(HEARD_LIVE);
  await widget.say('Please call get_weather');
  await expect(widget.transcript.getByText('get weather answered: weather sunny')).toBeVisible();
  const requests = await page.evaluate(() =>
    window.sandbox.requests.map(({ path, status }) => `${path.replace(/\?.*/, '')} ${String(status)}`),
  );
  expect(requests).toEqual(['/v1/realtime/calls 503', '/v1/realtime/calls 201']);
});

test('closing releases everything and restores the page', async ({ page, host, widget, resources }) => {
  await page.addInitScript(() => {
    Object.assign(window, { pageFetch: window.fetch });
  });
  await openConnected(page, host, '{}', 'token-url="/voice/token" base-url="https://api.example.com/v1"');
  expect(await resources.held(), 'nothing runs before the call').toEqual(NOTHING);
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  expect(await resources.held()).toMatchObject({ tracks: 1, connections: 2 });

  await test.step('the visitor ends the call', async () => {
    await widget.button('End call').click();
    await widget.reaches('disconnected');
    await expect
      .poll(() => page.evaluate(() => window.sandbox.calls.map((call) => [call.endReason, call.pendingTimers])))
      .toEqual([['client-closed', 0]]);
    expect(await resources.settled()).toEqual(NOTHING);
  });

  await test.step('the sandbox closes during a call', async () => {
    await widget.button('Call again').click();
    await widget.reaches('connected');
    await page.evaluate(() => {
      window.sandbox.close();
    });
    await expect.poll(() => widget.state()).toMatch(/failed|disconnected/);
    expect(await resources.settled()).toEqual(NOTHING);
  });
  expect(
    await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => ({
      baseUrl: agent.baseUrl,
      tokenUrl: agent.tokenUrl,
      token: typeof agent.token,
      fetch: window.fetch === (window as unknown as { pageFetch: typeof fetch }).pageFetch,
    })),
  ).toEqual({ baseUrl: 'https://api.example.com/v1', tokenUrl: '/voice/token', token: 'undefined', fetch: true });
});

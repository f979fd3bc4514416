/**
 * Over WebSocket the page itself plays the audio: an interruption is silent immediately and reports the position that was
 * actually heard, and nothing of a cut answer plays later.
 */
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import { HIGH, holds, holdsLow, LONG, longThenNext, LOW, tone, untilItSounds } from './tone-answers.js';

const voice = await record('interrupt', [12_000, 'Stop, please listen to me now.', 60_000]);
/** Tolerated difference in milliseconds between the reported position and what was heard, on a busy machine. */
const TRUE_ENOUGH = 150;
const attributes = { transport: 'websocket' };

test.use({ launchOptions: chromiumLaunch({ wav: voice.path }) });

for (const generated of [false, true]) {
  test(`Interrupt ${generated ? 'after the whole answer has arrived' : 'while the answer is streaming'} silences it and reports the heard position`, async ({
    widget,
    site,
    tape,
  }) => {
    site.sandbox.script({ replies: longThenNext(generated ? 6_000 : 30_000) });
    const { call, began } = await untilItSounds({ widget, site, tape }, { attributes: { ...attributes, 'turn-detection': 'none' } });
    await tape.sound(began + 1_000);
    if (generated) await call.waitForServerEvent('response.done', { timeoutMs: 20_000 });
    await widget.reaches('speaking');
    const pressed = widget.host.evaluate(
      (agent) =>
        new Promise<number>((resolve) => agent.addEventListener('click', () => resolve(Date.now()), { once: true, capture: true })),
    );
    await widget.button('Interrupt').click();
    const pressedAt = await pressed;
    await widget.reaches('listening');
    const truncate = await call.waitForClientEvent('conversation.item.truncate');
    const truncated = await call.waitForServerEvent('conversation.item.truncated');
    expect(call.events.some(({ direction, type }) => direction === 'in' && type === 'output_audio_buffer.clear')).toBe(false);
    expect(call.events.some(({ direction, type }) => direction === 'in' && type === 'response.cancel')).toBe(!generated);

    await expect(widget.transcript.getByText('Interrupted')).toBeVisible();
    await widget.say('And now?');
    const next = await call.waitForServerEvent('response.done', { after: truncated.index, timeoutMs: 20_000 });
    await widget.reaches('speaking');
    await widget.reaches('listening', 20_000);
    const frames = await tape.frames(began - 100);
    const low = frames.filter(holdsLow);
    const heard = low.length * 20;
    const reported = truncate.event['audio_end_ms'] as number;
    expect(Number.isInteger(reported)).toBe(true);
    expect(Math.abs(reported - heard), `reported ${reported} ms, heard ${heard} ms`).toBeLessThan(TRUE_ENOUGH);
    expect((low.at(-1)?.at ?? Infinity) - pressedAt, 'milliseconds of the old answer after the press').toBeLessThan(500);
    expect(frames.filter(holds(HIGH)).length, 'frames of the next answer').toBeGreaterThan(60);
    expect(next.event['response']).toMatchObject({ status: 'completed' });
    const [, answer] = await widget.messages();
    expect(answer?.status).toBe('interrupted');
    expect(LONG.startsWith(answer?.text.trim() ?? '?'), `"${answer?.text ?? ''}"`).toBe(true);
    expect(answer?.text.length).toBeLessThan(LONG.length);
  });
}

test('barge-in silences and truncates the answer, and the new words are answered', async ({ widget, site, tape, fired }) => {
  site.sandbox.script({
    replies: [tone(LONG, LOW, 60_000), tone('I am listening.', HIGH, 1_500)],
    transcripts: ['Stop, please listen to me now.'],
  });
  await widget.open(site, { attributes: { ...attributes, greeting: 'Welcome.' } });
  await tape.listen();
  await widget.button('Start talking').click();
  const call = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await widget.reaches('speaking');
  const speech = await call.waitForServerEvent('input_audio_buffer.speech_started', { timeoutMs: 30_000 });
  await expect.poll(() => fired.activities()).toContain('user-speaking');
  await call.waitForClientEvent('conversation.item.truncate');
  const done = await call.waitForServerEvent('response.done');
  expect(done.event['response']).toMatchObject({ status: 'cancelled', status_details: { reason: 'turn_detected' } });
  await widget.reaches('speaking');
  await widget.reaches('listening', 30_000);
  const frames = await tape.frames(speech.at);
  const last = frames.findLast(holdsLow)?.at ?? speech.at;
  expect(last - speech.at, 'milliseconds of the old answer after speech was detected').toBeLessThan(1_000);
  expect(frames.filter(holds(HIGH)).length, 'frames of the next answer').toBeGreaterThan(50);
  expect((await widget.messages()).map(({ status }) => status)).toEqual(['interrupted', 'done', 'done']);
});

test('nothing of a cut answer is heard even if the server keeps sending', async ({ widget, site, tape }) => {
  site.sandbox.script({
    replies: [tone(LONG, LOW, 20_000)],
    faults: [{ at: 'client-event', type: 'response.cancel', fault: 'ignore' }],
  });
  const { call } = await untilItSounds({ widget, site, tape }, { attributes });
  const pressedAt = await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => {
    agent.interrupt();
    return Date.now();
  });
  await call.waitForServerEvent('response.done', { timeoutMs: 20_000 });
  expect((await tape.frames(pressedAt + 300)).filter(holdsLow), 'frames that are still heard').toEqual([]);
});

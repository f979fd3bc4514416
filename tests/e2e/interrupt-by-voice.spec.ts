/** Barge-in: the visitor speaks over an answer. It stops, is marked as interrupted and truncated, and the new words are answered. */
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import { HIGH, holds, holdsLow, LOW, tone } from './tone-answers.js';

// Time to connect and to hear the greeting, then the interruption.
const voice = await record('interrupt', [12_000, 'Stop, please listen to me now.', 60_000]);
test.use({ launchOptions: chromiumLaunch({ wav: voice.path }) });

const LONG = 'Welcome, and let me tell you everything about our house, from the cellar to the roof, one room after the other.';

test('speaking over an answer stops it', async ({ widget, site, tape, fired }) => {
  site.sandbox.script({
    replies: [tone(LONG, LOW, 60_000), tone('I am listening.', HIGH, 1_500)],
    transcripts: ['Stop, please listen to me now.'],
  });
  await widget.open(site, { attributes: { greeting: 'Welcome.' } });
  await tape.listen();
  await widget.button('Start talking').click();
  const call = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await widget.reaches('speaking');
  await tape.sound();

  const speech = await call.waitForServerEvent('input_audio_buffer.speech_started', { timeoutMs: 30_000 });
  await expect.poll(() => fired.activities()).toContain('user-speaking');
  await call.waitForServerEvent('output_audio_buffer.cleared');
  const done = await call.waitForServerEvent('response.done');
  expect(done.event['response']).toMatchObject({ status: 'cancelled', status_details: { reason: 'turn_detected' } });

  const next = await call.waitForServerEvent('output_audio_buffer.started', { after: speech.index, timeoutMs: 30_000 });
  await call.waitForServerEvent('output_audio_buffer.stopped', { after: next.index, timeoutMs: 30_000 });
  await widget.reaches('listening');

  const frames = await tape.frames(speech.at);
  const last = frames.findLast(holdsLow)?.at ?? speech.at;
  expect(last - speech.at, 'milliseconds of the old answer after speech was detected').toBeLessThan(1_000);
  expect(frames.filter(holds(HIGH)).length, 'frames of the next answer').toBeGreaterThan(50);

  const [greeting, words, answer] = await widget.messages();
  expect(greeting).toMatchObject({ role: 'assistant', status: 'interrupted' });
  expect(greeting?.text.length).toBeLessThan(LONG.length);
  expect(LONG.startsWith(greeting?.text.trim() ?? '?')).toBe(true);
  expect(words).toMatchObject({ role: 'user', text: 'Stop, please listen to me now.', status: 'done', via: 'voice' });
  expect(answer).toMatchObject({ role: 'assistant', text: 'I am listening.', status: 'done' });
  await expect(widget.transcript.getByText('Interrupted')).toHaveCount(1);
});

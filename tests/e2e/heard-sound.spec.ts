/** The speaking activity when the server does not report playback, or stops reporting it: it follows the audible sound. */
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import { HIGH, holds, holdsLow, longThenNext, LOW, tone, untilItSounds } from './tone-answers.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

/** The `hf` profile never reports playback; a GA server may not either. */
const SERVERS = {
  hf: { attributes: { dialect: 'hf', model: 'a-model-of-theirs', 'token-url': '' }, faults: [] },
  ga: { attributes: {}, faults: [{ at: 'event', type: 'output_audio_buffer.*', fault: 'drop' }] },
} as const;

for (const [name, { attributes, faults }] of Object.entries(SERVERS)) {
  test(`${name}: an answer is shown as speaking until its sound ends, long after it was generated`, async ({ widget, site, tape }) => {
    if (name === 'hf') site.sandbox.play('hf');
    site.sandbox.script({ replies: [tone('A tone.', LOW, 4_000)], faults: [...faults] });
    const { call, began } = await untilItSounds({ widget, site, tape }, { attributes });
    // The sandbox generates answers four times as fast as it plays them.
    await call.waitForServerEvent('response.done');
    await tape.sound(began + 2_500);
    expect(await widget.state()).toBe('speaking');
    await widget.reaches('listening');
    const last = (await tape.frames()).findLast(holdsLow)?.at ?? 0;
    expect(last - began, 'milliseconds of sound before listening').toBeGreaterThan(3_500);
    expect(Date.now() - last, 'milliseconds of silence before listening').toBeLessThan(8_000);
    expect((await widget.messages()).at(-1)).toMatchObject({ role: 'assistant', status: 'done' });
  });

  test(`${name}: Interrupt silences an answer that was generated earlier, and the next one is heard`, async ({ widget, site, tape }) => {
    if (name === 'hf') site.sandbox.play('hf');
    site.sandbox.script({ replies: longThenNext(8_000), faults: [...faults] });
    const { call, began } = await untilItSounds({ widget, site, tape }, { attributes });
    await call.waitForServerEvent('response.done', { timeoutMs: 20_000 });
    await tape.sound(began + 1_000);
    await widget.reaches('speaking');
    await widget.button('Interrupt').click();
    const cutAt = Date.now();
    await call.waitForClientEvent('output_audio_buffer.clear');
    await widget.reaches('listening');
    await expect(widget.transcript.getByText('Interrupted')).toBeVisible();
    await widget.say('And now?');
    await widget.reaches('speaking', 20_000);
    await widget.reaches('listening', 20_000);
    const heard = await tape.frames(cutAt);
    expect(heard.some(holds(HIGH)), 'the next answer is heard').toBe(true);
    expect((heard.findLast(holdsLow)?.at ?? cutAt) - cutAt, 'milliseconds of the old answer after the interruption').toBeLessThan(500);
  });
}

test('a lost playback end does not leave the agent speaking', async ({ widget, site, tape }) => {
  site.sandbox.script({
    replies: [tone('A tone.', LOW, 1_500)],
    faults: [{ at: 'event', type: 'output_audio_buffer.stopped', fault: 'drop' }],
  });
  await untilItSounds({ widget, site, tape });
  await widget.reaches('speaking');
  await widget.reaches('listening', 20_000);
});

test('a custom dialect can declare that its server does not report playback', async ({ widget, site, tape }) => {
  site.sandbox.script({
    replies: [tone('A tone.', LOW, 3_000)],
    faults: [{ at: 'event', type: ['output_audio_buffer.*', 'response.output_audio*'], fault: 'drop' }],
  });
  const own = `document.querySelector('voice-agent').dialect = { name: 'acme', reportsPlayback: false };`;
  await untilItSounds({ widget, site, tape }, { script: own });
  await widget.reaches('speaking');
  await widget.reaches('listening', 20_000);
});

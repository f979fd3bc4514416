/** The Interrupt button: immediate silence, nothing more of the old answer, and the next answer is audible. */
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import { HIGH, holds, holdsLow, LONG, longThenNext, LOW, tone, untilItSounds } from './tone-answers.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

for (const generated of [false, true]) {
  test(`Interrupt stops an answer ${generated ? 'that is generated but still playing' : 'while it is generated'}`, async ({
    widget,
    site,
    tape,
  }) => {
    // The sandbox generates four times as fast as it plays.
    site.sandbox.script({ replies: longThenNext(generated ? 8_000 : 40_000) });
    const { call, began } = await untilItSounds({ widget, site, tape });
    await tape.sound(began + 1_000);
    if (generated) await call.waitForServerEvent('response.done', { timeoutMs: 20_000 });
    await widget.reaches('speaking');

    const pressed = widget.host.evaluate(
      (agent) =>
        new Promise<number>((resolve) => {
          agent.addEventListener('click', ({ timeStamp }) => resolve(Date.now() - (performance.now() - timeStamp)), {
            once: true,
            capture: true,
          });
        }),
    );
    await widget.button('Interrupt').click();
    const pressedAt = await pressed;
    await widget.reaches('listening');
    await call.waitForClientEvent('output_audio_buffer.clear');
    const cleared = await call.waitForServerEvent('output_audio_buffer.cleared');
    expect(call.events.some(({ direction, type }) => direction === 'in' && type === 'response.cancel')).toBe(!generated);
    const done = await call.waitForServerEvent('response.done');
    expect((done.event['response'] as { status: string }).status).toBe(generated ? 'completed' : 'cancelled');

    // The transcript keeps the part that was heard and marks it as interrupted.
    await expect(widget.transcript.getByText('Interrupted')).toBeVisible();
    const [, answer] = await widget.messages();
    expect(answer?.status).toBe('interrupted');
    expect(answer?.text.length).toBeGreaterThan(0);
    expect(answer?.text.length).toBeLessThan(LONG.length);
    expect(LONG.startsWith(answer?.text.trim() ?? '?'), `"${answer?.text ?? ''}"`).toBe(true);
    await expect(widget.transcript.getByText(answer?.text.trim() ?? '?')).toBeVisible();

    await widget.say('And now?');
    const started = await call.waitForServerEvent('output_audio_buffer.started', { after: cleared.index, timeoutMs: 20_000 });
    await call.waitForServerEvent('output_audio_buffer.stopped', { after: started.index, timeoutMs: 20_000 });
    await widget.reaches('listening');

    const frames = await tape.frames(pressedAt);
    const last = frames.findLast(holdsLow)?.at ?? pressedAt;
    expect(last - pressedAt, 'milliseconds of the old answer after the press').toBeLessThan(500);
    expect(
      frames.filter(({ at }) => at > last && at < started.at).filter((entry) => holds(HIGH)(entry)),
      'silence between the answers',
    ).toEqual([]);
    expect(frames.filter(holds(HIGH)).length, 'frames of the next answer').toBeGreaterThan(50);
  });
}

test('Interrupt is local: it silences the answer even if the server keeps sending', async ({ widget, site, tape }) => {
  site.sandbox.script({
    replies: [tone(LONG, LOW, 20_000)],
    faults: [{ at: 'client-event', type: ['response.cancel', 'output_audio_buffer.clear'], fault: 'ignore' }],
  });
  const { call } = await untilItSounds({ widget, site, tape });
  const pressedAt = await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => {
    agent.interrupt();
    return Date.now();
  });
  await call.waitForClientEvent('output_audio_buffer.clear');
  const { sounding } = call.frames;
  await expect.poll(() => call.frames.sounding - sounding, 'frames that the server still sends').toBeGreaterThan(75);
  const late = (await tape.frames(pressedAt + 300)).filter(holdsLow);
  expect(late, 'frames that are still heard').toEqual([]);
});

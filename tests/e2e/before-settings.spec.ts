/**
 * The visitor's audio is sent only after the call's settings are confirmed: before that, the server would split it into turns
 * and transcribe it with its own settings.
 */
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

// A visitor who speaks continuously, starting before the call.
const speech = await record('before-settings', ['One two three four five six seven eight nine ten eleven twelve.']);
test.use({ launchOptions: chromiumLaunch({ wav: speech.path, loop: true }) });

const SILENCE = -70;
const VOICE = -50;

for (const transport of ['webrtc', 'websocket']) {
  test(`${transport}: no audio reaches the server before it has confirmed the settings`, async ({ widget, site }) => {
    site.sandbox.script({ faults: [{ at: 'event', type: 'session.updated', fault: 'drop', times: 1 }] });
    await widget.open(site, { attributes: { transport } });
    await widget.button('Start talking').click();
    const unconfirmed = await site.sandbox.nextCall({ timeoutMs: 15_000 });
    // The attempt is given up after several seconds of speech.
    await widget.reaches('failed');
    expect(unconfirmed.inputLevel({ since: 0 })).toBeLessThanOrEqual(SILENCE);
    expect(unconfirmed.events.map(({ type }) => type)).not.toContain('input_audio_buffer.speech_started');

    await widget.button('Try again').click();
    const call = await site.sandbox.nextCall({ timeoutMs: 15_000 });
    await call.waitForServerEvent('input_audio_buffer.speech_started', { timeoutMs: 30_000 });
    expect(call.inputLevel({ since: 0 })).toBeGreaterThan(VOICE);
  });
}

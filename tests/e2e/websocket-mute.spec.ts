/** Muted over WebSocket: digital silence at the server, because the page itself sends the audio. */
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const speech = await record('mute', ['One two three four five six seven eight nine ten eleven twelve.']);
const attributes = { transport: 'websocket' };
test.use({ launchOptions: chromiumLaunch({ wav: speech.path, loop: true }) });

test('no sample of the visitor’s voice is sent while muted, before and during the call', async ({ widget, site }) => {
  await widget.open(site, { attributes: { ...attributes, muted: true, 'turn-detection': 'none' } });
  await widget.button('Start talking').click();
  const call = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await widget.reaches('connected');
  const pieces = async (count: number): Promise<void> => {
    const before = call.frames.received;
    await expect.poll(() => call.frames.received - before, { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
  };
  await pieces(75);
  expect(
    call.inputAudio().every((sample) => sample === 0),
    'digital silence',
  ).toBe(true);
  await widget.button('Mute').click();
  await expect.poll(() => call.inputLevel({ since: Date.now() - 500 }), { timeout: 30_000 }).toBeGreaterThan(-50);
  await widget.button('Mute').click();
  await expect(widget.button('Mute')).toHaveAttribute('aria-pressed', 'true');
  // Audio in flight at the click is the last audible piece.
  await pieces(25);
  const since = Date.now();
  await pieces(75);
  expect(call.inputLevel({ since })).toBe(-100);
});

/** While the visitor is muted, the server receives silence; no audio leaves the page before, between or after calls. */
import type { SandboxCall } from '../../src/sandbox/index.js';
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

// Speech without pauses: silence at the server can only come from muting.
const speech = await record('mute', ['One two three four five six seven eight nine ten eleven twelve.']);
const page = { attributes: { 'turn-detection': 'none' } };

/** A muted microphone encoded with Opus is far below this level; a quiet room is far above. */
const SILENCE = -70;
const VOICE = -50;
/** Milliseconds in which the codec's memory of the last sound fades. */
const FADE = 100;

test.use({ launchOptions: chromiumLaunch({ wav: speech.path, loop: true }) });

/** Waits for this many more 20 ms frames. */
async function frames(call: SandboxCall, count: number): Promise<void> {
  const before = call.frames.received;
  await expect.poll(() => call.frames.received - before, { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
}

const hearsVoice = (call: SandboxCall, since: number) =>
  expect.poll(() => call.inputLevel({ since: Math.max(since, Date.now() - 1_000) }), { timeout: 30_000 }).toBeGreaterThan(VOICE);

const loudest = (call: SandboxCall): number => Math.max(...call.levels.map(({ dbfs }) => dbfs));

test('muting silences the microphone at the server, and unmuting restores it', async ({ widget, site }) => {
  await widget.open(site, page);
  await widget.button('Start talking').click();
  const call = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await widget.reaches('connected');
  await hearsVoice(call, 0);

  const mute = widget.button('Mute');
  for (const silence of [
    () => mute.click(),
    () => widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) => agent.mute()),
    () => widget.host.evaluate((agent) => agent.setAttribute('muted', '')),
  ]) {
    await expect(mute).toHaveAttribute('aria-pressed', 'false');
    await expect(widget.host).toHaveJSProperty('muted', false);
    const mutedAt = Date.now();
    await silence();
    await expect(mute).toHaveAttribute('aria-pressed', 'true');
    await expect(widget.host).toHaveJSProperty('muted', true);
    // Frames in flight at the click are the last audible ones.
    await expect.poll(() => Date.now() - (call.silenceSince ?? Date.now()), { timeout: 30_000 }).toBeGreaterThan(4 * FADE);
    const since = call.silenceSince ?? 0;
    expect(since - mutedAt, 'milliseconds until silence').toBeLessThan(1_000);
    await frames(call, 75);
    expect(call.silenceSince, 'still silent').toBe(since);
    // The codec fades the last sound over its next frames; after those there is silence.
    expect(call.inputLevel({ since: since + FADE })).toBeLessThanOrEqual(SILENCE);

    const openedAt = Date.now();
    await mute.click();
    await hearsVoice(call, openedAt);
  }
});

test('a call that starts muted sends no audible frame, and neither does the next call', async ({ widget, site }) => {
  await widget.open(site, { attributes: { ...page.attributes, muted: true } });
  await widget.button('Start talking').click();
  const first = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await widget.reaches('connected');
  await expect(widget.button('Mute')).toHaveAttribute('aria-pressed', 'true');
  await frames(first, 75);
  expect(loudest(first), 'silent from the first frame').toBeLessThanOrEqual(SILENCE);

  await widget.button('End call').click();
  await widget.button('Call again').click();
  const second = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await widget.reaches('connected');
  await frames(second, 75);
  expect(loudest(second), 'the next call is silent, too').toBeLessThanOrEqual(SILENCE);

  const openedAt = Date.now();
  await widget.button('Mute').click();
  await hearsVoice(second, openedAt);
  await expect(widget.host).toHaveJSProperty('muted', false);
});

test('muting while the call connects takes effect', async ({ widget, site }) => {
  await widget.open(site, page);
  await widget.host.evaluate(async (agent: HTMLElementTagNameMap['voice-agent']) => {
    agent.open = true;
    const connected = agent.connect();
    agent.mute();
    await connected;
  });
  const call = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await expect(widget.button('Mute')).toHaveAttribute('aria-pressed', 'true');
  await frames(call, 75);
  expect(loudest(call)).toBeLessThanOrEqual(SILENCE);
});

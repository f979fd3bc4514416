/** While the visitor is muted the server measures silence; no sample gets out before, between or after calls. */
import type { SandboxCall } from '../../src/sandbox/index.js';
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

// Somebody who never stops to speak: silence at the server can only be the muted microphone.
const speech = await record('mute', ['One two three four five six seven eight nine ten eleven twelve.']);
const page = { attributes: { 'turn-detection': 'none' } };

/** What Opus leaves of a muted microphone is far below; a quiet room is far above. */
const SILENCE = -70;
const VOICE = -50;
/** Milliseconds in which the codec's memory of the last sound fades. */
const FADE = 100;

test.use({ launchOptions: chromiumLaunch({ wav: speech.path, loop: true }) });

/** Waits for so many more frames of 20 ms. */
async function frames(call: SandboxCall, count: number): Promise<void> {
  const before = call.frames.received;
  await expect.poll(() => call.frames.received - before, { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
}

const hearsVoice = (call: SandboxCall, since: number) =>
  expect.poll(() => call.inputLevel({ since: Math.max(since, Date.now() - 1_000) }), { timeout: 30_000 }).toBeGreaterThan(VOICE);

const loudest = (call: SandboxCall): number => Math.max(...call.levels.map(({ dbfs }) => dbfs));

test('muted: silence at the server; unmuted: the voice again', async ({ widget, site }) => {
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
    // Frames on their way at the moment of the click are the last that sound.
    await expect.poll(() => Date.now() - (call.silenceSince ?? Date.now()), { timeout: 30_000 }).toBeGreaterThan(4 * FADE);
    const since = call.silenceSince ?? 0;
    expect(since - mutedAt, 'milliseconds until silence').toBeLessThan(1_000);
    await frames(call, 75);
    expect(call.silenceSince, 'still the same silence').toBe(since);
    // The codec lets the last sound fade over its next frames; after those there is nothing at all.
    expect(call.inputLevel({ since: since + FADE })).toBeLessThanOrEqual(SILENCE);

    const openedAt = Date.now();
    await mute.click();
    await hearsVoice(call, openedAt);
  }
});

test('muted before the call: not one loud frame, also in the next call', async ({ widget, site }) => {
  await widget.open(site, { attributes: { ...page.attributes, muted: true } });
  await widget.button('Start talking').click();
  const first = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await widget.reaches('connected');
  await expect(widget.button('Mute')).toHaveAttribute('aria-pressed', 'true');
  await frames(first, 75);
  expect(loudest(first), 'from the first frame').toBeLessThanOrEqual(SILENCE);

  await widget.button('End call').click();
  await widget.button('Call again').click();
  const second = await site.sandbox.nextCall({ timeoutMs: 20_000 });
  await widget.reaches('connected');
  await frames(second, 75);
  expect(loudest(second), 'the next call').toBeLessThanOrEqual(SILENCE);

  const openedAt = Date.now();
  await widget.button('Mute').click();
  await hearsVoice(second, openedAt);
  await expect(widget.host).toHaveJSProperty('muted', false);
});

test('muted while the call is being made', async ({ widget, site }) => {
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

/** Page actions during a call: repeated calls, rapid changes, moving, hiding, and two elements. */
import { NOTHING } from '../support/resource-probe.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

test('five connect() calls share one key, one call and one promise', async ({ widget, site, resources }) => {
  await widget.open(site);
  const same = await widget.host.evaluate(async (agent: Agent) => {
    const promises = [1, 2, 3, 4, 5].map(() => agent.connect());
    await Promise.all(promises);
    return promises.every((promise) => promise === promises[0]);
  });
  expect(same).toBe(true);
  await widget.host.evaluate((agent: Agent) => agent.connect());
  expect(site.sandbox.keys).toHaveLength(1);
  expect(site.sandbox.calls).toHaveLength(1);
  expect(await resources.asked()).toMatchObject({ microphone: 1, connections: 1 });
});

test('after rapid connect() and close() calls, the last one wins', async ({ widget, site, resources, fired }) => {
  await widget.open(site);
  const play = (seed: number, last: 'connect' | 'close') =>
    widget.host.evaluate(
      async (agent: Agent, [first, end]) => {
        let random = first;
        const next = (): number => (random = (random * 48_271) % 2_147_483_647) / 2_147_483_647;
        const codes = new Set<string>();
        const attempt = (): Promise<void> => agent.connect().catch((error: { code: string }) => void codes.add(error.code));
        for (let round = 0; round < 25; round++) {
          void (next() < 0.5 ? attempt() : agent.close());
          const pause = next();
          if (pause > 0.3) await new Promise((resolve) => setTimeout(resolve, pause ** 4 * 500));
        }
        await (end === 'close' ? agent.close() : attempt());
        return [...codes];
      },
      [seed, last] as const,
    );

  for (const code of await play(20_261_121, 'close')) expect(code).toBe('aborted');
  expect(await widget.state()).toMatch(/idle|disconnected/);
  expect(await resources.settled()).toEqual(NOTHING);

  for (const code of await play(4_711, 'connect')) expect(code).toBe('aborted');
  expect(await widget.host.evaluate((agent: Agent) => agent.state)).toBe('connected');
  expect(await resources.held()).toMatchObject({ tracks: 1, connections: 1, players: 1 });
  await expect.poll(() => site.sandbox.calls.filter(({ state }) => state !== 'ended').length, { timeout: 15_000 }).toBe(1);

  await widget.host.evaluate((agent: Agent) => agent.close());
  expect(await resources.settled()).toEqual(NOTHING);
  await expect.poll(() => site.sandbox.calls.filter(({ state }) => state !== 'ended').length, { timeout: 15_000 }).toBe(0);
  expect(await fired.of('voice-agent-error')).toEqual([]);
});

test('a second widget takes the microphone from the first call', async ({ page, widget, site, resources }) => {
  await widget.open(site, { script: `document.body.append(document.querySelector('voice-agent').cloneNode())` });
  await expect(widget.host).toHaveCount(2);
  const [first, second] = [widget.host.first(), widget.host.last()];
  await first.evaluate((agent: Agent) => agent.connect());
  const call = await site.sandbox.nextCall();
  await second.evaluate((agent: Agent) => agent.connect());
  await expect(first).toHaveJSProperty('state', 'disconnected');
  await expect(second).toHaveJSProperty('state', 'connected');
  expect(await call.ended).toBe('client-closed');
  await expect.poll(() => resources.held()).toMatchObject({ tracks: 1, connections: 1, players: 1 });
  await page.evaluate(() => document.querySelectorAll('voice-agent').forEach((agent) => void agent.close()));
  expect(await resources.settled()).toEqual(NOTHING);
});

test('the call continues when the element moves within the document', async ({ page, widget, site }) => {
  const move = () => page.evaluate(() => document.querySelector('main')?.prepend(document.querySelector('voice-agent') as Agent));
  await widget.open(site, { body: '<p>Its content.</p><section></section>' });
  await widget.button('Start talking').click();
  await widget.reaches('connecting');
  await move();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await page.evaluate(() => document.querySelector('section')?.append(document.querySelector('voice-agent') as Agent));
  await widget.say('Still there?');
  await expect(widget.transcript.getByText('You wrote: Still there?')).toBeVisible();
  expect(call.state).toBe('open');
  expect(site.sandbox.calls).toHaveLength(1);
  expect(await widget.host.evaluate((agent: Agent) => agent.parentElement?.localName)).toBe('section');
});

test('the call continues in a hidden tab', async ({ page, widget, site, tape }) => {
  await widget.open(site);
  await tape.listen();
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  // Simulates a hidden tab: no animation frames, timers once a second.
  await page.evaluate(() => {
    const { setTimeout } = window;
    Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
    Object.defineProperty(document, 'hidden', { value: true });
    window.requestAnimationFrame = () => 0;
    window.setTimeout = ((callback: () => void, milliseconds?: number) =>
      setTimeout(callback, Math.max(1_000, milliseconds ?? 0))) as typeof setTimeout;
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  });
  const received = call.frames.received;
  const before = Date.now();
  await widget.host.evaluate((agent: Agent) => agent.send('Are you there?'));
  await tape.sound(before);
  await call.waitForServerEvent('output_audio_buffer.stopped', { timeoutMs: 20_000 });
  await expect.poll(async () => (await widget.messages()).map(({ text }) => text)).toEqual(['Are you there?', 'You wrote: Are you there?']);
  expect(call.state).toBe('open');
  expect(call.frames.received).toBeGreaterThan(received + 25);
  await widget.host.evaluate((agent: Agent) => agent.close());
  expect(await call.ended).toBe('client-closed');
});

/** Runs the examples of `src/transport/README.md` unchanged over both transports. */
import { readFileSync } from 'node:fs';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

const manual = readFileSync(new URL('../../src/transport/README.md', import.meta.url), 'utf8');

/** The code under a heading, run once the element is defined; `then` is the test's own code. */
function example(heading: string, then = ''): string {
  const code = manual
    .split(`\n## ${heading}\n`)[1]
    ?.split('\n## ')[0]
    ?.match(/run by tests\/e2e\/transport-docs\.spec\.ts -->\n```js\n([\s\S]*?)```/)?.[1];
  if (!code) throw new Error(`There is no example under "${heading}".`);
  return `await customElements.whenDefined('voice-agent');\n${code}\n${then}\ndocument.body.dataset.done = '';`;
}

type Agent = HTMLElementTagNameMap['voice-agent'];

for (const transport of ['webrtc', 'websocket']) {
  test(`${transport}: the example for your own stream and element works`, async ({ page, widget, site, resources }) => {
    const script = example('Your own stream and element');
    await widget.open(site, { attributes: { transport, 'turn-detection': 'none', open: true }, body: '<audio></audio>', script });
    await expect(page.locator('body')).toHaveAttribute('data-done');
    await widget.host.evaluate((agent: Agent) => agent.connect());
    const call = await site.sandbox.nextCall();
    await expect.poll(() => call.inputLevel({ since: Date.now() - 500 }), { message: 'the example’s tone' }).toBeGreaterThan(-30);
    await expect.poll(() => page.evaluate(() => document.querySelector('audio')?.srcObject instanceof MediaStream)).toBe(true);
    expect(await resources.asked()).toMatchObject({ microphone: 0, permission: 0 });
  });

  test(`${transport}: the example for your own sound works`, async ({ page, widget, site }) => {
    site.sandbox.script({ replies: ['Three seconds of a tone.'] });
    await page.goto(site.page({ attributes: { transport, open: true }, script: example('Your own sound') }));
    await expect(page.locator('body')).toHaveAttribute('data-done', { timeout: 30_000 });
    await expect(widget.transcript.getByText('Three seconds of a tone.')).toBeVisible({ timeout: 30_000 });
    const call = await site.sandbox.nextCall();
    const audio = call.events
      .filter(({ type, direction }) => direction === 'in' && type === 'input_audio_buffer.append')
      .map(({ event }) => Buffer.from(String(event['audio']), 'base64'));
    const loud = audio.reduce((sum, bytes) => sum + (bytes.some((byte) => byte !== 0) ? bytes.length : 0), 0);
    expect(loud, 'bytes of three seconds').toBe(3 * 48_000);
  });

  test(`${transport}: the example for raw events works`, async ({ page, site }) => {
    await page.goto(
      site.page({
        attributes: { transport, open: true },
        body: '<output></output>',
        script: example('Raw events', 'Object.assign(window, { seen });'),
      }),
    );
    await expect(page.locator('output')).toHaveText('Good evening to you.', { timeout: 30_000 });
    const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
    expect(seen).toContain('response.created');
  });
}

/** The React component: rendered on a server, hydrated in the page, and then used in a call, with React 18 and 19. */
import { EVENTS } from '../../src/frameworks/element-props.js';
import { chromiumLaunch } from '../support/chromium.js';
import { buildReactApp } from '../support/react-app.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

type Agent = HTMLElementTagNameMap['voice-agent'];

declare global {
  interface Window {
    before: Agent;
    element: Agent;
    reported: { prop: string; type: string; run: number; keys: string[] }[];
    problems: string[];
    version: string;
    setRun(run: number): void;
    setShown(shown: boolean): void;
  }
}

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

/** What React logs in development, if server and page differ. */
const warnings: string[] = [];

for (const major of [18, 19] as const) {
  test(`React ${String(major)}: server rendering, hydration, and a call`, async ({ page, widget, site }) => {
    warnings.length = 0;
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) warnings.push(message.text());
    });
    const tokens: (string | null)[] = [];
    site.answer('/react/token', ({ headers }) => {
      tokens.push(headers.get('authorization'));
      return Response.json(site.sandbox.mintKey({ session: { type: 'realtime', model: 'gpt-realtime-2.1' } }));
    });
    const render = await buildReactApp(major, site);
    const props = { baseUrl: site.sandbox.url, tokenUrl: '/react/token', events: Object.keys(EVENTS) };
    const rendered = render(props);

    await test.step('the server renders the tag with its attributes, and without objects, functions and tokens', () => {
      const [, attributes = ''] = /<voice-agent([^>]*)><\/voice-agent>/.exec(rendered) ?? [];
      const names = [...attributes.matchAll(/ ([\w-]+)="/g)].map(([, name]) => name);
      expect(names.sort()).toEqual(
        ['base-url', 'class', 'heading', 'placement', 'removal-delay', 'theme', 'timeout', 'token-url', 'voice'].sort(),
      );
      expect(attributes).toContain(' token-url="/react/token"');
      expect(attributes).toContain(' timeout="20000"');
    });

    await page.goto(
      site.page({
        attributes: false,
        scripts: 0,
        body: `<div id="root">${rendered}</div>`,
        script: `window.appProps = ${JSON.stringify(props)};\nawait import('/react-${String(major)}/client.js');`,
      }),
    );
    await expect(widget.host).toHaveJSProperty('state', 'idle');

    await test.step('hydration keeps the element, and sets its properties', async () => {
      expect(await page.evaluate(() => window.version)).toMatch(`${String(major)}.`);
      const found = await page.evaluate(async () => ({
        same: window.before === window.element && window.before === document.querySelector('voice-agent'),
        tools: window.element.tools?.map(({ name }) => name),
        sessionConfig: window.element.sessionConfig,
        visitorToken:
          typeof window.element.visitorToken === 'function' &&
          (await window.element.visitorToken({ signal: new AbortController().signal })),
        look: [window.element.timeout, window.element.theme, window.element.open, window.element.hidden, window.element.className],
        problems: window.problems,
      }));
      expect(found).toEqual({
        same: true,
        tools: ['get_run', 'pay'],
        sessionConfig: { max_output_tokens: 500 },
        visitorToken: 'visitor-0',
        look: [20_000, 'dark', false, false, 'agent'],
        problems: [],
      });
    });

    await test.step('each event reaches its prop, with the handler of the latest rendering, once', async () => {
      for (const run of [0, 1]) {
        await page.evaluate((number) => window.setRun(number), run);
        await expect(page.getByRole('heading', { name: `Run ${String(run)}` })).toBeVisible();
        const before = await page.evaluate(() => window.reported.length);
        // Setting `open` fires one of the events, too.
        await page.evaluate(
          (names) => names.forEach((name) => window.element.dispatchEvent(new CustomEvent(name, { detail: { probe: name } }))),
          Object.values(EVENTS),
        );
        const probes = async (): Promise<unknown[]> =>
          (await page.evaluate(() => window.reported)).slice(before).flatMap(({ keys, ...event }) => (keys[0] === 'probe' ? [event] : []));
        await expect.poll(probes).toEqual(Object.entries(EVENTS).map(([prop, type]) => ({ prop, type, run })));
      }
    });

    await test.step('a changed property is set; an unchanged one keeps what the visitor changed', async () => {
      await expect(widget.host).toHaveJSProperty('open', true);
      await page.evaluate(() => window.setRun(2));
      await expect(widget.host).toHaveJSProperty('open', false);
      await widget.host.evaluate((agent: Agent) => (agent.open = true));
      await page.evaluate(() => window.setRun(3));
      await expect(page.getByRole('heading', { name: 'Run 3' })).toBeVisible();
      await expect(widget.host).toHaveJSProperty('open', true);
      expect(await page.evaluate(() => [window.element.timeout, window.element.voice, window.element.theme])).toEqual([
        20_003,
        undefined,
        'auto',
      ]);
    });

    await test.step('a call uses the properties and fires the events', async () => {
      await widget.host.evaluate((agent: Agent) => (agent.open = false));
      await widget.button(/Ask Ada/).click();
      await widget.reaches('connected');
      expect(tokens).toEqual(['Bearer visitor-3']);
      const call = await site.sandbox.nextCall();
      expect(call.sessionConfig.max_output_tokens).toBe(503);
      await widget.say('Please call get_run');
      await expect(widget.transcript.getByText('The tool get run answered: run 3')).toBeVisible({ timeout: 30_000 });
      await widget.say('Please call pay');
      await widget.button('Allow').click();
      await expect(widget.transcript.getByText('The tool pay answered: paid')).toBeVisible({ timeout: 30_000 });
      await page.evaluate(() => window.element.mute());
      await page.evaluate(() => window.element.close());
      await widget.reaches('disconnected');
      const fired = new Set(await page.evaluate(() => window.reported.filter(({ keys }) => keys[0] !== 'probe').map(({ prop }) => prop)));
      expect([...fired].sort()).toEqual(
        Object.keys(EVENTS)
          .filter((prop) => !['onEnding', 'onError', 'onMessageRevised'].includes(prop))
          .sort(),
      );
    });

    await test.step('after unmounting, no handler is called', async () => {
      const before = await page.evaluate(() => window.reported.length);
      await page.evaluate(() => window.setShown(false));
      await expect(widget.host).toHaveCount(0);
      await page.evaluate(() => window.before.dispatchEvent(new CustomEvent('voice-agent-message', { detail: { probe: 1 } })));
      expect(await page.evaluate(() => window.reported.length)).toBe(before);
    });
    expect(warnings).toEqual([]);
  });
}

/** The element is moved, removed and copied during a call, as routers and Turbo do. */
import { NOTHING } from '../support/resource-probe.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

test('the call continues when the element is detached for a while and inserted into a new body', async ({ page, widget, site }) => {
  await widget.open(site, { attributes: { placement: 'bottom-end' } });
  await widget.host.evaluate((agent: Agent) => agent.connect());
  const call = await site.sandbox.nextCall();
  await page.evaluate(async () => {
    const agent = document.querySelector('voice-agent') as Agent;
    for (let visit = 0; visit < 3; visit++) {
      document.body.replaceWith(document.createElement('body'));
      await new Promise((resolve) => setTimeout(resolve, 250));
      document.body.append(agent);
    }
    await new Promise((resolve) => setTimeout(resolve, 600));
  });
  expect(await widget.host.evaluate((agent: Agent) => agent.state)).toBe('connected');
  expect(call.state).toBe('open');
});

test('removing the element ends the call within a second', async ({ page, widget, site, resources }) => {
  await widget.open(site);
  await widget.host.evaluate((agent: Agent) => agent.connect());
  await page.evaluate(() => document.querySelector('voice-agent')?.remove());
  expect(await resources.settled()).toEqual(NOTHING);
});

test('removal-delay sets how long a call survives removal', async ({ page, widget, site, resources }) => {
  await widget.open(site, { attributes: { 'removal-delay': '3000' } });
  await widget.host.evaluate((agent: Agent) => agent.connect());
  const state = await page.evaluate(async () => {
    const agent = document.querySelector('voice-agent') as Agent;
    agent.remove();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    document.body.append(agent);
    return agent.state;
  });
  expect(state).toBe('connected');
  await page.evaluate(() => {
    const agent = document.querySelector('voice-agent') as Agent;
    agent.setAttribute('removal-delay', '0');
    agent.remove();
  });
  expect(await resources.settled()).toEqual(NOTHING);
});

test('removing the element while code is loading prevents the call', async ({ page, widget, site, resources }) => {
  await widget.open(site);
  let go!: () => void;
  const held = new Promise<void>((resolve) => (go = resolve));
  await page.route(/\/chunks\/engine/, async (route) => {
    await held;
    await route.continue();
  });
  const outcome = page.evaluate(() => {
    const agent = document.querySelector('voice-agent') as Agent;
    const connecting = agent.connect().then(
      () => 'connected',
      (error: { code: string }) => error.code,
    );
    agent.remove();
    return connecting;
  });
  go();
  await outcome;
  await expect.poll(async () => (await resources.held()).tracks).toBe(0);
  expect(await resources.settled()).toEqual(NOTHING);
});

test('the call ends when the element’s iframe is removed', async ({ page, widget, site, resources }) => {
  await widget.open(site, { body: '<iframe></iframe>' });
  await widget.host.evaluate((agent: Agent) => agent.connect());
  const state = await page.evaluate(async () => {
    const agent = document.querySelector('voice-agent') as Agent;
    const frame = document.querySelector('iframe') as HTMLIFrameElement;
    frame.contentDocument?.body.append(agent);
    await new Promise((resolve) => setTimeout(resolve, 800));
    const { state } = agent;
    frame.remove();
    return state;
  });
  expect(state, 'in the frame').toBe('connected');
  expect(await resources.settled()).toMatchObject({ tracks: 0, connections: 0 });
});

test('a copy of the page does not keep the widget’s open and muted state', async ({ page, widget, site }) => {
  await widget.open(site, { attributes: { placement: 'bottom-end' } });
  await widget
    .button(/Talk to us/)
    .first()
    .click();
  await widget.reaches('connected');
  await widget.button('Mute').click();
  await expect(widget.host).toHaveJSProperty('muted', true);
  const kept = await page.evaluate(() => {
    const copy = document.body.cloneNode(true) as HTMLElement;
    const { open, muted } = copy.querySelector('voice-agent') as Agent;
    return { open, muted };
  });
  expect(kept).toEqual({ open: false, muted: false });
});

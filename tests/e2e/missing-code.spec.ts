/**
 * Each lazy file of the built widget is missing in turn, before and during a call, as after a deploy that replaced the files:
 * the microphone is never live without Mute and End call, and unavailable features are reported.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Page, Request } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';
import type { ResourceProbe } from '../support/resource-probe.js';
import type { PageOptions } from '../support/site.js';
import { silentRoom } from '../support/spoken.js';
import { brokeredPage } from './brokered-fixtures.js';
import { expect, siteOf, test as base } from './fixtures.js';
import type { Widget } from './fixtures.js';
import { goOffline, pendingRequests } from './offline.js';
import type { Site } from '../support/site.js';

const room = await silentRoom();
const test = base.extend<object, { site: Site }>({
  site: siteOf({ further: { '/notes': { session: { type: 'transcription', transcription: { model: 'gpt-transcribe' } } } } }),
});
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];
type Way = '404' | 'html' | 'no connection';

interface Chunk {
  file: string;
  name?: string;
  imports?: string[];
}
const manifest = JSON.parse(readFileSync(new URL('../../dist/.script-manifest.json', import.meta.url), 'utf8')) as Record<string, Chunk>;
/** The manifest key of a source. A chunk that combines several sources has a name instead of a source. */
function keyOf(source: string): string {
  const key = source in manifest ? source : Object.keys(manifest).find((one) => manifest[one]?.name === basename(source, '.ts'));
  if (!key) throw new Error(`The build has no chunk for ${source}.`);
  return key;
}
const fileOf = (source: string): string => manifest[keyOf(source)]?.file ?? '';
/** The files of these sources and of all their imports. */
function filesOf(...sources: string[]): Set<string> {
  const files = new Set<string>();
  for (const queue = sources.map(keyOf); queue.length > 0;) {
    const key = queue.pop() as string;
    files.add(fileOf(key));
    queue.push(...(manifest[key]?.imports ?? []));
  }
  return files;
}
/** Files that every call loads; they are tested only with the first call. */
const COMMON = filesOf(
  'src/element/engine.ts',
  'src/element/panel.ts',
  'src/transport/webrtc/index.ts',
  'src/media/level-meter.ts',
  'src/session/offer-exchange.ts',
  'src/element/reachable-controls.ts',
  'src/session/audio-sender.ts',
  'src/session/history-diff.ts',
);
const FIRST = ['voice-agent.js', Object.values(manifest).find(({ file }) => file.startsWith('chunks/core'))?.file];
const LAZY = [...new Set(Object.values(manifest).map(({ file }) => file))].filter((file) => !FIRST.includes(file) && file !== 'agents.js');

const script = `
const agent = document.querySelector('voice-agent');
agent.tools = [{ name: 'pay', needsApproval: true, execute: () => 'paid' }];`;
const attributes = { placement: 'bottom-end', heading: 'Ask us' };

/** Calls that together load every file. */
const CALLS: Record<string, PageOptions> = {
  'over WebRTC': { attributes: { ...attributes, reconnect: true }, script },
  'over WebSocket': { attributes: { ...attributes, transport: 'websocket' } },
  'of another dialect': { attributes: { ...attributes, dialect: 'azure' } },
  'that only transcribes': {
    attributes: { ...attributes, mode: 'transcription', 'token-url': '/notes/voice/token', for: 'field' },
    body: '<textarea id="field"></textarea>',
  },
  'that the server places': brokeredPage('/voice/call', { attributes }),
};

/** Answers requests for a file as if it were missing. Returns a function that counts the requests. */
async function withhold(page: Page, file: string, way: Way): Promise<() => number> {
  let asked = 0;
  await page.route(`**/${file}*`, (route) => {
    asked += 1;
    if (way === 'no connection') return route.abort('connectionrefused');
    if (way === 'html') return route.fulfill({ status: 200, contentType: 'text/html', body: '<!doctype html><title>Home</title>' });
    return route.fulfill({ status: 404, body: 'Not found' });
  });
  return () => asked;
}

const launcher = (widget: Widget) => widget.button(/Ask us/).first();

/** Waits for the result of the attempt: a call with its controls, or no microphone and a "Reload the page" button. */
async function expectControlsOrReload(widget: Widget, resources: ResourceProbe): Promise<'connected' | 'failed'> {
  await expect.poll(() => widget.host.evaluate((agent: Agent) => agent.state), { timeout: 30_000 }).toMatch(/^(connected|failed)$/);
  const state = await widget.host.evaluate((agent: Agent) => agent.state);
  if (state === 'connected') {
    await expectControls(widget);
    return 'connected';
  }
  await expect.poll(async () => (await resources.held()).tracks).toBe(0);
  await expect(widget.button(/Reload page/).first()).toBeVisible();
  return 'failed';
}

const END = /^(End call|Stop)$/;

async function expectControls(widget: Widget): Promise<void> {
  await expect(widget.button('Mute')).toBeVisible();
  await expect(widget.button(END)).toBeVisible();
}

/** Uses every feature of a call, so that all its files are requested. */
async function useAll(widget: Widget, site: Site): Promise<void> {
  site.sandbox.script({ replies: [{ items: [{ call: 'pay', arguments: { sum: 5 } }] }, null] });
  await widget.host.evaluate(async (agent: Agent) => {
    const quiet = (): undefined => undefined;
    await agent.send(new Int16Array(2400), { commit: false }).catch(quiet);
    await agent.resetHistory([]).catch(quiet);
    if (agent.mode === 'transcription') return;
    const answered = new Promise<void>((resolve) => {
      agent.addEventListener('voice-agent-server-event', ({ detail }) => detail.event.type === 'response.done' && resolve());
    });
    await agent.send('Do it').catch(quiet);
    await answered;
  });
}

for (const [what, options] of Object.entries(CALLS)) {
  test(`a call ${what}: a missing file never leaves a live microphone without controls`, async ({ page, widget, site, resources }) => {
    test.setTimeout(400_000);
    site.sandbox.play(what === 'of another dialect' ? 'azure' : 'ga');
    const files: string[] = [];
    const fileOfRequest = (request: Request): string => new URL(request.url()).pathname.slice(1);
    const isLazy = (request: Request): boolean => LAZY.includes(fileOfRequest(request));
    page.on('request', (request) => void (isLazy(request) && files.push(fileOfRequest(request))));
    const pending = pendingRequests(page, isLazy);
    const loaded = () => expect.poll(() => pending.size).toBe(0);
    // Without missing files: record which files this call requests, and when.
    await widget.open(site, options);
    await launcher(widget).click();
    expect(await expectControlsOrReload(widget, resources)).toBe('connected');
    const before = new Set(files);
    await useAll(widget, site);
    await loaded();
    expect(before.size).toBeGreaterThan(5);

    const isOwn = (file: string): boolean => what === 'over WebRTC' || !COMMON.has(file);
    for (const file of [...before].filter(isOwn)) {
      await test.step(`missing before the call: ${file}`, async () => {
        const asked = await withhold(page, file, '404');
        await widget.open(site, options);
        await launcher(widget).click();
        await expectControlsOrReload(widget, resources);
        await expect.poll(asked, 'requests for the file').toBeGreaterThan(0);
        await page.unroute(`**/${file}*`);
      });
    }
    for (const file of [...new Set(files)].filter(isOwn)) {
      await test.step(`missing during the call: ${file}`, async () => {
        await page.unroute(`**/${file}*`);
        await widget.open(site, options);
        await launcher(widget).click();
        expect(await expectControlsOrReload(widget, resources)).toBe('connected');
        await withhold(page, file, '404');
        await useAll(widget, site);
        await loaded();
        expect(await widget.host.evaluate((agent: Agent) => agent.state)).toBe('connected');
        await expectControls(widget);
        await widget.button(END).click();
        await expect.poll(async () => (await resources.held()).tracks).toBe(0);
        await page.unroute(`**/${file}*`);
      });
    }
  });
}

test.describe('the panel or the engine is missing', () => {
  for (const source of ['src/element/panel.ts', 'src/element/engine.ts']) {
    for (const way of ['404', 'html', 'no connection'] as const) {
      test(`${source}, ${way}: connect() rejects with load_failed, the error is emitted, and "Reload page" reloads it`, async ({
        page,
        widget,
        site,
        resources,
        fired,
      }) => {
        await widget.open(site, { attributes });
        await withhold(page, fileOf(source), way);
        const code = await widget.host.evaluate((agent: Agent) =>
          agent.connect().then(
            () => 'connected',
            (error: { code: string }) => error.code,
          ),
        );
        expect(code).toBe('load_failed');
        expect((await fired.of('voice-agent-error')).map(({ error }) => error.code)).toEqual(['load_failed']);
        // The key is fetched while the panel loads; without the engine no attempt starts.
        const states = (await fired.of('voice-agent-state-change')).map(({ state }) => state);
        expect(states).toEqual(source === 'src/element/panel.ts' ? ['connecting', 'failed'] : ['failed']);
        expect((await resources.asked()).microphone).toBe(0);
        await expect.poll(() => resources.held()).toMatchObject({ tracks: 0, connections: 0 });

        await expect(launcher(widget)).toHaveAccessibleName(/Reload page/);
        await page.unroute(`**/${fileOf(source)}*`);
        const reloaded = page.waitForEvent('framenavigated');
        await launcher(widget).click();
        await reloaded;
        await launcher(widget).click();
        await widget.reaches('connected');
        await expectControls(widget);
      });
    }
  }

  test('an inline card offers to reload the page', async ({ page, widget, site }) => {
    await withhold(page, fileOf('src/element/panel.ts'), '404');
    await widget.open(site, { attributes: { placement: 'inline' } });
    await widget.button('Start talking').click();
    await expect(widget.button('Reload page')).toBeVisible();
  });

  test('setting open without the panel’s code keeps the panel closed and the launcher usable', async ({ page, widget, site }) => {
    await withhold(page, fileOf('src/element/panel.ts'), '404');
    await widget.open(site, { attributes });
    await widget.host.evaluate((agent: Agent) => void (agent.open = true));
    await expect(widget.host).toHaveJSProperty('open', false);
    await expect(launcher(widget)).toBeVisible();
  });

  test('offline, the button retries instead of reloading the page; online, the widget works again', async ({
    page,
    context,
    widget,
    site,
  }) => {
    await widget.open(site, { attributes });
    const goOnline = await goOffline(page, context);
    await launcher(widget).click();
    await expect(launcher(widget)).toHaveAccessibleName(/Reload page/);
    const failedAgain = widget.host.evaluate((agent: Agent) => {
      document.title = 'the same page';
      return new Promise<void>((resolve) => agent.addEventListener('voice-agent-error', () => resolve(), { once: true }));
    });
    await launcher(widget).click();
    await failedAgain;
    expect(await page.title()).toBe('the same page');
    await goOnline();
    const code = await widget.host.evaluate((agent: Agent) =>
      agent.connect().then(
        () => 'connected',
        (error: { code: string }) => error.code,
      ),
    );
    if (code === 'connected') return void (await expect(page).toHaveTitle('the same page'));
    // Chromium before 156 remembers a failed import, so that only a reload helps. With a network, the button reloads.
    expect(code).toBe('load_failed');
    const reloaded = page.waitForEvent('framenavigated');
    await launcher(widget).click();
    await reloaded;
    await launcher(widget).click();
    await widget.reaches('connected');
  });

  test('the microphone opens only after the panel has loaded', async ({ page, widget, site, resources }) => {
    await widget.open(site, { attributes });
    let go!: () => void;
    const held = new Promise<void>((resolve) => (go = resolve));
    await page.route(`**/${fileOf('src/element/panel.ts')}*`, async (route) => {
      await held;
      await route.continue();
    });
    const loaded = page.waitForResponse(/\/chunks\/transport/);
    const connected = widget.host.evaluate((agent: Agent) => agent.connect());
    await loaded;
    expect((await resources.asked()).microphone).toBe(0);
    go();
    await connected;
    expect((await resources.asked()).microphone).toBe(1);
  });
});

test('without the approval code during a call, the visitor is notified and the controls stay', async ({ page, widget, site }) => {
  await widget.open(site, CALLS['over WebRTC']);
  await launcher(widget).click();
  await widget.reaches('connected');
  await withhold(page, fileOf('src/views/approval.ts'), '404');
  await useAll(widget, site);
  await expect(widget.alert).toContainText('reload the page');
  await expectControls(widget);
});

test('without the code for the call bar, hiding the widget ends the call', async ({ page, widget, site, resources }) => {
  await withhold(page, fileOf('src/element/reachable-controls.ts'), '404');
  await widget.open(site, { attributes: { placement: 'inline' } });
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  await widget.host.evaluate((agent: Agent) => void (agent.hidden = true));
  await widget.reaches('disconnected');
  expect(await resources.settled()).toMatchObject({ tracks: 0, connections: 0 });
});

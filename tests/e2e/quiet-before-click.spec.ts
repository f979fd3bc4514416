/**
 * Before the first interaction the widget does nothing. Then, step by step: hovering loads code, pressing fetches
 * the key, and only the click opens the microphone.
 */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { NOTHING } from '../support/resource-probe.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

const UNASKED = { microphone: 0, permission: 0, connections: 0, contexts: 0, timers: 0 };

/** Everything a page can store on a visitor's machine. */
const stored = (page: Page) =>
  page.evaluate(async () => ({
    local: localStorage.length,
    session: sessionStorage.length,
    cookies: document.cookie,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }));
const NOTHING_STORED = { local: 0, session: 0, cookies: '', databases: 0, caches: 0, workers: 0 };

/** The script and its static imports: the widget's first files. */
function firstFiles(): string[] {
  const script = readFileSync(new URL('../../dist/voice-agent.js', import.meta.url), 'utf8');
  const imports = [...script.matchAll(/from"\.(\/chunks\/[^"]+)"/g)].map(([, path]) => path ?? '');
  return [...new Set(['/voice-agent.js', ...imports])].sort();
}

test('the widget is idle until the visitor interacts with it', async ({ page, context, widget, site, resources }) => {
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url().replace(site.url, '')));
  const address = site.page({
    attributes: { placement: 'inline' },
    body: `<voice-agent placement="bottom-end" heading="Ask Ada" token-url="/voice/token" base-url="${site.sandbox.url}"></voice-agent>`,
  });
  await page.goto(address);
  await expect(widget.button(/^Start talking$/)).toBeVisible();
  await expect(widget.button(/Ask Ada/)).toBeVisible();
  const page0 = address.replace(site.url, '');

  await test.step('three seconds without interaction cause no activity', async () => {
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 3_000)));
    const own = requests.filter((path) => path !== page0 && path !== '/favicon.ico');
    expect([...own].sort()).toEqual(firstFiles());
    // One timer per widget for its first render, which runs in its own task; none remains.
    expect(await resources.asked()).toEqual({ ...UNASKED, timers: 2 });
    expect(await resources.held()).toEqual(NOTHING);
    expect(await stored(page)).toEqual(NOTHING_STORED);
    expect(await context.cookies()).toEqual([]);
    expect(site.sandbox.requests).toEqual([]);
  });

  const box = await widget.button(/Ask Ada/).boundingBox();
  if (!box) throw new Error('The launcher has no bounding box.');
  const center = [box.x + box.width / 2, box.y + box.height / 2] as const;

  await test.step('hovering loads only code', async () => {
    const before = requests.length;
    const loaded = Promise.all(
      ['transport', 'engine', 'panel'].map((chunk) => page.waitForResponse((response) => response.url().includes(`/chunks/${chunk}`))),
    );
    await page.mouse.move(...center);
    await loaded;
    await page.waitForLoadState('networkidle');
    expect(requests.slice(before).filter((path) => !path.startsWith('/chunks/'))).toEqual([]);
    expect(await resources.asked()).toEqual({ ...UNASKED, timers: 2 });
    expect(site.sandbox.requests).toEqual([]);
  });

  await test.step('pressing fetches only the key', async () => {
    const minted = page.waitForResponse('**/voice/token');
    await page.mouse.down();
    await minted;
    await page.waitForLoadState('networkidle');
    expect(await resources.asked()).toMatchObject({ microphone: 0, connections: 0, contexts: 0 });
    expect(site.sandbox.keys).toHaveLength(1);
    expect(site.sandbox.calls).toHaveLength(0);
  });

  await test.step('the click starts the call with that key', async () => {
    await page.mouse.up();
    await expect(widget.host.first()).toHaveJSProperty('state', 'connected', { timeout: 30_000 });
    expect(await resources.asked()).toMatchObject({ microphone: 1, connections: 1 });
    expect(site.sandbox.keys).toHaveLength(1);
    const call = await site.sandbox.nextCall();
    expect(call.key).toBe(site.sandbox.keys[0]?.value);
    await expect(widget.host.last(), 'the other widget stays idle').toHaveJSProperty('state', 'idle');
  });

  await test.step('the call leaves nothing on the machine', async () => {
    await widget.button('End call').click();
    await expect(widget.host.first()).toHaveJSProperty('state', 'disconnected');
    expect(await resources.settled()).toEqual(NOTHING);
    expect(await stored(page)).toEqual(NOTHING_STORED);
    expect(await context.cookies()).toEqual([]);
    expect(await page.content(), 'the key in the document').not.toContain(site.sandbox.keys[0]?.value);
  });
});

/** Faults of the key endpoint, cases 1–15: each has its error code, its message and its number of requests, and no key leaks. */
import type { Page } from '@playwright/test';
import { enPanel } from '../../src/i18n/en-panel.js';
import { countRequests, expect, expectFailure, expectRetryWorks, goodKey, offers, test, Widget } from './fault-fixtures.js';
import { goOffline } from './offline.js';

const KEYS = '/faulty/keys';
const FAULTY = { attributes: { 'token-url': KEYS } };
const DAY = 86_400_000;

test('case 1: 401 is reported as a missing sign-in, after one request', async ({ widget, site, cleanup }) => {
  const count = countRequests(site);
  site.answer(KEYS, () => Response.json({ error: 'who are you?' }, { status: 401 }));
  await widget.open(site, FAULTY);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'token_unauthorized');
  expect(count(KEYS)).toBe(1);
  site.answer(KEYS, () => goodKey(site));
  await expectRetryWorks(widget);
});

test('case 2: a page of another origin is refused by the key server with 403, after one request', async ({ widget, site, cleanup }) => {
  const count = countRequests(site);
  await widget.page.goto(site.page().replace('127.0.0.1', 'localhost'));
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'origin_denied');
  expect(count('/voice/token')).toBe(1);
  expect(site.sandbox.keys).toHaveLength(0);
  expect((await cleanup.errors())[0]?.recoverable).toBe(false);
});

test('case 3: 429 with Retry-After shows a countdown, blocks earlier attempts, and then allows the call', async ({
  widget,
  site,
  cleanup,
}) => {
  const count = countRequests(site);
  site.sandbox.fault({ at: 'client_secrets', fault: 'status', status: 429, headers: { 'retry-after': '7' }, times: 1 });
  await widget.open(site);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'rate_limited', { countdown: true });
  const retry = widget.button(/^Try again/);
  await expect(retry).toHaveAttribute('aria-disabled', 'true');
  await expect(retry).toHaveText(/in [1-7] s/);
  expect((await cleanup.errors())[0]?.retryAfter).toBe(7_000);
  // Neither the visitor nor the page can connect before the time is up.
  await retry.click({ force: true });
  const early = await widget.host.evaluate((agent: HTMLElementTagNameMap['voice-agent']) =>
    agent.connect().then(
      () => 'connected',
      (error: { code: string; retryAfter: number }) => `${error.code} ${String(error.retryAfter > 0 && error.retryAfter <= 7_000)}`,
    ),
  );
  expect(early).toBe('rate_limited true');
  expect(count('/voice/token')).toBe(1);
  await expect(retry).toHaveAttribute('aria-disabled', 'false');
  await expectRetryWorks(widget);
  expect(count('/voice/token')).toBe(2);
});

test('case 4: 429 without Retry-After waits for 30 s', async ({ widget, site, cleanup }) => {
  const count = countRequests(site);
  site.sandbox.fault({ at: 'client_secrets', fault: 'status', status: 429 });
  await widget.open(site);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'rate_limited', { countdown: true });
  expect((await cleanup.errors())[0]?.retryAfter).toBe(30_000);
  await expect(widget.button(/^Try again/)).toHaveText(/in (2\d|30) s/);
  await widget.button(/^Try again/).click({ force: true });
  await expect(widget.field).toHaveJSProperty('readOnly', true);
  expect(count('/voice/token')).toBe(1);
});

test('case 5: 5xx is tried three times with growing delays, then reported', async ({ widget, site, cleanup }) => {
  const times: number[] = [];
  site.answer(KEYS, () => (times.push(performance.now()) > 5 ? goodKey(site) : new Response('<h1>Bad Gateway</h1>', { status: 502 })));
  await widget.open(site, FAULTY);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'network');
  expect(times).toHaveLength(3);
  const [first = 0, second = 0, third = 0] = times;
  // 300 ms and 1 s, each multiplied by 0.5 to 1.5.
  expect(second - first).toBeGreaterThanOrEqual(145);
  expect(third - second).toBeGreaterThanOrEqual(495);
  // The next attempt meets the two remaining failures and succeeds without reporting them.
  await expectRetryWorks(widget);
  expect(times).toHaveLength(6);
  expect(await cleanup.errors()).toHaveLength(1);
});

test('case 5: a 5xx with an error code was already retried by the key server, and is requested once', async ({ widget, site, cleanup }) => {
  const count = countRequests(site);
  const fault = site.sandbox.fault({ at: 'client_secrets', fault: 'status', status: 503, times: 2 });
  await widget.open(site);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'unavailable');
  expect([count('/voice/token'), fault.hits]).toEqual([1, 2]);
  await expectRetryWorks(widget);
  expect(await cleanup.errors()).toHaveLength(1);
});

test('case 6: malformed JSON is reported and never quoted', async ({ widget, site, cleanup, canaries }) => {
  const count = countRequests(site);
  const key = 'ek_canaryInBrokenJson';
  canaries.add(key);
  site.answer(KEYS, () => new Response(`{"value":"${key}","expires_at":`, { headers: { 'Content-Type': 'application/json' } }));
  await widget.open(site, FAULTY);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'token_malformed');
  expect(count(KEYS)).toBe(1);
  expect(offers(site)).toBe(0);
});

test('case 7: an HTML page instead of a key is reported and never rendered', async ({ widget, site, cleanup }) => {
  const count = countRequests(site);
  const portal = '<!doctype html><h1>Captive portal</h1><img src="/beacon"><script>window.portal = true</script>';
  site.answer(KEYS, () => new Response(portal, { headers: { 'Content-Type': 'text/html' } }));
  await widget.open(site, FAULTY);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'token_malformed');
  expect((await cleanup.readable()).document).not.toContain('Captive portal');
  expect(await widget.page.evaluate(() => 'portal' in window)).toBe(false);
  expect([count(KEYS), count('/beacon'), offers(site)]).toEqual([1, 0, 0]);
});

test('case 8: an invalid key is refused, and a standard key is also reported on the console', async ({
  widget,
  site,
  cleanup,
  canaries,
}) => {
  for (const value of ['sess_canaryOfAnotherKind', 'sk-canaryOfTheOwner', '', 42, { nested: 'ek_canaryInside' }]) {
    if (typeof value === 'string' && value) canaries.add(value);
    site.answer(KEYS, () => Response.json({ value, expires_at: Math.floor(Date.now() / 1000) + 60 }));
    await widget.open(site, FAULTY);
    await widget.button('Start talking').click();
    await expectFailure(widget, cleanup, 'token_malformed');
  }
  expect(cleanup.logs.filter((line) => line.includes('standard API key'))).toHaveLength(1);
  expect(offers(site), 'an invalid key is never sent').toBe(0);
});

test('case 9: a slow endpoint is reported after 2 s, and still works after 4 s', async ({ widget, site, cleanup }) => {
  let arrived!: () => void;
  const arrival = new Promise<void>((resolve) => (arrived = resolve));
  site.answer(KEYS, async () => {
    arrived();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    return goodKey(site);
  });
  await widget.open(site, FAULTY);
  const status = widget.host.getByRole('status');
  await widget.button('Start talking').click();
  await arrival;
  await expect(status).toContainText('Connecting');
  await expect(status).not.toContainText(enPanel.slow);
  await expect(status).toContainText(enPanel.slow, { timeout: 4_000 });
  await widget.reaches('connected');
  expect(await cleanup.errors()).toEqual([]);
});

test('case 10: an endpoint that hangs times out after 10 s', async ({ widget, site, cleanup }) => {
  let given!: (after: number) => void;
  const givenUp = new Promise<number>((resolve) => (given = resolve));
  site.answer(KEYS, (request) => {
    const since = performance.now();
    request.signal.addEventListener('abort', () => given(performance.now() - since));
    return new Promise<Response>(() => undefined);
  });
  await widget.open(site, FAULTY);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'token_timeout');
  const after = await givenUp;
  expect(after).toBeGreaterThan(9_000);
  expect(after).toBeLessThan(12_000);
  site.answer(KEYS, () => goodKey(site));
  await expectRetryWorks(widget);
});

test('case 11: being offline and an endpoint without CORS permission are reported as network errors', async ({
  widget,
  site,
  cleanup,
  context,
}) => {
  await widget.open(site);
  // All code of a call has loaded; then the network goes down.
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  const goOnline = await goOffline(widget.page, context);
  await widget.button('Call again').click();
  await expectFailure(widget, cleanup, 'network');
  await goOnline();
  await expectRetryWorks(widget);
  await widget.button('End call').click();
  await widget.reaches('disconnected');

  // Responds, but without CORS permission for other origins.
  const elsewhere = `${site.sandbox.controlUrl}/keys`;
  await widget.open(site, { attributes: { 'token-url': elsewhere } });
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'network');
});

test('case 12: a redirect to another origin is refused, and one within the site is followed', async ({ widget, site, cleanup }) => {
  const elsewhere = `${site.sandbox.url}/realtime/client_secrets`;
  const { value, expiresAt } = site.sandbox.mintKey();
  site.sandbox.fault({ at: 'client_secrets', fault: 'status', status: 200, body: { value, expires_at: expiresAt } });
  site.answer(KEYS, () => Response.redirect(elsewhere, 307));
  await widget.open(site, FAULTY);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'token_malformed');
  expect(
    site.sandbox.requests.filter(({ path }) => path.endsWith('/client_secrets')),
    'the other origin offered a usable key',
  ).not.toHaveLength(0);
  expect(offers(site)).toBe(0);

  site.answer('/faulty/moved', () => goodKey(site));
  site.answer(KEYS, () => Response.redirect(`${site.url}/faulty/moved`, 307));
  await expectRetryWorks(widget);
});

test('case 13: a response of more than 64 KB is refused', async ({ widget, site, cleanup }) => {
  site.answer(KEYS, async () => Response.json({ ...((await goodKey(site).json()) as object), padding: 'x'.repeat(65_536) }));
  await widget.open(site, FAULTY);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'token_malformed');
  expect(offers(site)).toBe(0);
});

test('case 14: a clock that is off by a day does not matter', async ({ context, page, site, cleanup, watch }) => {
  const { value, expiresAt } = site.sandbox.mintKey({ seconds: 60 });
  const connect = async (visited: Page, off: number, attributes: Record<string, string>): Promise<void> => {
    await visited.addInitScript(shiftClock, off);
    // This endpoint sends no date, so the page has only its own clock.
    await visited.route('**/faulty/timeless', (route) => route.fulfill({ json: { value, expires_at: expiresAt } }));
    const widget = new Widget(visited);
    await widget.open(site, { attributes });
    expect(Math.abs((await visited.evaluate(() => Date.now())) - Date.now() - off)).toBeLessThan(60_000);
    await widget.button('Start talking').click();
    await widget.reaches('connected');
  };
  const further = await Promise.all([1, 2, 3].map(() => context.newPage()));
  const watches = [cleanup, ...(await Promise.all(further.map(watch)))];
  const [second = page, third = page, fourth = page] = further;
  const timeless = { 'token-url': '/faulty/timeless' };
  await Promise.all([connect(page, DAY, {}), connect(second, -DAY, {}), connect(third, DAY, timeless), connect(fourth, -DAY, timeless)]);
  expect(await Promise.all(watches.map((one) => one.errors()))).toEqual([[], [], [], []]);
});

test('case 15: a key that expires while the prompt is open is replaced once, silently', async ({ widget, site, cleanup }) => {
  await widget.page.addInitScript(() => {
    const ask = MediaDevices.prototype.getUserMedia;
    Permissions.prototype.query = async () => ({ state: 'prompt' }) as PermissionStatus;
    MediaDevices.prototype.getUserMedia = async function (constraints) {
      await new Promise((resolve) => addEventListener('visitor-allows', resolve, { once: true }));
      return ask.call(this, constraints);
    };
  });
  const lives = [4, 60];
  site.answer(KEYS, () => goodKey(site, { seconds: lives.shift() ?? 0 }));
  await widget.open(site, FAULTY);
  await widget.button('Start talking').click();
  await expect(widget.host.getByRole('status')).toContainText('Allow the microphone');
  const [first] = site.sandbox.keys;
  await expect.poll(() => Date.now() / 1000, { timeout: 10_000 }).toBeGreaterThan(first?.expiresAt ?? Infinity);
  expect(site.sandbox.keys, 'no key is minted while the prompt is open').toHaveLength(1);
  await widget.page.evaluate(() => dispatchEvent(new Event('visitor-allows')));
  await widget.reaches('connected');
  expect(site.sandbox.keys.map(({ uses }) => uses)).toEqual([0, 1]);
  expect(await cleanup.errors()).toEqual([]);
});

/** Runs in the page: shifts the visitor's clock by this many milliseconds. */
function shiftClock(offset: number): void {
  const RealDate = Date;
  window.Date = class extends RealDate {
    constructor(...values: [number?]) {
      super(...((values.length > 0 ? values : [RealDate.now() + offset]) as [number]));
    }
    static override now(): number {
      return RealDate.now() + offset;
    }
  } as DateConstructor;
}

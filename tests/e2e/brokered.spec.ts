/**
 * Calls placed by the site's own server: a full conversation with sound, no key in the page, and every way to hang up.
 * Real browser, real server, real WebRTC.
 */
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { brokeredPage, countRequests, expect, expectReleased, SECRET, test } from './brokered-fixtures.js';

type Agent = HTMLElementTagNameMap['voice-agent'];

const spoken = await record('talk', [3_000, 'The quick brown fox jumps over the lazy dog.', 60_000]);
test.use({ launchOptions: chromiumLaunch({ wav: spoken.path }) });

/** Method and path of each request to the server, with the call ID replaced by `:id`. */
const asked = (requests: readonly { method(): string; url(): string }[]): string[] =>
  requests
    .filter((request) => request.url().includes('/voice/'))
    .map((request) => `${request.method()} ${new URL(request.url()).pathname.replace(/[\w-]{32}/, ':id')}`);

test('a visitor presses, speaks, and hears an answer; no key or secret reaches the page', async ({ page, widget, site, cleanup, tape }) => {
  const requests: Parameters<Parameters<typeof page.on>[1]>[0][] = [];
  const traffic: string[] = [];
  page.on('request', (request) => {
    requests.push(request as never);
    traffic.push(request.url(), JSON.stringify(request.headers()), request.postData() ?? '');
  });
  page.on('response', (response) => {
    traffic.push(JSON.stringify(response.headers()));
    if (response.url().endsWith('/voice/call'))
      void response.text().then(
        (text) => traffic.push(text),
        () => undefined,
      );
  });
  await widget.open(site, brokeredPage('/voice/call', { attributes: { placement: 'bottom-end', heading: 'Ask Ada' } }));
  await tape.listen();
  await widget.button(/Ask Ada/).click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  expect(call.key, 'the call was placed with the server’s key').toBe('sk-sandbox-tests');
  expect(call.sessionConfig).toMatchObject({ instructions: SECRET });
  await widget.reaches('user-speaking');
  await widget.reaches('speaking');
  await expect(widget.transcript.getByText('[speech,')).toBeVisible();
  await widget.reaches('listening', 30_000);
  await expect(widget.transcript.getByText(/I heard you/)).toBeVisible();
  // Resolves with the first audible frame.
  expect(await tape.sound()).toBeGreaterThan(0);
  await expect.poll(() => call.sidebands).toBe(1);
  // The public ID is the server's own, not the API's.
  const id = await widget.host.evaluate((agent: Agent) => agent.session?.callId);
  expect(id).toMatch(/^[\w-]{32}$/);
  expect(id).not.toBe(call.id);
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  await expectReleased(cleanup);
  await call.ended;
  await expect.poll(() => asked(requests as never)).toEqual(['POST /voice/call', 'GET /voice/call/:id/notices', 'DELETE /voice/call/:id']);
  expect(site.sandbox.keys, 'no key was minted').toHaveLength(0);

  const readable = { ...(await cleanup.readable()), traffic: traffic.join('\n') };
  for (const [place, text] of Object.entries(readable)) {
    expect(text, `no key in the page's ${place}`).not.toMatch(/\b(ek_|sk-)/);
    expect(text.includes(call.id), `no API call ID in the page's ${place}`).toBe(false);
  }
});

test('transcription mode works in a brokered call', async ({ widget, site, cleanup }) => {
  await widget.open(site, brokeredPage('/voice/call?profile=dictation', { attributes: { mode: 'transcription' } }));
  await widget.button('Start').click();
  await widget.reaches('connected');
  await expect(widget.transcript.getByText('[speech,')).toBeVisible({ timeout: 30_000 });
  await widget.button('Stop').click();
  await widget.reaches('disconnected');
  expect(await cleanup.errors()).toEqual([]);
});

test('typed chat works without requesting the microphone', async ({ widget, site, resources, cleanup }) => {
  await widget.open(site, brokeredPage());
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await widget.say('When do you open?');
  await expect(widget.transcript.getByText('You wrote: When do you open?')).toBeVisible();
  expect((await resources.held()).tracks).toBe(0);
  await widget.button('End call').click();
  await widget.reaches('disconnected');
  await call.ended;
  await expectReleased(cleanup);
});

test('the call is placed before the microphone prompt, and a denial hangs up', async ({ page, widget, site, cleanup }) => {
  await page.addInitScript(() => {
    Permissions.prototype.query = () => Promise.resolve({ state: 'prompt' } as PermissionStatus);
    const ask = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = async function (constraints) {
      const allowed = await new Promise((resolve) =>
        addEventListener('visitor-decides', (event) => resolve((event as CustomEvent).detail), { once: true }),
      );
      if (!allowed) throw new DOMException('no', 'NotAllowedError');
      return ask.call(this, constraints);
    };
  });
  const decide = (allowed: boolean): Promise<boolean> =>
    page.evaluate((detail) => dispatchEvent(new CustomEvent('visitor-decides', { detail })), allowed);
  await widget.open(site, brokeredPage());
  await widget.button('Start talking').click();
  const call = await site.sandbox.nextCall();
  await expect(widget.host.getByRole('status')).toContainText('Allow the microphone');
  expect(call.state).toBe('open');
  await decide(false);
  await widget.reaches('failed');
  await expect(widget.alert).toContainText('The microphone is blocked');
  await call.ended;
  await expectReleased(cleanup);

  await widget.button('Try again').click();
  const second = await site.sandbox.nextCall();
  await expect(widget.host.getByRole('status')).toContainText('Allow the microphone');
  await decide(true);
  await widget.reaches('connected');
  await widget.reaches('user-speaking');
  expect(second.inputLevel()).toBeGreaterThan(-60);
});

test('hovering and pressing send no request to the server', async ({ page, widget, site }) => {
  const count = countRequests(site);
  await widget.open(site, brokeredPage());
  const start = widget.button('Start talking');
  const code = page.waitForResponse(/chunks\/brokered-call/);
  await start.hover();
  await page.mouse.down();
  await (await code).finished();
  expect(count('/voice/call')).toBe(0);
  await page.mouse.move(0, 0);
  await page.mouse.up();
  expect([count('/voice/call'), site.sandbox.calls.length]).toEqual([0, 0]);
});

test('leaving the page ends the call immediately', async ({ page, widget, site }) => {
  await widget.open(site, brokeredPage());
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await page.goto(site.page({ attributes: false }));
  await call.ended;
  // Otherwise the server ends a call 15 s after it loses the page.
  await expect.poll(() => site.sandbox.requests.filter(({ path }) => path.endsWith('/hangup')).length, { timeout: 10_000 }).toBe(1);
});

test('a call cancelled during the offer request is hung up', async ({ widget, site, cleanup }) => {
  site.sandbox.fault({ at: 'calls', fault: 'delay', ms: 2_000, times: 1 });
  const count = countRequests(site);
  await widget.open(site, brokeredPage());
  await widget.button('Start talking').click();
  await expect.poll(() => count('/voice/call')).toBe(1);
  await widget.button('Cancel').click();
  await widget.reaches('disconnected');
  await expectReleased(cleanup);
  await expect.poll(() => site.sandbox.requests.filter(({ path }) => path.endsWith('/hangup')).length, { timeout: 15_000 }).toBe(1);
  await expect.poll(() => site.sandbox.calls.every(({ state }) => state === 'ended')).toBe(true);
});

test('settings that brokered calls do not support fail before any request', async ({ widget, site, cleanup }) => {
  const count = countRequests(site);
  for (const attributes of [{ transport: 'websocket' }, { dialect: 'beta' }]) {
    await widget.open(site, brokeredPage('/voice/call', { attributes }));
    await widget.button('Start talking').click();
    await widget.reaches('failed');
    const [error] = await cleanup.errors();
    expect(error).toMatchObject({ code: 'unsupported', recoverable: false });
    expect(error?.message).toMatch(/call-url only supports/);
  }
  expect(count('/voice/call')).toBe(0);
});

/** Microphone faults, cases 16–22: each has its reason, its remedy, and the option of a text-only call. */
import { enPanel } from '../../src/i18n/en-panel.js';
import { chromiumLaunch } from '../support/chromium.js';
import { countRequests, expect, expectFailure, expectRetryWorks, offers, test } from './fault-fixtures.js';
import type { Site, Widget } from './fault-fixtures.js';

const INSECURE = 'voice.test';
const launch = chromiumLaunch({ permission: 'ask' });

test.use({ launchOptions: { ...launch, args: [...launch.args, `--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`] } });

/** Browser errors for causes that Chromium's fake devices cannot reproduce. */
const REFUSALS = {
  dismissed: ['NotAllowedError', 'Permission dismissed'],
  missing: ['NotFoundError', 'Requested device not found'],
  busy: ['NotReadableError', 'Could not start audio source'],
} as const;

/** The browser denies the microphone this many times, then allows it. */
async function refuse(widget: Widget, cause: keyof typeof REFUSALS, times: number): Promise<void> {
  await widget.page.context().grantPermissions(['microphone']);
  await widget.page.addInitScript(
    ({ refusal: [name, message], rounds }) => {
      let left = rounds;
      const ask = MediaDevices.prototype.getUserMedia;
      MediaDevices.prototype.getUserMedia = function (constraints) {
        return left-- > 0 ? Promise.reject(new DOMException(message, name)) : ask.call(this, constraints);
      };
    },
    { refusal: REFUSALS[cause], rounds: times },
  );
}

/** After the failure, the visitor continues by typing, without a microphone. */
async function expectTextMode(widget: Widget, site: Site): Promise<void> {
  await widget.button('Type instead').click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await expect(widget.host.getByRole('status')).toContainText(enPanel.textOnly);
  await widget.field.fill('Can you read this?');
  await widget.field.press('Enter');
  await expect(widget.transcript).toContainText('Can you read this?');
  await call.waitForServerEvent('response.done', { timeoutMs: 15_000 });
  await expect(widget.transcript.getByText('You wrote: Can you read this?')).toBeVisible({ timeout: 30_000 });
  expect(call.frames.received, 'no audio came from the page').toBe(0);
}

test('case 16: a denied microphone shows the remedy, and a text-only call works', async ({ widget, site, cleanup, context }) => {
  await context.grantPermissions([]);
  await widget.open(site);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'mic_denied');
  expect(offers(site)).toBe(0);
  await expectTextMode(widget, site);
});

test('case 17: a dismissed prompt is shown again by "Try again"', async ({ widget, site, cleanup }) => {
  await refuse(widget, 'dismissed', 1);
  await widget.open(site);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'mic_dismissed');
  await expectRetryWorks(widget);
});

test('case 18: without a microphone, a text-only call works', async ({ widget, site, cleanup }) => {
  await refuse(widget, 'missing', 1);
  await widget.open(site);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'mic_missing');
  await expectTextMode(widget, site);
});

test('case 19: a busy microphone works once the other program releases it', async ({ widget, site, cleanup }) => {
  await refuse(widget, 'busy', 1);
  await widget.open(site);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'mic_busy');
  await expectRetryWorks(widget);
});

test('case 20: an insecure page is reported without a key request', async ({ widget, site, cleanup }) => {
  const count = countRequests(site);
  await widget.page.goto(site.page().replace('127.0.0.1', INSECURE));
  expect(await widget.page.evaluate(() => isSecureContext)).toBe(false);
  await widget.button('Start talking').click();
  await expectFailure(widget, cleanup, 'insecure_context');
  expect(count('/voice/token')).toBe(0);
});

test('case 21: in a frame without permission, the alert names the attribute to add', async ({ page, site }) => {
  const count = countRequests(site);
  const inner = site.page();
  // The frame and the surrounding page have different origins; the widget's origin inside the frame is allowed.
  const outer = site.page({
    attributes: false,
    body: `<iframe src="${inner}" title="Widget" width="400" height="600"></iframe>`,
    headers: { 'Content-Security-Policy': `frame-src ${site.url}` },
  });
  await page.context().grantPermissions(['microphone']);
  await page.goto(outer.replace('127.0.0.1', 'localhost'));
  const frame = page.frameLocator('iframe');
  const host = frame.locator('voice-agent');
  await host.getByRole('button', { name: 'Start talking' }).click();
  await expect(host).toHaveJSProperty('state', 'failed');
  const alert = host.getByRole('alert');
  await expect(alert).toContainText(enPanel.errors.policy_blocked.title);
  await expect(alert).toContainText('allow="microphone"');
  await expect(host.getByRole('button', { name: 'Try again' })).toBeVisible();
  expect(await host.evaluate(() => window.cleanup.errors.map(({ code }) => code))).toEqual(['policy_blocked']);
  expect(count('/voice/token')).toBe(0);
  await host.getByRole('button', { name: 'Type instead' }).click();
  await expect(host).toHaveJSProperty('state', 'connected', { timeout: 30_000 });
});

test('case 22: an open prompt pauses the time limit, and no further key is minted', async ({ widget, site, cleanup }) => {
  const limit = 2_500;
  await widget.page.context().grantPermissions(['microphone']);
  await widget.page.addInitScript(() => {
    const ask = MediaDevices.prototype.getUserMedia;
    Permissions.prototype.query = async () => ({ state: 'prompt' }) as PermissionStatus;
    MediaDevices.prototype.getUserMedia = async function (constraints) {
      await new Promise((resolve) => addEventListener('visitor-allows', resolve, { once: true }));
      return ask.call(this, constraints);
    };
  });
  await widget.open(site, { attributes: { timeout: String(limit) } });
  await widget.button('Start talking').click();
  const status = widget.host.getByRole('status');
  await expect(status).toContainText(enPanel.allowMicrophone.detail);
  const asked = Date.now();
  await expect(status).toContainText(enPanel.findPrompt);
  await expect.poll(() => Date.now() - asked, { timeout: 3 * limit }).toBeGreaterThan(2 * limit);
  expect(await widget.state()).toBe('connecting');
  expect([site.sandbox.keys.length, offers(site)]).toEqual([1, 0]);
  await widget.page.evaluate(() => dispatchEvent(new Event('visitor-allows')));
  await widget.reaches('connected');
  expect(site.sandbox.keys.map(({ uses }) => uses)).toEqual([1]);
  expect(await cleanup.errors()).toEqual([]);
});

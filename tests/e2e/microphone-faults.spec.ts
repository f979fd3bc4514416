/** Faults of the microphone, cases 16–22: why there is none, what to do about it, and the call by text alone. */
import { enPanel } from '../../src/i18n/en-panel.js';
import { chromiumLaunch } from '../support/chromium.js';
import { countRequests, expect, expectFailure, expectRetryWorks, offers, test } from './fault-fixtures.js';
import type { Site, Widget } from './fault-fixtures.js';

const INSECURE = 'voice.test';
const launch = chromiumLaunch({ permission: 'ask' });

test.use({ launchOptions: { ...launch, args: [...launch.args, `--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`] } });

/** What the browser says for causes that Chromium's fake devices cannot produce. */
const REFUSALS = {
  dismissed: ['NotAllowedError', 'Permission dismissed'],
  missing: ['NotFoundError', 'Requested device not found'],
  busy: ['NotReadableError', 'Could not start audio source'],
} as const;

/** The browser refuses the microphone so many times; then it is there. */
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

/** After the failure the visitor goes on by typing, without a microphone. */
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
  expect(call.frames.received, 'sound that came from the page').toBe(0);
}

test('case 16: denied: the way out is named, and text alone works', async ({ widget, site, aftermath, context }) => {
  await context.grantPermissions([]);
  await widget.open(site);
  await widget.button('Start talking').click();
  await expectFailure(widget, aftermath, 'mic_denied');
  expect(offers(site)).toBe(0);
  await expectTextMode(widget, site);
});

test('case 17: dismissed: asked again by "Try again"', async ({ widget, site, aftermath }) => {
  await refuse(widget, 'dismissed', 1);
  await widget.open(site);
  await widget.button('Start talking').click();
  await expectFailure(widget, aftermath, 'mic_dismissed');
  await expectRetryWorks(widget);
});

test('case 18: none there: text alone works', async ({ widget, site, aftermath }) => {
  await refuse(widget, 'missing', 1);
  await widget.open(site);
  await widget.button('Start talking').click();
  await expectFailure(widget, aftermath, 'mic_missing');
  await expectTextMode(widget, site);
});

test('case 19: busy: works once the other program lets go', async ({ widget, site, aftermath }) => {
  await refuse(widget, 'busy', 1);
  await widget.open(site);
  await widget.button('Start talking').click();
  await expectFailure(widget, aftermath, 'mic_busy');
  await expectRetryWorks(widget);
});

test('case 20: an insecure page is told, without a request for a key', async ({ widget, site, aftermath }) => {
  const count = countRequests(site);
  await widget.page.goto(site.page().replace('127.0.0.1', INSECURE));
  expect(await widget.page.evaluate(() => isSecureContext)).toBe(false);
  await widget.button('Start talking').click();
  await expectFailure(widget, aftermath, 'insecure_context');
  expect(count('/voice/token')).toBe(0);
});

test('case 21: a frame without permission names what the embedding page has to add', async ({ page, site }) => {
  const count = countRequests(site);
  const inner = site.page();
  // The frame is of another origin than the page around it; inside, the widget's own origin is an allowed one.
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
  expect(await host.evaluate(() => window.aftermath.errors.map(({ code }) => code))).toEqual(['policy_blocked']);
  expect(count('/voice/token')).toBe(0);
  await host.getByRole('button', { name: 'Type instead' }).click();
  await expect(host).toHaveJSProperty('state', 'connected', { timeout: 30_000 });
});

test('case 22: a prompt may stay open longer than the attempt may take; nothing is minted meanwhile', async ({ widget, site, aftermath }) => {
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
  expect(await aftermath.errors()).toEqual([]);
});

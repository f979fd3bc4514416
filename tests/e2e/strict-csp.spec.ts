/**
 * The whole widget under the policy that the README documents as sufficient, with Trusted Types enforced: no violations.
 * Duplicate script tags do no harm.
 */
import type { Page } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';
import { policy } from '../support/site.js';
import type { Site } from '../support/site.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

type Agent = HTMLElementTagNameMap['voice-agent'];

declare global {
  interface Window {
    violations: string[];
  }
}

/** Violations reported by the browser: by event and by the policy's `report-uri`. */
async function collectReports(page: Page): Promise<{ sent: string[]; seen(): Promise<string[]> }> {
  const sent: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/reports')) sent.push(request.postData() ?? '');
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) => {
      window.violations.push(`${effectiveDirective} ${blockedURI} ${sample}`);
    });
  });
  return { sent, seen: () => page.evaluate(() => window.violations) };
}

const headers = ({ sandbox }: Site) => ({
  'Content-Security-Policy': `${policy(new URL(sandbox.url).origin)}; report-uri /reports`,
});

const script = `document.querySelector('voice-agent').tools = [{ name: 'get_time', execute: () => ({ time: '12:34' }) }];`;

test('a full call causes no violation', async ({ page, widget, site }) => {
  const reports = await collectReports(page);
  await widget.open(site, { script, attributes: { placement: 'bottom-end', theme: 'dark' }, headers: headers(site) });
  await widget
    .button(/Talk to us/)
    .first()
    .click();
  await widget.reaches('connected');
  const call = await site.sandbox.nextCall();
  await widget.say('Please call get_time');
  await expect(widget.transcript.getByText('answered: time 12:34')).toBeVisible();
  await widget.button('Mute').click();
  call.sendEvent({ type: 'error', error: { type: 'server_error', code: null, message: 'A <b>hiccup</b>.', param: null, event_id: null } });
  await expect(widget.alert).toContainText('Something went wrong');
  await widget.button('Minimise').click();
  await widget.button(/Talk to us/).click();
  await widget.button('End call').click();
  await widget.reaches('disconnected');

  site.sandbox.fault({ at: 'calls', fault: 'status', status: 400, times: 1 });
  await widget.button('Call again').click();
  await widget.reaches('failed');
  await expect(widget.alert).toContainText('The call was refused');
  await widget.host.evaluate((agent: Agent) => {
    agent.placement = 'inline';
    agent.theme = 'light';
  });
  await widget.button('Try again').click();
  await widget.reaches('connected');

  expect(await reports.seen()).toEqual([]);
  expect(reports.sent).toEqual([]);
});

test('violations are collected', async ({ page, widget, site, complaints }) => {
  const reports = await collectReports(page);
  await widget.open(site, { headers: headers(site) });
  const reported = page.waitForRequest('**/reports');
  await page.evaluate(() => {
    document.body.setAttribute('style', 'color: red');
  });
  await reported;
  expect(await reports.seen()).toEqual([expect.stringContaining('style-src')]);
  expect(reports.sent).toHaveLength(1);
  expect(complaints).toHaveLength(1);
  complaints.length = 0;
});

test('duplicate scripts and a second copy still give one working widget', async ({ page, widget, site }) => {
  const reports = await collectReports(page);
  await widget.open(site, {
    headers: headers(site),
    scripts: 2,
    script: `
      for (const address of ['/voice-agent.js', '/voice-agent.js?ver=2']) {
        document.head.append(Object.assign(document.createElement('link'), { rel: 'modulepreload', href: address }));
        await import(address);
      }`,
  });
  await widget.button('Start talking').click();
  await widget.reaches('connected');
  await widget.say('Only once');
  await expect(widget.transcript.getByText('You wrote: Only once')).toBeVisible();
  expect((await widget.messages()).filter(({ role }) => role === 'user')).toHaveLength(1);
  expect(site.sandbox.calls).toHaveLength(1);
  expect(site.requests.filter((path) => path.startsWith('/voice-agent.js?'))).toEqual(
    expect.arrayContaining(['/voice-agent.js?copy=1', '/voice-agent.js?ver=2']),
  );
  expect(await reports.seen()).toEqual([]);
});

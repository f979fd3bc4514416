/** The operator's page in a real browser, served by the built command: calls, pause, budget, the last 24 hours; keyboard, axe, strict CSP. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test as base } from '@playwright/test';
import type { Locator, Page } from '@playwright/test';
import { startAdminServer } from '../support/admin-server.js';
import type { AdminServer } from '../support/admin-server.js';

const test = base.extend<{ server: AdminServer; complaints: string[] }>({
  server: async ({}, use) => {
    const server = await startAdminServer();
    await use(server);
    await server.close();
  },
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      // Failed requests are part of the tests; violations of the policy are not.
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`))).toEqual(
    [],
  );
}

async function signIn(page: Page, { adminUrl, token }: AdminServer): Promise<void> {
  await page.goto(adminUrl);
  await page.getByLabel('Operator token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Live calls' })).toBeVisible();
}

const rows = (page: Page, region: string): Locator => page.getByRole('group', { name: region, exact: true }).getByRole('row');

test('asks for the token and shows nothing without it', async ({ page, server }) => {
  await page.goto(server.adminUrl.replace(/\/$/, ''));
  expect(page.url()).toBe(server.adminUrl);
  await expectAccessible(page);
  await page.getByLabel('Operator token').fill('wrong');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toHaveText('The request must include the operator token.');
  await expect(page.getByRole('heading', { name: 'Live calls' })).toHaveCount(0);
  await page.getByLabel('Operator token').fill(server.token);
  await page.keyboard.press('Enter');
  await expect(page.getByText('No live calls.')).toBeVisible();
  // The token is only kept in memory.
  expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]))).toBe('[{},{},""]');
  await page.reload();
  await expect(page.getByLabel('Operator token')).toHaveValue('');
  await signIn(page, server);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByLabel('Operator token')).toBeVisible();
});

test('lists live calls and ends one by keyboard, after a confirmation', async ({ page, server }) => {
  const [first, second] = [await server.call('sales'), await server.call('support')];
  await signIn(page, server);
  await expect(rows(page, 'Live calls')).toHaveCount(3);
  const row = rows(page, 'Live calls').nth(1);
  await expect(row).toContainText('sales');
  await expect(row).toContainText('Browser');
  await expect(row.getByRole('cell').nth(5)).toHaveText(/^[\w-]{43}$/);
  await row.getByRole('button', { name: /^End call / }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('The visitor is disconnected at once.');
  await expectAccessible(page);
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  // Tab stays inside; Escape cancels and returns the focus.
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(row.getByRole('button', { name: /^End call / })).toBeFocused();
  expect(first.state).toBe('open');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(dialog.getByRole('button', { name: 'End call' })).toBeFocused();
  await page.keyboard.press('Enter');
  expect(await first.ended).toBe('hangup');
  await expect(rows(page, 'Live calls')).toHaveCount(2);
  await expect(page.getByRole('heading', { name: 'Live calls' })).toBeFocused();
  await expect(page.getByRole('status')).toHaveText(/^Call \S+ ended\.$/);
  expect(second.state).toBe('open');
  await page.getByRole('button', { name: 'End all calls' }).click();
  await dialog.getByRole('button', { name: 'End all calls' }).click();
  expect(await second.ended).toBe('hangup');
  await expect(page.getByText('No live calls.')).toBeVisible();
});

test('pauses and resumes after a confirmation', async ({ page, server }) => {
  const call = await server.call('sales');
  await signIn(page, server);
  await expect(page.getByText('Accepting calls')).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(await server.key('sales')).toBe(200);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('Paused: new calls are refused')).toBeVisible();
  await expectAccessible(page);
  expect(await server.key('sales')).toBe(503);
  expect(call.state).toBe('open');
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByText('Accepting calls')).toBeVisible();
  expect(await server.key('sales')).toBe(200);
});

for (const scheme of ['light', 'dark'] as const) {
  test(`shows calls, budget, refusals and errors in a ${scheme} theme, in a wide and a narrow window`, async ({ page, server }) => {
    for (const profile of ['sales', 'support', 'support']) await server.call(profile);
    for (let each = 0; each < 4; each++) await server.key('sales');
    for (let each = 0; each < 3; each++) await server.key('sales', 'https://evil.example');
    await server.key('unknown');
    for (let each = 0; each < 9; each++) await server.key('support');
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width: 1200, height: 900 });
    await signIn(page, server);
    await expect(page.getByText('Live calls', { exact: true }).first()).toBeVisible();
    await expect(rows(page, 'Live calls')).toHaveCount(4);
    // Usage of the live calls.
    await expect(rows(page, 'Live calls').nth(1).getByRole('cell').nth(3)).not.toHaveText('0', { timeout: 30_000 });
    await expect(page.getByRole('row', { name: 'Page not allowed origin_denied 3' })).toBeVisible();
    await expect(page.getByRole('row', { name: 'Unknown agent profile_unknown 1' })).toBeVisible();
    await expect(page.getByRole('row', { name: /^Too many requests rate_limited [1-9]$/ })).toBeVisible();
    // The money of live calls counts before they are settled.
    await expect(page.getByRole('definition').nth(1)).toHaveText(/^0\.00\d+ of 100\.00$/);
    await expect(page.getByText('No errors in the last 24 hours.')).toBeVisible();
    await expect(page.getByRole('img', { name: /Calls and keys: \d+\. Refusals: \d+\. Errors: 0\.$/ })).toBeVisible();
    await expect(page.getByRole('meter', { name: 'Money of all, today' })).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: `test-results/admin-${scheme}.png`, fullPage: true });
    await page.getByText('Show as a table').click();
    await expect(page.getByRole('columnheader', { name: 'Hour' })).toBeVisible();
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await expectAccessible(page);
    await page.screenshot({ path: `test-results/admin-${scheme}-narrow.png`, fullPage: true });
  });
}

test('reports that the server does not answer, and keeps the last data', async ({ page, server }) => {
  await server.call('sales');
  await signIn(page, server);
  await server.kill();
  await expect(page.getByRole('alert')).toHaveText('The server does not answer.', { timeout: 20_000 });
  await expect(rows(page, 'Live calls')).toHaveCount(2);
});

test('is protected by a policy that allows only its own files', async ({ page, server }) => {
  const answer = await page.goto(server.adminUrl);
  const headers = answer?.headers() ?? {};
  expect(headers['content-security-policy']).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html",
  );
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
  for (const path of ['admin.js', 'admin.css']) expect((await page.request.get(server.adminUrl + path)).status()).toBe(200);
  for (const path of ['../server-cli.js', 'index.html', '%2e%2e/server.js'])
    expect((await page.request.get(server.adminUrl + path)).status()).not.toBe(200);
});

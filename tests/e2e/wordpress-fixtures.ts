/** A WordPress per worker whose calls reach the sandbox of the worker's site. */
import { expect } from '@playwright/test';
import type { Page } from '@playwright/test';
import { startWordPress } from '../support/wordpress-site.js';
import type { WordPressSite } from '../support/wordpress-site.js';
import { test as base } from './fixtures.js';

interface WordPressFixtures {
  /** Errors and warnings of PHP in the plug-in's files; a test fails if there are any. */
  phpErrors: undefined;
}

export const test = base.extend<WordPressFixtures, { wordpress: WordPressSite }>({
  wordpress: [
    async ({ site }, use) => {
      const wordpress = await startWordPress(`define( 'VOICE_AGENT_BASE_URL', '${site.sandbox.url}' );`);
      await use(wordpress);
      await wordpress.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  phpErrors: [
    async ({ wordpress }, use) => {
      await use(undefined);
      expect(await wordpress.pluginErrors()).toEqual([]);
    },
    { auto: true },
  ],
});

/** Logs in through the form. Names are passwords. */
export async function logIn(page: Page, { url }: WordPressSite, name: string): Promise<void> {
  await page.context().clearCookies();
  await page.goto(`${url}/wp-login.php`);
  const user = page.getByLabel('Username or Email Address');
  // The form's script empties the fields shortly after the page has loaded, when it sets the focus.
  await expect(user).toBeFocused();
  await user.fill(name);
  await page.getByLabel('Password', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Log In' }).click();
  await page.waitForURL(/wp-admin/);
}

export { expect };

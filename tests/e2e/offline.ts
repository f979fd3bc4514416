/** A page without a network, for a while. */
import type { BrowserContext, Page, Request } from '@playwright/test';
import { expect } from './fixtures.js';

/** The requests of a page that are in progress; `wanted` selects some of them. */
export function pendingRequests(page: Page, wanted: (request: Request) => boolean = () => true): ReadonlySet<Request> {
  const pending = new Set<Request>();
  page.on('request', (request) => wanted(request) && pending.add(request));
  for (const end of ['requestfinished', 'requestfailed'] as const)
    page.on(end as 'requestfinished', (request) => void pending.delete(request));
  return pending;
}

/**
 * Takes the network away. The returned function brings it back, after the requests that began without it have failed: an `import()` joins
 * a request for the same file that is still in progress.
 */
export async function goOffline(page: Page, context: BrowserContext): Promise<() => Promise<void>> {
  const pending = pendingRequests(page);
  await context.setOffline(true);
  return async () => {
    await expect.poll(() => pending.size, 'requests without a network').toBe(0);
    await context.setOffline(false);
    await page.waitForFunction(() => navigator.onLine);
  };
}

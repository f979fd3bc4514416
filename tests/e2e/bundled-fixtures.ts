/** A site that serves programs bundled as a site owner would: the `bundled` fixture, built once per worker. */
import type { WorkerFixture } from '@playwright/test';
import { serveBundle } from '../support/seeds/pages.js';
import type { Site } from '../support/site.js';

/** The site with these programs by name: `test.extend({ bundled: bundledOf(…) })`. */
export const bundledOf = (
  programs: (site: Site) => Readonly<Record<string, string>>,
): [WorkerFixture<Site, { site: Site }>, { scope: 'worker'; timeout: number }] => [
  async ({ site }, use) => {
    await serveBundle(site, programs(site));
    await use(site);
  },
  { scope: 'worker', timeout: 120_000 },
];

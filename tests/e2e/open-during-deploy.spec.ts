/** A page that was opened before a deploy starts a call afterwards: its chunks exist only in the kept files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keepFiles } from '../../src/server/runtime/node/keep-files.js';
import { serve } from '../../src/server/runtime/node/serve.js';
import type { App } from '../../src/server/runtime/node/serve.js';
import { widgetFiles } from '../../src/server/runtime/node/widget-files.js';
import { chromiumLaunch } from '../support/chromium.js';
import { silentRoom } from '../support/spoken.js';
import { expect, test } from './fixtures.js';
import { DIST, plainPage, publishPage, settingsOf } from './optimiser-fixtures.js';

const room = await silentRoom();
test.use({ launchOptions: chromiumLaunch({ wav: room.path, loop: true }) });

for (const keeps of [true, false])
  test(`${keeps ? 'with' : 'without'} kept files, a page opened before a deploy ${keeps ? 'connects' : 'offers to reload'}`, async ({
    page,
    widget,
    site,
  }) => {
    const folder = mkdtempSync(join(tmpdir(), 'open-during-deploy-'));
    const kept = join(folder, 'widget');
    const options = keeps ? { kept } : {};
    const build = fileURLToPath(DIST);
    let app: App = widgetFiles(build, options);
    const server = await serve({ fetch: (request, env) => app.fetch(request, env) });
    try {
      await keepFiles(build, kept);
      await page.goto(publishPage(site, plainPage(`<script src="${server.url}/embed.js" ${settingsOf(site)}></script>`)));
      await expect(widget.button(/Ask us/)).toBeVisible();

      // The next version has none of the chunks of this one.
      const next = join(folder, 'dist');
      for (const form of ['', 'flat', 'single']) {
        mkdirSync(join(next, form), { recursive: true });
        writeFileSync(join(next, form, 'files.json'), '{"version":"9.9.9","entries":{},"integrity":{}}');
      }
      await keepFiles(next, kept);
      app = widgetFiles(next, options);

      await widget.button(/Ask us/).click();
      if (keeps) return void (await widget.reaches('connected'));
      await widget.reaches('failed');
      await expect(widget.button(/Reload/).first()).toBeVisible();
    } finally {
      await server.close();
      rmSync(folder, { recursive: true });
    }
  });

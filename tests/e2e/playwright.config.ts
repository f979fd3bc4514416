/**
 * End to end: a real browser, real WebRTC and real sound, with the files in dist/ (run `npm run build` first).
 * Each worker has its own sandbox and site on free ports, so tests never share a call.
 */
import { defineConfig } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir: '../../test-results/e2e',
  snapshotPathTemplate: '{testDir}/snapshots/{testFileName}/{arg}{ext}',
  timeout: 90_000,
  expect: { timeout: 15_000, toHaveScreenshot: { maxDiffPixelRatio: 0.02, animations: 'disabled', caret: 'hide' } },
  // A call mostly waits for sound: with one worker per processor, half of the time would be idle.
  workers: '150%',
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  reporter: [['list'], ['json', { outputFile: '../../test-results/e2e.json' }]],
  use: {
    browserName: 'chromium',
    headless: true,
    launchOptions: chromiumLaunch(),
    locale: 'en-GB',
    // A trace adds a tenth to the run time. To debug a failure, run its file with `--trace on`.
    trace: 'off',
    // Without a GPU, rendering animations takes a fifth of the CPU. Specs about motion enable it themselves.
    contextOptions: { reducedMotion: 'reduce' },
  },
});

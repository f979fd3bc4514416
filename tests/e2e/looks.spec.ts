/**
 * Compares key states with the pictures in `snapshots/`. They were taken in Chromium with the DejaVu fonts (Debian:
 * `fonts-dejavu-core`, and for italics `fonts-dejavu-extra`); other fonts wrap lines differently. After an intended change,
 * run `npx playwright test -c tests/e2e/playwright.config.ts looks --update-snapshots` and review each picture.
 */
import type { Page } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { arrive } from '../support/states.js';
import type { StateName } from '../support/states.js';
import { expect, test } from './fixtures.js';

const silence = await record('silence', [2_000]);

test.use({ launchOptions: chromiumLaunch({ wav: silence.path, loop: true }), contextOptions: { reducedMotion: 'reduce' } });
test.describe.configure({ mode: 'parallel' });

const FONT = 'DejaVu Sans';
const FACES = [FONT, `${FONT} Bold`, `${FONT} Oblique`];

const style = (theme: string): string => `
  html { color-scheme: ${theme}; }
  body { margin: 0; font-family: '${FONT}'; }
  main { padding: 16px; }
  voice-agent { --voice-agent-font-family: '${FONT}'; }`;

interface Look {
  readonly theme?: 'light' | 'dark';
  readonly dir?: 'ltr' | 'rtl';
  readonly width?: number;
  readonly height?: number;
  readonly placement?: string;
  readonly forcedColors?: true;
}

const LOOKS: readonly (readonly [picture: string, state: StateName, look?: Look])[] = [
  ['first-visit', 'first visit, floating'],
  ['first-visit-dark-rtl', 'first visit, floating', { theme: 'dark', dir: 'rtl' }],
  ['card', 'first visit, inline', { width: 768 }],
  ['card-dark-320', 'first visit, inline', { theme: 'dark', width: 320, height: 640 }],
  ['idle', 'panel open, idle'],
  ['permission', 'waiting for permission'],
  ['connecting-dark', 'connecting', { theme: 'dark' }],
  ['listening', 'listening'],
  ['listening-320', 'listening', { width: 320, height: 568 }],
  ['thinking-dark', 'thinking', { theme: 'dark' }],
  ['speaking', 'speaking'],
  ['speaking-dark-rtl', 'speaking', { theme: 'dark', dir: 'rtl' }],
  ['speaking-wide', 'speaking', { placement: 'inline', width: 1280, height: 760 }],
  ['speaking-landscape', 'speaking', { width: 640, height: 320 }],
  ['speaking-forced-colours', 'speaking', { forcedColors: true }],
  ['muted-forced-colours', 'muted', { forcedColors: true }],
  ['denied-landscape', 'microphone denied', { width: 640, height: 320 }],
  ['lost-landscape', 'connection lost', { width: 640, height: 320 }],
  ['denied-320', 'microphone denied', { width: 320, height: 568 }],
  ['interrupted', 'interrupted'],
  ['muted-rtl', 'muted', { dir: 'rtl' }],
  ['device-muted', 'muted by the device'],
  ['device-muted-dark-rtl', 'muted by the device', { theme: 'dark', dir: 'rtl' }],
  ['microphone-lost', 'microphone lost'],
  ['microphone-lost-dark-320', 'microphone lost', { theme: 'dark', width: 320, height: 568 }],
  ['another-microphone', 'another microphone'],
  ['part-missing', 'part missing'],
  ['part-missing-dark-rtl', 'part missing', { theme: 'dark', dir: 'rtl' }],
  ['part-missing-card-320', 'part missing', { placement: 'inline', width: 320, height: 568 }],
  ['out-of-sight', 'out of sight'],
  ['out-of-sight-dark-rtl', 'out of sight', { theme: 'dark', dir: 'rtl' }],
  ['out-of-sight-320', 'out of sight', { width: 320, height: 568 }],
  ['sound-blocked', 'sound blocked'],
  ['text-only-dark', 'text only', { theme: 'dark' }],
  ['tool-320', 'tool running', { width: 320, height: 568 }],
  ['approval', 'asked for approval'],
  ['approval-dark-rtl', 'asked by a hosted server', { theme: 'dark', dir: 'rtl' }],
  ['approval-320', 'asked by a hosted server', { width: 320, height: 568 }],
  ['approval-wide', 'asked by a hosted server', { placement: 'inline', width: 1280, height: 760 }],
  ['approval-landscape', 'asked for approval', { width: 640, height: 320 }],
  ['approval-forced-colours', 'asked for approval', { forcedColors: true }],
  ['problem', 'problem in a call'],
  ['denied', 'microphone denied'],
  ['rate-limited-dark', 'rate limited', { theme: 'dark' }],
  ['ended', 'ended'],
  ['minimised', 'minimised in a call'],
  ['captions', 'captions'],
  ['captions-dark-rtl', 'captions', { theme: 'dark', dir: 'rtl' }],
  ['captions-320', 'captions', { width: 320, height: 568 }],
  ['captions-wide', 'captions', { placement: 'inline', width: 1280, height: 760 }],
  ['captions-forced-colours', 'captions', { forcedColors: true }],
  ['captions-listening', 'captions, listening'],
  ['captions-ended', 'captions, ended'],
  ['captions-card', 'captions, first visit', { placement: 'inline', width: 768 }],
];

/** Fails if a font face is missing: the browser would synthesise it from another one, and the pictures would not be comparable. */
async function demandFont(page: Page): Promise<void> {
  const missing = await page.evaluate(async (faces) => {
    const loaded = await Promise.allSettled(faces.map((face) => new FontFace('demanded', `local("${face}")`).load()));
    return faces.filter((_, index) => loaded[index]?.status === 'rejected');
  }, FACES);
  expect(
    missing,
    'These fonts are required to compare the pictures. Install them (Debian, Ubuntu: apt-get install fonts-dejavu-core fonts-dejavu-extra).',
  ).toEqual([]);
}

/** Sets a fixed level for both meters instead of the measured silence. */
const loud = (page: Page): Promise<void> =>
  page.locator('voice-agent-visualizer, voice-agent-controls').evaluateAll((views) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('.user i { transform: scaleX(0.35) !important; } .agent i { transform: scaleX(0.7) !important; }');
    for (const { shadowRoot } of views) shadowRoot?.adoptedStyleSheets.push(sheet);
  });

for (const [picture, state, look = {}] of LOOKS) {
  const { theme = 'light', dir = 'ltr', width = 520, height = 800, placement, forcedColors } = look;
  test(`${picture}: ${state}`, async ({ page, site }) => {
    await page.setViewportSize({ width, height });
    if (forcedColors) await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
    await arrive(page, site, state, {
      dir,
      style: style(theme),
      attributes: { theme, ...(placement === undefined ? {} : { placement }) },
    });
    await demandFont(page);
    // Move the pointer off every button, so that none is hovered.
    await page.mouse.move(1, 1);
    await page.evaluate(() => document.fonts.ready);
    await loud(page);
    await expect(page).toHaveScreenshot(`${picture}.png`, { maxDiffPixelRatio: 0, maxDiffPixels: 100, threshold: 0.2 });
  });
}

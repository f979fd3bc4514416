/** Every state in light and dark and in both text directions: no axe violations, large enough targets, no motion by default. */
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { chromiumLaunch } from '../support/chromium.js';
import { record } from '../support/spoken.js';
import { STATES, arrive } from '../support/states.js';
import type { StateName } from '../support/states.js';
import { expect, test } from './fixtures.js';

const silence = await record('silence', [2_000]);

test.use({ launchOptions: chromiumLaunch({ wav: silence.path, loop: true }), contextOptions: { reducedMotion: 'reduce' } });

test.describe.configure({ mode: 'parallel' });

/** Contrast depends on the theme, sizes depend on placement and direction; all other rules see the same page in each look. */
const CONTRAST = 'color-contrast';
const LOOKS = [
  { theme: 'light', dir: 'ltr', inline: false, rules: undefined },
  { theme: 'dark', dir: 'rtl', inline: false, rules: [CONTRAST, 'target-size'] },
  {
    theme: 'light',
    dir: 'rtl',
    inline: true,
    rules: ['target-size', 'button-name', 'landmark-unique', 'region', 'aria-dialog-name', 'scrollable-region-focusable'],
  },
  { theme: 'dark', dir: 'ltr', inline: true, rules: ['target-size'] },
] as const;

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function findings(page: Page, rules?: readonly string[]): Promise<{ found: string[]; checked: string[] }> {
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations, incomplete, passes } = await (rules ? axe.withRules([...rules]) : axe.withTags(TAGS)).analyze();
  // Scrolled-out turns and tool arguments have no background to measure; every other result must be conclusive.
  const unsure = incomplete
    .filter(({ id }) => id === 'color-contrast' || id === 'target-size')
    .map((result) => ({ ...result, nodes: result.nodes.filter(({ html }) => !/^<(span>Answer|d[td] dir="auto">)/.test(html)) }));
  const found = [...violations, ...unsure].flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
  );
  return { found, checked: passes.map(({ id }) => id) };
}

/** Name and size of every interactive control. */
function targets(host: Locator): Promise<{ name: string; width: number; height: number }[]> {
  return host.evaluate((agent) => {
    const found: { name: string; width: number; height: number }[] = [];
    const visit = (root: ParentNode): void => {
      for (const element of root.querySelectorAll<HTMLElement>('*')) {
        if (element.shadowRoot) visit(element.shadowRoot);
        if (!element.matches('button, textarea, a, input, select') || !element.checkVisibility()) continue;
        const { width, height } = element.getBoundingClientRect();
        found.push({ name: element.getAttribute('part') ?? element.outerHTML, width, height });
      }
    };
    if (agent.shadowRoot) visit(agent.shadowRoot);
    return found;
  });
}

/** Running animations, including those in shadow trees, which `document.getAnimations()` omits. */
const running = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    const visit = (root: Document | ShadowRoot): void => {
      for (const animation of root.getAnimations()) {
        const target = (animation.effect as KeyframeEffect | null)?.target;
        if (animation.playState === 'running') found.push(`${animation.constructor.name} of ${target?.className ?? ''}`);
      }
      for (const element of root.querySelectorAll('*')) if (element.shadowRoot) visit(element.shadowRoot);
    };
    visit(document);
    return found;
  });

for (const name of Object.keys(STATES) as StateName[]) {
  test(`${name}: passes axe, has large enough targets and no motion`, async ({ page, site }) => {
    const { host } = await arrive(page, site, name);
    expect(await running(page), 'no animations run under reduced motion').toEqual([]);
    const tooSmall = (await targets(host)).filter(({ width, height }) => Math.min(width, height) < 44);
    expect(tooSmall).toEqual([]);
    for (const { theme, dir, inline, rules } of LOOKS) {
      await host.evaluate(
        async (agent: HTMLElementTagNameMap['voice-agent'], look) => {
          document.documentElement.dir = look.dir;
          document.documentElement.style.background = look.theme === 'dark' ? '#111' : '#fff';
          document.documentElement.style.color = look.theme === 'dark' ? '#eee' : '#000';
          agent.theme = look.theme;
          if (look.inline) agent.placement = 'inline';
          await agent.updateComplete;
        },
        { theme, dir, inline },
      );
      const { found, checked } = await findings(page, rules);
      expect(found, `${theme}, ${dir}${inline ? ', inline' : ''}`).toEqual([]);
      expect(checked).toEqual(expect.arrayContaining(rules ? [rules[0]] : [CONTRAST, 'target-size', 'button-name']));
    }
  });
}

test('animations run by default and stop when reduced motion is turned on', async ({ page, site }) => {
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await arrive(page, site, 'thinking');
  expect((await running(page)).length).toBeGreaterThan(0);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await running(page)).toEqual([]);
});

test('in forced colours, buttons keep a border and the focus ring and level meters stay visible', async ({ page, site }) => {
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  const { host } = await arrive(page, site, 'muted');
  const edges = await host.evaluate((agent) => {
    const found: [string, string][] = [];
    const visit = (root: ParentNode): void => {
      for (const element of root.querySelectorAll<HTMLElement>('*')) {
        if (element.shadowRoot) visit(element.shadowRoot);
        if (!element.matches('button, form, [part=meter]') || !element.checkVisibility()) continue;
        const { borderTopWidth, borderTopStyle } = getComputedStyle(element);
        found.push([element.getAttribute('part') ?? '', `${borderTopWidth} ${borderTopStyle}`]);
      }
    };
    if (agent.shadowRoot) visit(agent.shadowRoot);
    return found;
  });
  expect(edges.length).toBeGreaterThan(5);
  // The close button and Send are icons inside a bordered container: the header and the field.
  const bare = edges.filter(([name, edge]) => edge.startsWith('0px') && name !== 'close-button' && name !== 'send-button');
  expect(bare).toEqual([]);
  const mute = host.getByRole('button', { name: 'Mute' });
  await mute.focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Shift+Tab');
  await expect(mute).toBeFocused();
  await expect(mute).toHaveCSS('outline-style', 'solid');
  const { found } = await findings(page);
  expect(found).toEqual([]);
});

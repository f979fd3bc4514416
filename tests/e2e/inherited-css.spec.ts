/** Text properties of the page do not affect the widget; direction, colour scheme and custom properties do. Controls stay clickable. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.js';
import type { Widget } from './fixtures.js';
import { seen } from '../support/on-top.js';

test.use({ contextOptions: { reducedMotion: 'reduce' } });
test.describe.configure({ mode: 'parallel' });

type Agent = HTMLElementTagNameMap['voice-agent'];

/** Inherited properties with values that would be visible. A rule for the tag itself may set `visibility` and `writing-mode` of its box. */
const INHERITED: Record<string, string> = {
  'caret-color': 'transparent',
  cursor: 'none',
  'font-family': 'cursive',
  'font-feature-settings': '"smcp"',
  'font-size-adjust': '2',
  'font-stretch': '50%',
  'font-style': 'italic',
  'font-variant': 'small-caps',
  'font-variation-settings': '"wght" 900',
  'font-weight': '900',
  hyphens: 'auto',
  'letter-spacing': '9px',
  'line-break': 'anywhere',
  'line-height': '3',
  'list-style-type': 'square',
  'overflow-wrap': 'anywhere',
  'pointer-events': 'none',
  quotes: 'none',
  'tab-size': '40',
  'text-align': 'center',
  'text-align-last': 'end',
  'text-emphasis': 'dot red',
  'text-indent': '90px',
  'text-shadow': '2px 2px red',
  'text-transform': 'uppercase',
  'text-underline-offset': '20px',
  'text-wrap': 'nowrap',
  'user-select': 'none',
  visibility: 'hidden',
  'white-space': 'pre',
  'word-break': 'break-all',
  'word-spacing': '30px',
  'writing-mode': 'vertical-rl',
  '-webkit-text-fill-color': 'transparent',
  '-webkit-text-stroke': '4px red',
  '-webkit-text-security': 'disc',
  '-webkit-user-modify': 'read-write',
};

const declarations = Object.entries(INHERITED)
  .map(([name, value]) => `${name}: ${value};`)
  .join(' ');

/** Computed styles of everything in the widget, by position in the tree, without properties that depend on size. */
function styles(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() => {
    const found: Record<string, string> = {};
    const visit = (root: ParentNode, path: string): void => {
      [...root.children].forEach((element, index) => {
        const place = `${path} ${element.localName}${String(index)}`;
        const style = getComputedStyle(element);
        for (const name of style)
          if (!name.startsWith('--') && !/size|width|height|origin|^inset|left|right|top|bottom|grid-template/.test(name))
            found[`${place}: ${name}`] = style.getPropertyValue(name);
        if (element.shadowRoot) visit(element.shadowRoot, place);
        visit(element, place);
      });
    };
    for (const view of document.querySelector('voice-agent')?.shadowRoot?.querySelectorAll('voice-agent-launcher, voice-agent-panel') ??
      []) {
      if (view.shadowRoot) visit(view.shadowRoot, view.localName);
      visit(view, view.localName);
    }
    return found;
  });
}

async function openPanel(widget: Widget): Promise<void> {
  await widget.host.evaluate((agent: Agent) => (agent.open = true));
  await expect(widget.field).toBeVisible();
}

for (const placement of ['inline', 'bottom-end']) {
  test(`${placement}: inherited text properties do not change the widget`, async ({ page, widget, site }) => {
    const attributes = { placement };
    const sized = 'voice-agent { inline-size: 600px; }';
    await widget.open(site, { attributes, style: sized });
    await openPanel(widget);
    const plain = await styles(page);
    expect(Object.keys(plain).length).toBeGreaterThan(5_000);
    for (const style of [
      `html { ${declarations} }`,
      `main { ${declarations} }`,
      `main * { ${declarations.replace(/(visibility|writing-mode): [^;]*;/g, '')} }`,
    ]) {
      await widget.open(site, { attributes, style: `${sized} ${style}` });
      await openPanel(widget);
      const reached = Object.entries(await styles(page)).filter(([name, value]) => plain[name] !== value);
      expect(reached, style).toEqual([]);
      await widget.host.locator('[part="send-button"]').scrollIntoViewIfNeeded();
      expect(await seen(widget.host, 'send-button')).toMatchObject({ pressable: true });
    }
  });
}

test('the widget inherits direction, custom properties and language', async ({ page, widget, site }) => {
  await widget.open(site, { dir: 'rtl', style: ':root { --voice-agent-text-color: rgb(1, 2, 3); }', attributes: { open: true } });
  const heading = widget.host.locator('[part="heading"]').first();
  await expect(heading).toHaveCSS('direction', 'rtl');
  await expect(heading).toHaveCSS('color', 'rgb(1, 2, 3)');
  await page.evaluate(() => (document.documentElement.lang = 'de'));
  expect(await heading.evaluate((element) => element.matches(':lang(de)'))).toBe(true);
});

const SCHEMES = [
  { page: '', os: 'dark', theme: 'auto', dark: false },
  { page: ':root { color-scheme: dark; }', os: 'light', theme: 'auto', dark: true },
  { page: ':root { color-scheme: light; }', os: 'dark', theme: 'auto', dark: false },
  { page: ':root { color-scheme: light dark; }', os: 'dark', theme: 'auto', dark: true },
  { page: 'main { color-scheme: dark; }', os: 'light', theme: 'auto', dark: true },
  { page: ':root { color-scheme: dark; }', os: 'dark', theme: 'light', dark: false },
  { page: ':root { color-scheme: light; }', os: 'light', theme: 'dark', dark: true },
] as const;

for (const { page: style, os, theme, dark } of SCHEMES) {
  test(`with theme ${theme}, system ${os} and page ${style || 'without a colour scheme'} the panel is ${dark ? 'dark' : 'light'}`, async ({
    page,
    widget,
    site,
  }) => {
    await page.emulateMedia({ colorScheme: os });
    for (const placement of ['inline', 'bottom-end']) {
      await widget.open(site, { style, attributes: { theme, placement, open: true } });
      await expect(widget.host.locator('[part="panel"]')).toHaveCSS('background-color', dark ? 'rgb(25, 22, 34)' : 'rgb(255, 255, 255)');
    }
  });
}

/** The widget in a browser that Playwright cannot drive, as a visitor sees it: buttons by name, the transcript's text, the focus. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from '@playwright/test';
import type { Point, TestBrowser } from './test-browser.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Installs the functions that the methods below call; they search all shadow roots. */
function install(): void {
  const all = (root: ParentNode): Element[] =>
    [...root.querySelectorAll('*')].flatMap((one) => (one.shadowRoot ? [one, ...all(one.shadowRoot)] : [one]));
  const words = (element: Element): string => (element.getAttribute('aria-label') ?? element.textContent).trim().replace(/\s+/g, ' ');
  const usable = (element: Element): boolean =>
    element.checkVisibility({ visibilityProperty: true }) && !element.matches(':disabled, [aria-disabled="true"]');
  const byName = (name: string): Element | undefined =>
    all(document).find((one) => one.matches('button, label') && words(one).startsWith(name) && usable(one));
  Object.assign(window, {
    seen: {
      place: (name: string) => {
        byName(name)?.scrollIntoView({ block: 'nearest', behavior: 'instant' });
        const box = byName(name)?.getBoundingClientRect();
        return box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : null;
      },
      pressed: (name: string) => byName(name)?.getAttribute('aria-pressed') ?? null,
      transcript: () => all(document).find((one) => one.getAttribute('role') === 'log')?.textContent ?? '',
      alert: () => all(document).find((one) => one.getAttribute('role') === 'alert')?.textContent ?? '',
      focused: () => {
        let element = document.activeElement;
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        return element ? words(element) : '';
      },
    },
  });
}

/** Drives the only widget of a page. */
export class BrowserWidget {
  readonly browser: TestBrowser;

  constructor(browser: TestBrowser) {
    this.browser = browser;
  }

  async open(url: string): Promise<void> {
    await this.browser.open(url, { width: 1000, height: 800 });
    await this.browser.run(install);
    await this.browser.evaluate(`customElements.whenDefined('voice-agent').then(() => true)`);
  }
  /** Clicks the button or label whose name starts with this, once it is enabled. */
  async click(name: string): Promise<void> {
    let place: Point | null = null;
    await expect
      .poll(async () => (place = await this.#ask<Point | null>('place', name)), { message: `button ${name}`, timeout: 20_000 })
      .not.toBeNull();
    await this.browser.click(place as unknown as Point);
  }
  /** Presses Tab, or Shift+Tab, until the focused element's name starts with this. */
  async tabTo(name: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    const stops: string[] = [];
    for (let press = 0; press < 20; press += 1) {
      await this.browser.press(key);
      stops.push(await this.#ask<string>('focused'));
      if (stops.at(-1)?.startsWith(name)) return;
    }
    throw new Error(`${key} does not lead to ${name}: ${stops.join(' → ')}`);
  }
  async reaches(state: string): Promise<void> {
    const now = (): Promise<string> => this.browser.evaluate(`document.querySelector('voice-agent').state`);
    await expect.poll(now, { message: `state ${state}`, timeout: 30_000 }).toBe(state);
  }
  async isPressed(name: string): Promise<void> {
    await expect.poll(() => this.#ask('pressed', name), { message: `${name} is pressed` }).toBe('true');
  }
  async shows(text: string): Promise<void> {
    await expect.poll(() => this.#ask<string>('transcript'), { message: `transcript with ${text}`, timeout: 30_000 }).toContain(text);
  }
  /** The text of the widget's alert, once it contains this. */
  async alerts(text: string): Promise<void> {
    await expect.poll(() => this.#ask<string>('alert'), { message: `alert with ${text}` }).toContain(text);
  }
  /** axe violations as `rule: selectors`. */
  async violations(): Promise<string[]> {
    // The page's policy would block a script of the page, but not code evaluated by WebDriver.
    await this.browser.evaluate(`(() => { ${axe}; })()`);
    return this.browser.evaluate(
      `axe.run('voice-agent').then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => String(target)).join(', ')))`,
    );
  }

  #ask<T>(what: string, ...args: string[]): Promise<T> {
    return this.browser.evaluate(`seen.${what}(...${JSON.stringify(args)})`);
  }
}

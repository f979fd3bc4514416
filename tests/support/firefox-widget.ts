/** The widget in Firefox, as a visitor sees it: buttons by name, the transcript's text, the focus. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from '@playwright/test';
import type { Firefox } from './firefox.js';

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
      focused: () => {
        let element = document.activeElement;
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        return element ? words(element) : '';
      },
    },
  });
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Drives the only widget of a page. */
export class FirefoxWidget {
  readonly firefox: Firefox;

  constructor(firefox: Firefox) {
    this.firefox = firefox;
  }

  async open(url: string): Promise<void> {
    await this.firefox.open(url, { width: 1000, height: 800 });
    await this.firefox.run(install);
    await this.firefox.evaluate(`customElements.whenDefined('voice-agent').then(() => true)`);
  }
  /** Clicks the button or label whose name starts with this, once it is enabled. */
  async click(name: string): Promise<void> {
    let place: Place | null = null;
    await expect
      .poll(async () => (place = await this.#ask<Place | null>('place', name)), { message: `button ${name}`, timeout: 20_000 })
      .not.toBeNull();
    await this.firefox.click(place as unknown as Place);
  }
  /** Presses Tab, or Shift+Tab, until the focused element's name starts with this. */
  async tabTo(name: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    const stops: string[] = [];
    for (let press = 0; press < 20; press += 1) {
      await this.firefox.press(key);
      stops.push(await this.#ask<string>('focused'));
      if (stops.at(-1)?.startsWith(name)) return;
    }
    throw new Error(`${key} does not lead to ${name}: ${stops.join(' → ')}`);
  }
  async reaches(state: string): Promise<void> {
    const now = (): Promise<string> => this.firefox.evaluate(`document.querySelector('voice-agent').state`);
    await expect.poll(now, { message: `state ${state}`, timeout: 30_000 }).toBe(state);
  }
  async isPressed(name: string): Promise<void> {
    await expect.poll(() => this.#ask('pressed', name), { message: `${name} is pressed` }).toBe('true');
  }
  async shows(text: string): Promise<void> {
    await expect.poll(() => this.#ask<string>('transcript'), { message: `transcript with ${text}`, timeout: 30_000 }).toContain(text);
  }
  /** axe violations as `rule: selectors`. */
  async violations(): Promise<string[]> {
    // The page's policy would block a script of the page, but not code evaluated by WebDriver.
    await this.firefox.evaluate(`(() => { ${axe}; })()`);
    return this.firefox.evaluate(
      `axe.run('voice-agent').then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => String(target)).join(', ')))`,
    );
  }

  #ask<T>(what: string, ...args: string[]): Promise<T> {
    return this.firefox.evaluate(`seen.${what}(...${JSON.stringify(args)})`);
  }
}

/** The floating panel on small screens: a modal full sheet, clear of an on-screen keyboard. */
import { html } from 'lit';
import { afterEach, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import type { VoiceAgentPanel } from '../../../src/views/panel.js';
import { mount, part, requests, set } from './mount.js';

const PHONE = [390, 800] as const;
const DESK = [1000, 800] as const;

/** A visual viewport that the test resizes like an on-screen keyboard does. */
class Viewport extends EventTarget {
  offsetTop = 0;
  scale = 1;
  height = innerHeight;
  change(change: Partial<Pick<Viewport, 'offsetTop' | 'scale' | 'height'>>): void {
    Object.assign(this, change);
    this.dispatchEvent(new Event('resize'));
  }
}
const real = Object.getOwnPropertyDescriptor(window, 'visualViewport');
function fakeViewport(): Viewport {
  const viewport = new Viewport();
  Object.defineProperty(window, 'visualViewport', { configurable: true, value: viewport });
  return viewport;
}

afterEach(() => {
  if (real) Object.defineProperty(window, 'visualViewport', real);
});

async function panel([width, height]: readonly [number, number], placement = 'bottom-end'): Promise<VoiceAgentPanel> {
  await page.viewport(width, height);
  const view = await mount<VoiceAgentPanel>(html`<voice-agent-panel .placement=${placement} .heading=${'Ask Ada'}>
      <voice-agent-composer slot="composer"></voice-agent-composer>
    </voice-agent-panel><button>Behind</button>`);
  return view;
}
const isModal = (view: VoiceAgentPanel): boolean => view.renderRoot.querySelector('dialog:modal') !== null;

test('a full sheet is modal: the page behind it cannot be focused', async () => {
  const view = await panel(PHONE);
  await expect.poll(() => isModal(view)).toBe(true);
  const behind = document.querySelector<HTMLElement>('main > button') as HTMLElement;
  behind.focus();
  expect(document.activeElement).toBe(view);
  expect(view.shadowRoot?.activeElement).toBe(part(view, 'panel'));
});

test('in a corner, it is not modal', async () => {
  const view = await panel(DESK);
  const behind = document.querySelector<HTMLElement>('main > button') as HTMLElement;
  behind.focus();
  expect(document.activeElement).toBe(behind);
  expect(isModal(view)).toBe(false);
  expect(part(view, 'panel').getAttribute('open')).toBe('');
});

test('rotating the screen switches between both and keeps the focus in the field', async () => {
  const view = await panel(DESK);
  await page.getByRole('textbox').click();
  const field = view.querySelector('voice-agent-composer');
  expect(field?.matches(':focus-within')).toBe(true);
  await page.viewport(...PHONE);
  await expect.poll(() => isModal(view)).toBe(true);
  expect(field?.matches(':focus-within')).toBe(true);
  await page.viewport(...DESK);
  await expect.poll(() => isModal(view)).toBe(false);
  expect(field?.matches(':focus-within')).toBe(true);
});

test('the focus stays on a button of the panel when the panel becomes modal and back', async () => {
  const view = await panel(DESK);
  const close = part(view, 'close-button');
  close.focus();
  for (const modal of [true, false]) {
    const [width, height] = modal ? PHONE : DESK;
    await page.viewport(width, height);
    await expect.poll(() => isModal(view)).toBe(modal);
    expect(view.shadowRoot?.activeElement).toBe(close);
  }
});

test('the back gesture of a phone minimises it', async () => {
  const view = await panel(PHONE);
  await expect.poll(() => isModal(view)).toBe(true);
  const asked = requests(view, 'voice-agent-open-request');
  const cancel = new Event('cancel', { cancelable: true });
  part(view, 'panel').dispatchEvent(cancel);
  expect(cancel.defaultPrevented).toBe(true);
  expect(asked).toEqual([{ open: false }]);
});

test('a panel that the page hides does not keep the page inert', async () => {
  const view = await panel(PHONE);
  await expect.poll(() => isModal(view)).toBe(true);
  const root = view.parentElement as HTMLElement;
  view.style.display = 'none';
  await expect.poll(() => isModal(view)).toBe(false);
  const behind = root.querySelector('button') as HTMLElement;
  behind.focus();
  expect(document.activeElement).toBe(behind);
});

test('inline, it is a region on any screen', async () => {
  const view = await panel(PHONE, 'inline');
  await set(view, { compact: true });
  expect(view.renderRoot.querySelector('dialog')).toBeNull();
  await expect.element(page.getByRole('region', { name: 'Ask Ada' })).toBeVisible();
});

test.each([PHONE, DESK])(
  '%i × %i: an on-screen keyboard covers neither field nor controls, and pinch zoom changes nothing',
  async (width, height) => {
    await page.viewport(width, height);
    const viewport = fakeViewport();
    const view = await panel([width, height]);
    const bottom = (): number =>
      Math.max(
        part(view, 'panel').getBoundingClientRect().bottom,
        view.querySelector('voice-agent-composer')?.getBoundingClientRect().bottom ?? 0,
      );
    viewport.change({ height: 460 });
    await expect.poll(bottom).toBeLessThanOrEqual(460);
    expect(part(view, 'panel').getBoundingClientRect().top).toBeGreaterThanOrEqual(0);
    viewport.change({ height: 460, offsetTop: 120 });
    await expect.poll(bottom).toBeLessThanOrEqual(580);
    expect(bottom()).toBeGreaterThan(500);
    viewport.change({ height: 200, scale: 3 });
    expect(bottom()).toBeGreaterThan(500);
    viewport.change({ height: innerHeight, offsetTop: 0, scale: 1 });
    await expect.poll(bottom).toBeGreaterThan(700);
  },
);

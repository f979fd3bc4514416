/** Requests of the views to their host, by pointer and keyboard; announcements to assistive technology; focus. */
import { html } from 'lit';
import { describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { CallStatus } from '../../../src/contract/index.js';
import type { VoiceAgentClock } from '../../../src/views/clock.js';
import type { VoiceAgentComposer } from '../../../src/views/composer.js';
import type { VoiceAgentControls } from '../../../src/views/controls.js';
import { defineView } from '../../../src/views/define-view.js';
import { VoiceAgentLauncher } from '../../../src/views/launcher.js';
import type { VoiceAgentNotice } from '../../../src/views/notice.js';
import type { VoiceAgentPanel } from '../../../src/views/panel.js';
import { connected, failed, mount, part, requests, set } from './mount.js';

const button = (name: string | RegExp) => page.getByRole('button', { name });

describe('launcher', () => {
  const launcher = (placement: 'inline' | 'bottom-end', status: CallStatus = { state: 'idle' }) =>
    mount<VoiceAgentLauncher>(
      html`<voice-agent-launcher .placement=${placement} .heading=${'Support'} .status=${status}></voice-agent-launcher>`,
    );

  test.each(['inline', 'bottom-end'] as const)('%s: shows the AI disclosure, opens and starts', async (placement) => {
    const view = await launcher(placement);
    expect(part(view, 'disclosure').textContent).toBe(placement === 'inline' ? 'AI voice agent' : 'Start talking · AI voice agent');
    const opened = requests(view, 'voice-agent-open-request');
    const started = requests(view, 'voice-agent-connect-request');
    await button(placement === 'inline' ? 'Start talking' : /Support/).click();
    expect(opened).toEqual([{ open: true }]);
    expect(started).toEqual([{}]);
    await button('Type instead').click();
    expect(started).toEqual([{}, { microphone: false }]);
  });

  test('is hidden while the panel is open, and inert when disabled', async () => {
    const view = await launcher('bottom-end');
    await set(view, { open: true });
    expect(view.checkVisibility()).toBe(false);
    await set(view, { open: false, disabled: true });
    expect((part(view, 'launcher') as HTMLButtonElement).disabled).toBe(true);
  });

  test('the inline card has the height of the inline panel', async () => {
    const card = await launcher('inline');
    const height = card.offsetHeight;
    Object.assign(card.parentElement?.style ?? {}, { position: 'relative' });
    const panel = document.createElement('voice-agent-panel') as VoiceAgentPanel;
    card.before(panel);
    await set(card, { open: true });
    expect(height).toBeGreaterThan(400);
    expect(panel.offsetHeight).toBe(height);
    expect(card.offsetHeight).toBe(height);
  });

  test('registering twice does not throw', () => {
    expect(() => defineView('voice-agent-launcher', class extends VoiceAgentLauncher {})).not.toThrow();
    expect(customElements.get('voice-agent-launcher')).toBe(VoiceAgentLauncher);
  });
});

describe('panel', () => {
  const floating = () =>
    mount<VoiceAgentPanel>(
      html`<voice-agent-panel .placement=${'bottom-end'} .heading=${'Support'}>
        <voice-agent-composer slot="composer"></voice-agent-composer>
      </voice-agent-panel>`,
    );

  test('is a named dialog when floating, and a region when inline', async () => {
    const view = await floating();
    await expect.element(page.getByRole('dialog', { name: 'Support' })).toBeVisible();
    await set(view, { placement: 'inline' });
    await expect.element(page.getByRole('region', { name: 'Support' })).toBeVisible();
  });

  test('is closed by Esc and its button, but not by Esc of an input method or one already handled', async () => {
    const view = await floating();
    const wishes = requests(view, 'voice-agent-open-request');
    view.querySelector<VoiceAgentComposer>('voice-agent-composer')?.focus();
    await userEvent.keyboard('{Escape}');
    await button('Minimise').click();
    expect(wishes).toEqual([{ open: false }, { open: false }]);
    view.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', isComposing: true }));
    const used = new KeyboardEvent('keydown', { key: 'Escape', cancelable: true });
    used.preventDefault();
    view.dispatchEvent(used);
    await set(view, { placement: 'inline' });
    view.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
    expect(wishes).toHaveLength(2);
  });

  test('takes focus on request, and Tab continues inside', async () => {
    const view = await floating();
    view.focus();
    expect(view.shadowRoot?.activeElement).toBe(part(view, 'panel'));
    await userEvent.keyboard('{Tab}');
    await expect.poll(() => view.shadowRoot?.activeElement).toBe(part(view, 'close-button'));
  });
});

test('the panel has a switch for announcements, visible while focused, and only in a conversation', async () => {
  const view = await mount<VoiceAgentPanel>(html`<voice-agent-panel .status=${connected()}></voice-agent-panel>`);
  const asked = requests(view, 'voice-agent-announce-request');
  const control = page.getByRole('switch', { name: 'Announce messages' });
  await expect.element(control).toHaveAttribute('aria-checked', 'false');
  await userEvent.keyboard('{Tab}');
  expect(getComputedStyle(part(view, 'announce-switch')).opacity).toBe('1');
  await userEvent.keyboard(' ');
  expect(asked).toEqual([{ announce: true }]);
  await set(view, { announce: true });
  await expect.element(control).toHaveAttribute('aria-checked', 'true');
  await set(view, { oneWay: true });
  expect(view.renderRoot.querySelector('[part=announce-switch]')).toBeNull();
  await set(view, { oneWay: false, status: { state: 'idle' } });
  expect(view.renderRoot.querySelector('[part=announce-switch]')).toBeNull();
});

test('a call that is about to end for inactivity can be kept; other ends cannot be prevented', async () => {
  const ending = { reason: 'idle', seconds: 15, at: performance.now() + 15_000 } as const;
  const view = await mount<VoiceAgentNotice>(html`<voice-agent-notice .status=${connected({ ending })}></voice-agent-notice>`);
  const asked = requests(view, 'voice-agent-stay-request');
  await button('I’m still here').click();
  expect(asked).toHaveLength(1);
  await set(view, { status: connected({ ending: { ...ending, reason: 'duration' } }) });
  expect(view.renderRoot.querySelector('button')).toBeNull();
});

test('a conversation can be cleared after its call ended', async () => {
  const view = await mount<VoiceAgentNotice>(html`<voice-agent-notice .status=${connected()} .hasItems=${true}></voice-agent-notice>`);
  const asked = requests(view, 'voice-agent-clear-request');
  expect(view.renderRoot.querySelector('button')).toBeNull();
  await set(view, { status: { state: 'disconnected', reason: 'user', duration: 1_000 } });
  await button('New conversation').click();
  await set(view, { status: failed('network') });
  await button('New conversation').click();
  expect(asked).toHaveLength(2);
  await set(view, { hasItems: false });
  expect(view.renderRoot.textContent).not.toContain('New conversation');
});

describe('composer', () => {
  const composer = (status: CallStatus) => mount<VoiceAgentComposer>(html`<voice-agent-composer .status=${status}></voice-agent-composer>`);
  const field = () => page.getByRole('textbox', { name: 'Message' });

  test('Enter sends, Shift+Enter starts a new line, and blank text is not sent', async () => {
    const view = await composer(connected());
    const sent = requests(view, 'voice-agent-send-request');
    await field().click();
    await userEvent.keyboard(' {Enter}one{Shift>}{Enter}{/Shift}two{Enter}');
    expect(sent).toEqual([{ text: 'one\ntwo' }]);
    expect(view.value).toBe('');
    await field().fill('three');
    await button('Send').click();
    expect(sent).toEqual([{ text: 'one\ntwo' }, { text: 'three' }]);
  });

  test('Enter that confirms an input method composition does not send', async () => {
    const view = await composer(connected());
    const sent = requests(view, 'voice-agent-send-request');
    await field().fill('こんにちは');
    const input = part(view, 'input');
    input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true }));
    input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229 }));
    expect(sent).toEqual([]);
    input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
    expect(sent).toEqual([{ text: 'こんにちは' }]);
  });

  test.each<[string, CallStatus, boolean]>([
    ['idle', { state: 'idle' }, true],
    ['connecting', { state: 'connecting', phase: 'microphone', slow: false }, true],
    ['microphone denied', failed('mic_denied'), true],
    ['ended', { state: 'disconnected', reason: 'user', duration: 1 }, true],
    ['ending', { state: 'disconnecting' }, false],
    ['broken setup', failed('token_malformed'), false],
    ['wait', failed('rate_limited', performance.now() + 60_000), false],
  ])('%s: can send is %s', async (_, status, can) => {
    const view = await composer(status);
    const sent = requests(view, 'voice-agent-send-request');
    await set(view, { value: 'hello' });
    part(view, 'input').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
    expect(sent).toHaveLength(can ? 1 : 0);
    expect(view.value).toBe(can ? '' : 'hello');
    await view.updateComplete;
    expect(part(view, 'send-button').getAttribute('aria-disabled')).toBe('true');
    if (!can) await expect.element(field()).toHaveAccessibleDescription('You can’t send messages right now.');
  });

  test('grows with its text up to a limit', async () => {
    const view = await composer(connected());
    const one = view.offsetHeight;
    await set(view, { value: 'a\nb\nc' });
    expect(view.offsetHeight).toBeGreaterThan(one);
    await set(view, { value: 'a\n'.repeat(50) });
    expect(view.offsetHeight).toBeLessThan(200);
  });
});

describe('controls', () => {
  const controls = (status: CallStatus) =>
    mount<VoiceAgentControls>(html`<voice-agent-controls tabindex="-1" .status=${status}></voice-agent-controls>`);

  test('Mute is a toggle that keeps its name', async () => {
    const view = await controls(connected());
    const wishes = requests(view, 'voice-agent-mute-request');
    await button('Mute').click();
    await set(view, { status: connected({ microphone: 'muted' }) });
    await expect.element(button('Mute')).toHaveAttribute('aria-pressed', 'true');
    await button('Mute').click();
    expect(wishes).toEqual([{ muted: true }, { muted: false }]);
  });

  test('Interrupt only works during an answer, and keeps focus when the answer ends', async () => {
    const view = await controls(connected({ activity: 'speaking' }));
    const wishes = requests(view, 'voice-agent-interrupt-request');
    const interrupt = part(view, 'interrupt-button');
    interrupt.focus();
    await userEvent.keyboard('{Enter}');
    await set(view, { status: connected({ interrupted: true }) });
    expect(view.shadowRoot?.activeElement).toBe(interrupt);
    expect(interrupt.getAttribute('aria-disabled')).toBe('true');
    await userEvent.keyboard('{Enter}');
    expect(wishes).toHaveLength(1);
  });

  test('End and Cancel work, and focus stays in the widget when the buttons disappear', async () => {
    const view = await mount<VoiceAgentPanel>(
      html`<voice-agent-panel><voice-agent-controls slot="controls" .status=${connected()}></voice-agent-controls></voice-agent-panel>`,
    );
    const bar = view.querySelector('voice-agent-controls') as VoiceAgentControls;
    const wishes = requests(bar, 'voice-agent-close-request');
    part(bar, 'end-button').focus();
    await userEvent.keyboard('{Enter}');
    expect(wishes).toHaveLength(1);
    await set(bar, { status: { state: 'disconnecting' } });
    expect(bar.renderRoot.querySelector('button')).toBeNull();
    expect(view.shadowRoot?.activeElement).toBe(part(view, 'panel'));
    await set(bar, { status: { state: 'connecting', phase: 'authorizing', slow: false } });
    await button('Cancel').click();
    expect(wishes).toHaveLength(2);
  });

  test('Mute is disabled without a microphone', async () => {
    const view = await controls(connected({ microphone: 'unavailable' }));
    const wishes = requests(view, 'voice-agent-mute-request');
    part(view, 'mute-button').click();
    expect(wishes).toEqual([]);
    await expect.element(button('No mic')).toHaveAttribute('aria-disabled', 'true');
  });

  test('the clock counts seconds, and stops when removed', async () => {
    const view = await controls(connected());
    const clock = part(view, 'duration') as unknown as VoiceAgentClock;
    await clock.updateComplete;
    expect(clock.renderRoot.textContent).toBe('1:23');
    await expect.poll(() => clock.renderRoot.textContent, { timeout: 3000 }).toBe('1:24');
    await expect.element(page.getByRole('timer', { name: 'Duration' })).toBeVisible();
    view.remove();
    const shown = clock.renderRoot.textContent;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(clock.renderRoot.textContent).toBe(shown);
  });

  test('meters follow the levels without an update', async () => {
    const view = await controls(connected());
    view.show({ input: 0.5, output: 0.25 });
    const width = (bar: string): string => getComputedStyle(view.renderRoot.querySelector(bar) as HTMLElement).transform;
    expect(width('.user i')).toBe('matrix(0.5, 0, 0, 1, 0, 0)');
    expect(width('.agent i')).toBe('matrix(0.25, 0, 0, 1, 0, 0)');
  });
});

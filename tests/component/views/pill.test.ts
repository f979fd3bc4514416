/** The pill of a minimised call: its name, buttons and announcements. */
import { html } from 'lit';
import { describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import type { CallStatus } from '../../../src/contract/index.js';
import type { VoiceAgentPill } from '../../../src/views/pill.js';
import { axeCheck, connected, failed, mount, part, requests, set } from './mount.js';

const pill = (status: CallStatus = connected(), answers = 0) =>
  mount<VoiceAgentPill>(html`<voice-agent-pill .heading=${'Ask Ada'} .status=${status} .answers=${answers}></voice-agent-pill>`);
const button = (name: string | RegExp) => page.getByRole('button', { name });
const reported = (view: VoiceAgentPill): string => view.renderRoot.querySelector('[role="status"]')?.textContent ?? '';

test('the main button has a descriptive name that does not change as seconds pass', async () => {
  const view = await pill();
  await expect.element(button('Ask Ada On call').first()).toBeVisible();
  const clock = view.renderRoot.querySelector('voice-agent-clock');
  expect(clock?.shadowRoot?.textContent).toContain('1:23');
  await set(view, { status: connected({ since: performance.now() - 184_000 }) });
  expect(clock?.shadowRoot?.textContent).toContain('3:04');
  await expect.element(button('Ask Ada On call').first()).toBeVisible();
});

test('opens, mutes and ends', async () => {
  const view = await pill();
  const opened = requests(view, 'voice-agent-open-request');
  const muted = requests(view, 'voice-agent-mute-request');
  const ended = requests(view, 'voice-agent-close-request');
  await button(/Ask Ada/).click();
  await button('Mute').click();
  await button('End call').click();
  expect([opened, muted, ended.length]).toEqual([[{ open: true }], [{ muted: true }], 1]);
  await set(view, { status: connected({ microphone: 'muted' }) });
  await expect.element(button('Mute')).toHaveAttribute('aria-pressed', 'true');
  await button('Mute').click();
  expect(muted).toEqual([{ muted: true }, { muted: false }]);
});

test('Mute is disabled without a microphone', async () => {
  const view = await pill(connected({ microphone: 'unavailable' }));
  const muted = requests(view, 'voice-agent-mute-request');
  await expect.element(button('No mic')).toHaveAttribute('aria-disabled', 'true');
  (part(view, 'mute-button') as HTMLButtonElement).click();
  expect(muted).toEqual([]);
});

describe('a single live region, present before any announcement', () => {
  test('announces new answers, with a badge', async () => {
    const view = await pill(connected(), 3);
    const region = view.renderRoot.querySelector('[role="status"]');
    expect(region?.textContent).toBe('');
    await set(view, { answers: 4 });
    expect(reported(view)).toBe('1 new answer');
    expect(part(view, 'badge').textContent).toBe('1');
    await set(view, { answers: 5 });
    expect(reported(view)).toBe('2 new answers');
    await expect.element(button('Ask Ada On call 2 new answers')).toBeVisible();
    await set(view, { answers: 20 });
    expect(part(view, 'badge').textContent).toBe('9+');
    expect(view.renderRoot.querySelector('[role="status"]')).toBe(region);
    expect(view.renderRoot.querySelectorAll('[role="status"], [role="alert"], [aria-live]')).toHaveLength(1);
  });

  test('announces a failure and blocked sound', async () => {
    const view = await pill();
    await set(view, { status: connected({ soundBlocked: true }) });
    expect(reported(view)).toBe('Sound is off');
    await set(view, { status: failed('connection_lost') });
    expect(reported(view)).toBe('The connection was lost');
    await expect.element(button(/Ask Ada The connection was lost/)).toBeVisible();
    expect(view.renderRoot.querySelector('[part="end-button"]')).toBeNull();
  });
});

test('an attempt to reconnect can be cancelled', async () => {
  const view = await pill({ state: 'reconnecting', attempt: 1 });
  const ended = requests(view, 'voice-agent-close-request');
  await button('Cancel').click();
  expect(ended).toHaveLength(1);
});

test.each([connected(), connected({ microphone: 'muted' }), failed('network')])('has no accessibility findings', async (status) => {
  expect(await axeCheck(await pill(status))).toEqual([]);
});

/** Texts and actions when a microphone or the sound stops during a call. */
import { html } from 'lit';
import { describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { VoiceAgentError } from '../../../src/contract/index.js';
import type { MicrophoneChange, StatusOf } from '../../../src/contract/index.js';
import { enPanel } from '../../../src/i18n/en-panel.js';
import type { VoiceAgentControls } from '../../../src/views/controls.js';
import type { VoiceAgentNotice } from '../../../src/views/notice.js';
import type { VoiceAgentPill } from '../../../src/views/pill.js';
import { connected, mount, part, requests, set } from './mount.js';

const button = (name: string | RegExp) => page.getByRole('button', { name });
const notice = (change: Partial<StatusOf<'connected'>>, error?: VoiceAgentError) =>
  mount<VoiceAgentNotice>(html`<voice-agent-notice .status=${connected(change)} .error=${error}></voice-agent-notice>`);
const lost = (change?: Partial<MicrophoneChange>) => ({ microphone: 'lost', microphoneChange: { lost: 'Headset', ...change } }) as const;
const words = (view: VoiceAgentNotice): string | undefined => view.renderRoot.querySelector('p[part=message] bdi')?.textContent;
const status = () => page.getByRole('status');

describe('a lost microphone', () => {
  test('names the device and what happens next', async () => {
    const view = await notice(lost());
    expect(words(view)).toBe(`No sound from “Headset”. ${enPanel.microphoneSearch}`);
    await expect.element(status()).toHaveTextContent(`Microphone lost. No sound from “Headset”. ${enPanel.microphoneSearch}`);
  });

  test.each(['mic_missing', 'mic_denied', 'mic_busy', 'mic_dismissed', 'mic_unresponsive'] as const)(
    '%s: shows the remedy',
    async (code) => {
      const view = await notice(lost({ error: new VoiceAgentError(code) }));
      expect(words(view)).toBe(`No sound from “Headset”. ${enPanel.errors[code].detail}`);
    },
  );

  test('has a button to reconnect it, even if the call ends soon or sound is blocked', async () => {
    const ending = { reason: 'idle', seconds: 15, at: performance.now() + 15_000 } as const;
    for (const more of [{}, { ending }, { soundBlocked: true }]) {
      const view = await notice({ ...lost(), ...more });
      const asked = requests(view, 'voice-agent-microphone-request');
      await button('Reconnect microphone').click();
      expect(asked).toHaveLength(1);
      expect(view.renderRoot.querySelectorAll('button')).toHaveLength('soundBlocked' in more || 'ending' in more ? 2 : 1);
      view.parentElement?.remove();
    }
  });

  test('has no button if the page supplied the stream', async () => {
    const view = await notice(lost({ lost: '', given: true, error: new VoiceAgentError('mic_missing') }));
    expect(words(view)).toBe(`No sound from your microphone. ${enPanel.microphoneOfPage}`);
    expect(view.renderRoot.querySelector('button')).toBeNull();
  });

  test('takes precedence over another problem during the call', async () => {
    const view = await notice(lost(), new VoiceAgentError('server_error'));
    expect(words(view)).toContain('Headset');
    expect(view.renderRoot.querySelector('[role=alert]')?.textContent.trim()).toBe('');
  });

  test('cannot be muted', async () => {
    const view = await mount<VoiceAgentControls>(html`<voice-agent-controls .status=${connected(lost())}></voice-agent-controls>`);
    const wishes = requests(view, 'voice-agent-mute-request');
    part(view, 'mute-button').click();
    expect(wishes).toEqual([]);
    await expect.element(button('No mic')).toHaveAttribute('aria-disabled', 'true');
  });
});

describe('a reconnected microphone', () => {
  test.each<[string, MicrophoneChange, string]>([
    ['the same device', { lost: 'Headset', used: 'Headset' }, 'Now using “Headset”.'],
    ['another device', { lost: 'Headset', used: 'Laptop' }, 'No sound from “Headset”. Now using “Laptop”.'],
    ['a device without a name', { lost: '', used: '' }, 'Now using a microphone.'],
  ])('is named: %s', async (_, microphoneChange, said) => {
    const view = await notice({ microphoneChange });
    expect(words(view)).toBe(said);
    await expect.element(status()).toHaveTextContent(said);
    expect(view.renderRoot.querySelector('button')).toBeNull();
  });

  test('is reported as muted if it is', async () => {
    const view = await notice({ microphone: 'muted', microphoneChange: { lost: 'Headset', used: 'Headset' } });
    expect(words(view)).toBe(`Now using “Headset”. ${enPanel.mutedDetail}`);
  });
});

describe('a microphone muted by the system', () => {
  test('is distinguished from the visitor’s own mute, which stays possible', async () => {
    const view = await notice({ microphone: 'system-muted' });
    expect(words(view)).toBe(enPanel.systemMuted.detail);
    await expect.element(status()).toHaveTextContent(`${enPanel.systemMuted.title}. ${enPanel.systemMuted.detail}`);
    const controls = await mount<VoiceAgentControls>(
      html`<voice-agent-controls .status=${connected({ microphone: 'system-muted' })}></voice-agent-controls>`,
    );
    const wishes = requests(controls, 'voice-agent-mute-request');
    await expect.element(button('Mute')).toHaveAttribute('aria-pressed', 'false');
    await button('Mute').click();
    expect(wishes).toEqual([{ muted: true }]);
  });

  test('is shown on the pill of a minimised call', async () => {
    const view = await mount<VoiceAgentPill>(
      html`<voice-agent-pill .status=${connected({ microphone: 'system-muted' })}></voice-agent-pill>`,
    );
    expect(part(view, 'open-button').textContent).toContain(enPanel.systemMuted.title);
    await set(view, { status: connected() });
    expect(part(view, 'open-button').textContent).toContain('On call');
  });
});

test('sound suspended in both directions mentions that the agent cannot hear either', async () => {
  const view = await notice({ soundBlocked: true, microphone: 'suspended' });
  expect(words(view)).toBe(enPanel.soundSuspended);
  const asked = requests(view, 'voice-agent-sound-request');
  await button('Tap to hear').click();
  expect(asked).toHaveLength(1);
});

/** The notice: texts and actions of each state, announcements, countdowns. */
import { html } from 'lit';
import { describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { VoiceAgentError } from '../../../src/contract/index.js';
import type { CallStatus, ErrorCode } from '../../../src/contract/index.js';
import { enPanel } from '../../../src/i18n/en-panel.js';
import type { VoiceAgentNotice } from '../../../src/views/notice.js';
import { connected, failed, mount, part, requests, set } from './mount.js';

const button = (name: string | RegExp) => page.getByRole('button', { name });

describe('notice', () => {
  const notice = (status: CallStatus, error?: VoiceAgentError) =>
    mount<VoiceAgentNotice>(html`<voice-agent-notice .status=${status} .error=${error}></voice-agent-notice>`);
  const alert = (view: VoiceAgentNotice) => view.renderRoot.querySelector('[role=alert]')?.textContent?.trim() ?? '';
  const line = (view: VoiceAgentNotice) => view.renderRoot.querySelector('[role=status]')?.textContent?.trim() ?? '';

  test.each(Object.keys(enPanel.errors).filter((code) => code !== 'aborted') as ErrorCode[])(
    '%s: shows cause, remedy and an action',
    async (code) => {
      const view = await notice(failed(code));
      const { title, detail } = enPanel.errors[code];
      expect(alert(view)).toBe(`${title}. ${detail}`);
      expect(line(view)).toBe('');
      await expect.element(button(code === 'load_failed' ? 'Reload page' : 'Try again')).toBeVisible();
      expect(button('Type instead').elements()).toHaveLength(/^mic_|insecure|policy/.test(code) ? 1 : 0);
    },
  );

  test('an attempt that the visitor cancelled is not an alert', async () => {
    const view = await notice(failed('aborted'));
    expect(alert(view)).toBe('');
    expect(line(view)).toBe('Call cancelled');
  });

  test('each change is announced once and in one place', async () => {
    const view = await notice({ state: 'idle' });
    expect(line(view)).toBe('');
    const steps: [CallStatus, string][] = [
      [{ state: 'connecting', phase: 'authorizing', slow: false }, 'Connecting… One moment.'],
      [{ state: 'connecting', phase: 'microphone', slow: false }, 'Allow the microphone. Choose Allow when your browser asks for access.'],
      [{ state: 'connecting', phase: 'negotiating', slow: true }, 'Connecting… This is taking longer than usual. Still trying.'],
      [connected(), 'Connected. Go ahead and speak.'],
      [connected({ activity: 'thinking' }), 'Connected. Go ahead and speak.'],
      [connected({ activity: 'speaking' }), 'Connected. Go ahead and speak.'],
      [connected({ soundBlocked: true }), 'Sound is off. Your browser needs a tap before it can play sound.'],
      [{ state: 'reconnecting', attempt: 1 }, 'Reconnecting… The connection was lost.'],
      [{ state: 'disconnected', reason: 'idle', duration: 65_000 }, 'Call ended. It lasted 1:05. No one spoke for a while.'],
    ];
    for (const [status, words] of steps) {
      await set(view, { status });
      await expect.poll(() => line(view)).toBe(words);
      expect(alert(view)).toBe('');
    }
  });

  test.each<[string, CallStatus, (view: VoiceAgentNotice) => string, string]>([
    ['end', { state: 'disconnected', reason: 'idle', duration: 65_000 }, line, 'Call ended. It lasted 1:05. No one spoke for a while.'],
    ['failure', failed('connection_lost'), alert, 'The connection was lost. Check your internet connection, then try again.'],
  ])('the %s of a call is shown at once, and announced after the focus has moved', async (_, status, announced, words) => {
    const view = await notice(connected());
    const visible = (): string => view.renderRoot.querySelector('[part=message] bdi:not(:empty)')?.textContent ?? '';
    await set(view, { status });
    expect(words).toContain(visible());
    expect(visible()).not.toBe('');
    expect([line(view), alert(view)]).toEqual(['', '']);
    await expect.poll(() => announced(view)).toBe(words);
    expect(view.renderRoot.querySelectorAll('[part=message] bdi:not(:empty)')).toHaveLength(1);
  });

  test('a new call discards the announcement of the previous end', async () => {
    const view = await notice(connected());
    await set(view, { status: { state: 'disconnected', reason: 'user', duration: 65_000 } });
    await set(view, { status: { state: 'connecting', phase: 'authorizing', slow: false } });
    expect(line(view)).toBe('Connecting… One moment.');
  });

  test('an announced end counts down visually and is announced once', async () => {
    const shown = (view: VoiceAgentNotice): string => view.renderRoot.querySelector('p[part=message]')?.textContent ?? '';
    const endsIn = (reason: 'duration' | 'idle' | 'budget', milliseconds: number) =>
      connected({ ending: { reason, seconds: 15, at: performance.now() + milliseconds } });
    const view = await notice(endsIn('duration', 2_900));
    const read: string[] = [];
    const status = view.renderRoot.querySelector('[role=status]') as HTMLElement;
    new MutationObserver(() => read.push(status.textContent)).observe(status, { childList: true, characterData: true, subtree: true });
    expect(line(view)).toBe('This call ends in 15 seconds.');
    expect(shown(view)).toBe('This call ends in 3 seconds.');
    await expect.poll(() => shown(view), { timeout: 5_000 }).toBe('This call ends in 1 second.');
    expect(read).toEqual([]);
    await set(view, { status: endsIn('idle', 9_500) });
    expect([line(view), shown(view)]).toEqual([
      'Are you still there? This call ends in 15 seconds.',
      'Are you still there? This call ends in 10 seconds.',
    ]);
    await set(view, { status: connected({ ending: null }) });
    expect([line(view), shown(view)]).toEqual(['Your call is still active.', '']);
    await set(view, { status: endsIn('budget', 4_500), error: new VoiceAgentError('server_error') });
    expect([line(view), alert(view)]).toEqual(['This call ends in 15 seconds. It’s close to its usage limit.', '']);
    await set(view, { error: undefined, status: { state: 'disconnected', reason: 'duration', duration: 65_000 } });
    await expect.poll(() => line(view)).toBe('Call ended. It lasted 1:05. The call reached its time limit.');
    await set(view, { status: { state: 'disconnected', reason: 'budget', duration: 65_000 } });
    expect(line(view)).toBe('Call ended. It lasted 1:05. The call reached its usage limit.');
  });

  test('a long wait is shown as a clock', async () => {
    const view = await notice(failed('rate_limited', performance.now() + 3_599_500));
    expect(part(view, 'action').textContent).toMatch(/in 1:00:00/);
  });

  test('a problem during a call is announced, and the call continues', async () => {
    const view = await notice(connected(), new VoiceAgentError('server_error'));
    expect(alert(view)).toBe('Something went wrong. The voice service reported a problem. Your call is still active.');
    expect(view.renderRoot.querySelector('button')).toBeNull();
  });

  test('buttons fire their requests: start, type, hear, again', async () => {
    const view = await notice({ state: 'idle' });
    const started = requests(view, 'voice-agent-connect-request');
    await button('Start talking').click();
    await button('Type instead').click();
    await set(view, { status: { state: 'disconnected', reason: 'user', duration: 1 } });
    await button('Call again').click();
    expect(started).toEqual([{}, { microphone: false }, {}]);
    const heard = requests(view, 'voice-agent-sound-request');
    await set(view, { status: connected({ soundBlocked: true }) });
    await button('Tap to hear').click();
    expect(heard).toHaveLength(1);
  });

  test('an early retry is disabled, counts down, keeps focus, and then works', async () => {
    const view = await notice(failed('rate_limited', performance.now() + 1_400));
    const started = requests(view, 'voice-agent-connect-request');
    const retry = part(view, 'action');
    expect(retry.textContent).toMatch(/in 2 s/);
    retry.focus();
    await userEvent.keyboard('{Enter}');
    expect(started).toEqual([]);
    await expect.poll(() => retry.getAttribute('aria-disabled'), { timeout: 4000 }).toBe('false');
    expect(view.shadowRoot?.activeElement).toBe(retry);
    await userEvent.keyboard('{Enter}');
    expect(started).toEqual([{}]);
  });

  test('a countdown is not announced every second', async () => {
    const view = await notice(failed('rate_limited', performance.now() + 30_000));
    expect(alert(view)).not.toMatch(/\d/);
  });
});

/** The captions view: lines, streaming text, copying, clearing, and announcements to assistive technology. */
import { html } from 'lit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { enCaptions } from '../../../src/i18n/en-captions.js';
import { VoiceAgentCaptions } from '../../../src/views/captions.js';
import type { VoiceAgentControls } from '../../../src/views/controls.js';
import { defineView } from '../../../src/views/define-view.js';
import type { VoiceAgentLauncher } from '../../../src/views/launcher.js';
import type { VoiceAgentNotice } from '../../../src/views/notice.js';
import { axeCheck, connected, everyStatus, failed, mount, part, requests, set, turn } from './mount.js';

defineView('voice-agent-captions', VoiceAgentCaptions);

afterEach(() => vi.restoreAllMocks());

const said = (id: string, text: string, change = {}) => turn(id, text, { role: 'user', ...change });
const LINES = [said('a', 'Good morning.'), said('b', '', { status: 'failed' }), said('c', 'I would like', { status: 'streaming' })];

async function captions(messages = LINES, width = 400): Promise<VoiceAgentCaptions> {
  const view = await mount<VoiceAgentCaptions>(
    html`<voice-agent-captions .status=${connected()} .items=${messages}></voice-agent-captions>`,
  );
  view.style.inlineSize = `${width}px`;
  view.style.blockSize = '420px';
  return view;
}

const lines = (view: VoiceAgentCaptions): string[] =>
  [...view.renderRoot.querySelectorAll<HTMLElement>("[part~='message']")].map((row) => row.innerText.replace(/\s+/g, ' ').trim());

describe('lines', () => {
  test('show finished, failed and streaming turns', async () => {
    const view = await captions();
    expect(lines(view)).toEqual(['Good morning.', expect.stringContaining('Could not be understood'), 'I would like']);
    const [first, , last] = view.renderRoot.querySelectorAll<HTMLElement>("[part~='message'] p");
    const look = (of: Element | undefined) => getComputedStyle(of as Element);
    expect(look(last).textDecorationLine).toBe('underline');
    expect(look(first).textDecorationLine).toBe('none');
    await set(view, { items: [...LINES.slice(0, 2), said('c', 'I would like a ticket.')] });
    expect(lines(view).at(-1)).toBe('I would like a ticket.');
  });

  test('are large and marked with the visitor’s language', async () => {
    const view = await captions();
    const row = view.renderRoot.querySelector("[part~='message'] p") as Element;
    expect(parseFloat(getComputedStyle(row).fontSize)).toBeGreaterThanOrEqual(20);
    await set(view, { language: 'de' });
    expect(row.closest('[lang]')?.getAttribute('lang')).toBe('de');
    expect(part(view, 'copy-button').closest('[lang]')?.getAttribute('lang') ?? '').not.toBe('de');
  });

  test('are not announced, because the microphone would pick it up', async () => {
    const view = await captions();
    const log = view.renderRoot.querySelector('[role=log]');
    expect(log?.getAttribute('aria-live')).toBe('off');
    expect(
      [...view.renderRoot.querySelectorAll('[aria-live], [role=status], [role=alert]')].map(
        (live) => live.getAttribute('part') ?? live.className,
      ),
    ).toEqual(['log', 'toolbar-status']);
  });

  test('stick to the end unless the visitor scrolls up', async () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      said(`m${index}`, `Line ${index}, long enough to fill more than half of the width.`),
    );
    const view = await captions(many);
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const scroller = part(view, 'scroller');
    const fromEnd = () => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
    expect(fromEnd()).toBeLessThan(2);
    await set(view, { items: [...many, said('n', 'Newest.')] });
    expect(fromEnd()).toBeLessThan(2);
    scroller.scrollTop -= 300;
    await vi.waitFor(() => expect(part(view, 'latest-button').hidden).toBe(false));
    await set(view, { items: [...many, said('n', 'Newest.'), said('o', 'And newer.')] });
    expect(fromEnd()).toBeGreaterThan(200);
    expect(part(view, 'latest-button').textContent).toContain('New lines');
    await userEvent.click(part(view, 'latest-button'));
    expect(fromEnd()).toBeLessThan(2);
  });

  test('show markup as text', async () => {
    const view = await captions([said('a', '<img src=x onerror=alert(1)>')]);
    expect(lines(view)).toEqual(['<img src=x onerror=alert(1)>']);
    expect(view.renderRoot.querySelector('img')).toBeNull();
  });
});

describe('copying', () => {
  const status = (view: VoiceAgentCaptions): string => part(view, 'toolbar-status').textContent?.trim() ?? '';

  test('copies every line with text to the clipboard and confirms it', async () => {
    const write = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    const view = await captions();
    expect(status(view)).toBe('');
    await userEvent.click(part(view, 'copy-button'));
    expect(write).toHaveBeenCalledExactlyOnceWith('Good morning.\nI would like');
    await vi.waitFor(() => expect(status(view)).toBe('Copied.'));
    await set(view, { items: [...LINES, said('d', 'More.')] });
    expect(status(view), 'the confirmation stays when more is said').toBe('Copied.');
  });

  test('works by keyboard', async () => {
    const write = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    const view = await captions();
    part(view, 'copy-button').focus();
    await userEvent.keyboard('{Enter}');
    expect(write).toHaveBeenCalledOnce();
  });

  test('explains what to do if the browser blocks copying or has no clipboard', async () => {
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('', 'NotAllowedError'));
    const view = await captions();
    await userEvent.click(part(view, 'copy-button'));
    await vi.waitFor(() => expect(status(view)).toContain('blocked copying'));
    vi.spyOn(navigator, 'clipboard', 'get').mockReturnValue(undefined as never);
    const other = await captions();
    await userEvent.click(part(other, 'copy-button'));
    await vi.waitFor(() => expect(status(other)).toContain('Select the text'));
  });

  test('the confirmation disappears after a while, and with the view', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    const view = await captions();
    part(view, 'copy-button').click();
    await Promise.resolve();
    await view.updateComplete;
    expect(status(view)).toBe('Copied.');
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(6_000);
    await view.updateComplete;
    expect(status(view)).toBe('');
    part(view, 'copy-button').click();
    await Promise.resolve();
    view.remove();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});

test('clearing fires a request and confirms it', async () => {
  const view = await captions();
  const asked = requests(view, 'voice-agent-clear-request');
  await userEvent.click(part(view, 'clear-button'));
  expect(asked).toHaveLength(1);
  await set(view, { items: [] });
  expect(part(view, 'toolbar-status').textContent).toBe('Cleared.');
  expect(part(view, 'empty').textContent).toBe('What you say appears here.');
});

test('without text, both buttons are disabled and keep their place', async () => {
  const write = vi.spyOn(navigator.clipboard, 'writeText');
  const view = await captions([said('a', '', { status: 'streaming' })]);
  const asked = requests(view, 'voice-agent-clear-request');
  for (const name of ['copy-button', 'clear-button']) {
    expect(part(view, name).getAttribute('aria-disabled')).toBe('true');
    part(view, name).click();
  }
  expect(write).not.toHaveBeenCalled();
  expect(asked).toEqual([]);
});

describe.each(['ltr', 'rtl'] as const)('%s', (dir) => {
  test.each(['light', 'dark'] as const)(
    '%s: has no axe findings, targets of 44 px, and no horizontal scrolling from 320 px',
    async (scheme) => {
      document.documentElement.dir = dir;
      document.documentElement.style.colorScheme = scheme;
      document.body.style.background = scheme === 'dark' ? '#000' : '#fff';
      for (const [messages, width] of [
        [LINES, 320],
        [LINES, 800],
        [[], 320],
      ] as const) {
        const view = await captions([...messages], width);
        view.style.background = scheme === 'dark' ? '#191622' : '#fff';
        await set(view, { toolbarStatus: 'copyRefused' });
        expect(await axeCheck(view)).toEqual([]);
        expect(view.scrollWidth).toBeLessThanOrEqual(view.clientWidth);
        for (const button of view.renderRoot.querySelectorAll<HTMLElement>('button')) {
          if (!button.checkVisibility()) continue;
          const { width: w, height: h } = button.getBoundingClientRect();
          expect(Math.min(w, h)).toBeGreaterThanOrEqual(44);
        }
        view.parentElement?.remove();
      }
    },
  );
});

describe('surrounding views in transcription mode', () => {
  test('controls have Mute and Stop, one meter, and no Interrupt', async () => {
    const view = await mount<VoiceAgentControls>(
      html`<voice-agent-controls .oneWay=${true} .strings=${enCaptions} .status=${connected()}></voice-agent-controls>`,
    );
    const names = [...view.renderRoot.querySelectorAll('button')].map((button) => button.textContent?.trim());
    expect(names).toEqual(['Mute', 'Stop']);
    expect(view.renderRoot.querySelectorAll("[part='meter']")).toHaveLength(1);
    expect(await axeCheck(view)).toEqual([]);
  });

  test('notices do not offer or mention typing', async () => {
    const view = await mount<VoiceAgentNotice>(html`<voice-agent-notice .oneWay=${true} .strings=${enCaptions}></voice-agent-notice>`);
    for (const status of [...Object.values(everyStatus()), failed('mic_missing'), failed('insecure_context'), failed('policy_blocked')]) {
      await set(view, { status });
      expect(view.renderRoot.textContent).not.toMatch(/typ(e|ing)|agent|speaker?ing/i);
    }
  });

  test('launchers of both forms have no "Type instead" button', async () => {
    for (const placement of ['inline', 'bottom-end'] as const) {
      const view = await mount<VoiceAgentLauncher>(
        html`<voice-agent-launcher .placement=${placement} .oneWay=${true}></voice-agent-launcher>`,
      );
      expect(view.renderRoot.querySelectorAll('button:not([hidden])')).toHaveLength(1);
      await expect.element(page.getByRole('button', { name: 'Type instead' })).not.toBeInTheDocument();
      expect(await axeCheck(view)).toEqual([]);
    }
  });

  test('no string of the mode mentions an answer', () => {
    const used = {
      ...enCaptions,
      thinking: '',
      speaking: '',
      soundBlocked: '',
      agent: '',
      answerFailed: '',
      answerInterrupted: '',
      interrupt: '',
      typeInstead: '',
      messageLabel: '',
      messagePlaceholder: '',
    };
    const { ready, listening, youSpeak, hangingUp, ended, welcome, connected: go, empty, transcriptionFailed } = used;
    for (const words of [ready, listening, youSpeak, hangingUp, ended, welcome, go, empty, transcriptionFailed]) {
      expect(words).not.toMatch(/agent|answer|thinking|typ/i);
    }
  });
});

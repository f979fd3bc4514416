/** Every state in every presentation: its texts, and no accessibility findings. */
import { html } from 'lit';
import { describe, expect, test } from 'vitest';
import type { VoiceAgentLauncher } from '../../../src/views/launcher.js';
import type { VoiceAgentPanel } from '../../../src/views/panel.js';
import { axeCheck, everyStatus, mount, part, strings, turn } from './mount.js';

const WORDS: Record<string, string> = {
  idle: 'Ready when you are',
  authorizing: 'Connecting…',
  microphone: 'Allow the microphone',
  'microphone, slow': 'Allow the microphone',
  'negotiating, slow': 'Connecting…',
  listening: 'Listening',
  'user speaking': 'You’re speaking',
  thinking: 'Thinking…',
  speaking: 'Speaking',
  interrupted: 'Interrupted',
  muted: 'Muted',
  'muted by the device': 'Muted by your device',
  'microphone lost': 'Microphone lost',
  'microphone lost, none there': 'Microphone lost',
  'stream of the page lost': 'Microphone lost',
  'another microphone': 'Listening',
  'text only': 'Text only',
  'sound blocked': 'Sound is off',
  'sound suspended': 'Sound is off',
  'ends soon': 'Listening',
  'ends soon, idle': 'Speaking',
  'ends soon, sound blocked': 'Sound is off',
  reconnecting: 'Reconnecting…',
  disconnecting: 'Hanging up…',
  ended: 'Call ended',
  'ended by its limit': 'Call ended',
  unavailable: 'Calls are unavailable right now',
  paused: 'Calls are paused',
  'visitor denied': 'We couldn’t verify your visit',
  'microphone denied': 'The microphone is blocked',
  'microphone unresponsive': 'The microphone is not responding',
  'rate limited': 'All lines are busy',
  cancelled: 'Call cancelled',
};

const messages = [
  turn('1', 'Hello!'),
  turn('2', 'Is it on its way?', { role: 'user' }),
  turn('3', 'It left this mor', { status: 'interrupted' }),
  turn('4', '', { role: 'user', status: 'failed' }),
  turn('5', 'Let me', { status: 'streaming' }),
];

const panel = (status: ReturnType<typeof everyStatus>[string], placement: 'inline' | 'bottom-end', said: typeof messages) =>
  html`<voice-agent-panel .placement=${placement} .heading=${'Support'} .status=${status} .compact=${said.length > 0} .strings=${strings}>
    <voice-agent-visualizer slot="visual" .status=${status}></voice-agent-visualizer>
    <voice-agent-notice slot="notice" .status=${status} .strings=${strings}></voice-agent-notice>
    <voice-agent-transcript slot="transcript" .items=${said} .strings=${strings}></voice-agent-transcript>
    <voice-agent-controls slot="controls" .status=${status} .strings=${strings}></voice-agent-controls>
    <voice-agent-composer slot="composer" .status=${status} .strings=${strings}></voice-agent-composer>
  </voice-agent-panel>`;

/** Finishes animations, which would otherwise be measured half-way. Each shadow root lists its own. */
function settle(view: HTMLElement): void {
  for (const owner of [view, ...view.children]) {
    for (const animation of owner.shadowRoot?.getAnimations() ?? []) {
      if (animation.effect?.getComputedTiming().endTime === Infinity) animation.cancel();
      else animation.finish();
    }
  }
}

for (const scheme of ['light', 'dark'] as const) {
  for (const dir of ['ltr', 'rtl'] as const) {
    describe(`${scheme}, ${dir}`, () => {
      for (const [name, status] of Object.entries(everyStatus())) {
        test(`${name}: the panel has the right texts and no axe findings`, async () => {
          document.documentElement.dir = dir;
          document.documentElement.style.colorScheme = scheme;
          document.body.style.background = scheme === 'dark' ? '#000' : '#fff';
          const view = await mount<VoiceAgentPanel>(
            panel(status, dir === 'ltr' ? 'bottom-end' : 'inline', scheme === 'dark' ? messages : []),
          );
          expect(part(view, 'state').textContent).toBe(WORDS[name]);
          expect(part(view, 'disclosure').textContent).toBe('AI voice agent');
          settle(view);
          expect(await axeCheck(view)).toEqual([]);
        });

        test(`${name}: the launcher has no axe findings`, async () => {
          document.documentElement.dir = dir;
          document.documentElement.style.colorScheme = scheme;
          document.body.style.background = scheme === 'dark' ? '#000' : '#fff';
          for (const placement of ['inline', 'bottom-end'] as const) {
            const view = await mount<VoiceAgentLauncher>(
              html`<voice-agent-launcher .placement=${placement} .status=${status}></voice-agent-launcher>`,
            );
            settle(view);
            expect(await axeCheck(view)).toEqual([]);
          }
        });
      }
    });
  }
}

test('every button and field is at least 44 px in both dimensions, from 320 px', async () => {
  for (const [name, status] of Object.entries(everyStatus())) {
    for (const width of [320, 900]) {
      const view = await mount<VoiceAgentPanel>(panel(status, 'inline', messages));
      view.style.inlineSize = `${width}px`;
      for (const owner of [view, ...view.children]) {
        for (const target of owner.shadowRoot?.querySelectorAll<HTMLElement>('button, textarea') ?? []) {
          if (!target.checkVisibility()) continue;
          const { width: w, height: h } = target.getBoundingClientRect();
          expect(Math.min(w, h), `${name} at ${width}: ${target.getAttribute('part')}`).toBeGreaterThanOrEqual(44);
        }
        expect(owner.scrollWidth, `${name} at ${width}: no horizontal scrolling`).toBeLessThanOrEqual(owner.clientWidth);
      }
      view.parentElement?.remove();
    }
  }
});

test('every animated view respects reduced motion', async () => {
  const view = await mount<VoiceAgentPanel>(panel(everyStatus()['thinking']!, 'bottom-end', messages));
  const launcher = await mount<VoiceAgentLauncher>(html`<voice-agent-launcher .placement=${'bottom-end'}></voice-agent-launcher>`);
  for (const owner of [launcher, view, ...view.children]) {
    const rules = owner.shadowRoot?.adoptedStyleSheets.flatMap((sheet) => [...sheet.cssRules]) ?? [];
    const moves = rules.some((rule) => rule.cssText.includes('animation:') || rule.cssText.includes('transition:'));
    const still = rules.some((rule) => rule instanceof CSSMediaRule && rule.conditionText.includes('reduce'));
    expect(still, owner.localName).toBe(moves);
  }
});

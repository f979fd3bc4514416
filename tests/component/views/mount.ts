/** Mounts one view, or a template of several, in the page; all are removed after the test. */
import { axeCheck } from './axe.js';
import { render } from 'lit';
import type { LitElement, TemplateResult } from 'lit';
import { afterEach } from 'vitest';
import { en } from '../../../src/i18n/en.js';
import { enPanel } from '../../../src/i18n/en-panel.js';
import type { CallStatus, ErrorCode, Message, StatusOf } from '../../../src/contract/index.js';
import { VoiceAgentError } from '../../../src/contract/index.js';
import { defineView } from '../../../src/views/define-view.js';
import { VoiceAgentLauncher } from '../../../src/views/launcher.js';
import { definePanelViews } from '../../../src/views/panel-views.js';
import { VoiceAgentPill } from '../../../src/views/pill.js';
import { defineTranscriptView } from '../../../src/views/transcript.js';

definePanelViews();
defineTranscriptView();
defineView('voice-agent-pill', VoiceAgentPill);
defineView('voice-agent-launcher', VoiceAgentLauncher);

export { axeCheck };
export const strings = { ...en, ...enPanel };

afterEach(() => {
  for (const root of document.querySelectorAll('main')) root.remove();
  document.documentElement.removeAttribute('dir');
});

/** Renders into a new `<main>` and waits until all its views are rendered. */
export async function mount<E extends LitElement>(template: TemplateResult): Promise<E> {
  const root = document.createElement('main');
  document.body.append(root);
  render(template, root);
  for (const view of root.querySelectorAll<LitElement>('*')) if ('updateComplete' in view) await view.updateComplete;
  return root.firstElementChild as E;
}

/** Sets properties and waits for the update. */
export async function set<E extends LitElement>(view: E, properties: Partial<E>): Promise<void> {
  Object.assign(view, properties);
  await view.updateComplete;
}

/** Collects the requests of one type. */
export function requests(target: EventTarget, type: string): unknown[] {
  const details: unknown[] = [];
  target.addEventListener(type, (event) => details.push((event as CustomEvent).detail));
  return details;
}

/** Finds an element of a view by its part name. */
export function part(view: LitElement, name: string): HTMLElement {
  const found = view.renderRoot.querySelector<HTMLElement>(`[part~='${name}']`);
  if (!found) throw new Error(`no part ${name}`);
  return found;
}

/** A connected status. */
export const connected = (change: Partial<StatusOf<'connected'>> = {}): StatusOf<'connected'> => ({
  state: 'connected',
  activity: 'listening',
  microphone: 'live',
  soundBlocked: false,
  interrupted: false,
  since: performance.now() - 83_000,
  ...change,
});

/** A failed status. */
export const failed = (code: ErrorCode, retryAt?: number): CallStatus => ({
  state: 'failed',
  error: new VoiceAgentError(code),
  ...(retryAt !== undefined && { retryAt }),
});

/** A turn. */
export const turn = (id: string, text: string, change: Partial<Message> = {}): Message =>
  Object.freeze({ id, role: 'assistant', text, status: 'done', via: 'voice', ...change } as const);

/** All statuses with a distinct presentation. */
export const everyStatus = (): Record<string, CallStatus> => ({
  idle: { state: 'idle' },
  authorizing: { state: 'connecting', phase: 'authorizing', slow: false },
  microphone: { state: 'connecting', phase: 'microphone', slow: false },
  'microphone, slow': { state: 'connecting', phase: 'microphone', slow: true },
  'negotiating, slow': { state: 'connecting', phase: 'negotiating', slow: true },
  listening: connected(),
  'user speaking': connected({ activity: 'user-speaking' }),
  thinking: connected({ activity: 'thinking' }),
  speaking: connected({ activity: 'speaking' }),
  interrupted: connected({ interrupted: true }),
  muted: connected({ microphone: 'muted' }),
  'muted by the device': connected({ microphone: 'system-muted' }),
  'microphone lost': connected({ microphone: 'lost', microphoneChange: { lost: 'Headset' } }),
  'microphone lost, none there': connected({
    microphone: 'lost',
    microphoneChange: { lost: 'Headset', error: new VoiceAgentError('mic_missing') },
  }),
  'stream of the page lost': connected({
    microphone: 'lost',
    microphoneChange: { lost: '', given: true, error: new VoiceAgentError('mic_missing') },
  }),
  'another microphone': connected({ microphoneChange: { lost: 'Headset', used: 'Laptop' } }),
  'text only': connected({ microphone: 'unavailable' }),
  'sound blocked': connected({ soundBlocked: true }),
  'sound suspended': connected({ soundBlocked: true, microphone: 'suspended' }),
  'ends soon': connected({ ending: { reason: 'duration', seconds: 15, at: performance.now() + 15_000 } }),
  'ends soon, idle': connected({ activity: 'speaking', ending: { reason: 'idle', seconds: 15, at: performance.now() + 15_000 } }),
  'ends soon, sound blocked': connected({ soundBlocked: true, ending: { reason: 'budget', seconds: 9, at: performance.now() + 9_000 } }),
  reconnecting: { state: 'reconnecting', attempt: 2 },
  disconnecting: { state: 'disconnecting' },
  ended: { state: 'disconnected', reason: 'server', duration: 83_000 },
  'ended by its limit': { state: 'disconnected', reason: 'budget', duration: 83_000 },
  unavailable: failed('unavailable', performance.now() + 600_000),
  paused: failed('paused', performance.now() + 30_000),
  'visitor denied': failed('visitor_denied'),
  'microphone denied': failed('mic_denied'),
  'microphone unresponsive': failed('mic_unresponsive'),
  'rate limited': failed('rate_limited', performance.now() + 9_000),
  cancelled: failed('aborted'),
});

/** Every event of the widget that the page receives, in order, recorded before the widget's script runs. */
import type { Page } from '@playwright/test';
import type { VoiceAgentEventDetails, VoiceAgentEventName } from '../../src/contract/events.js';
import type { Activity } from '../../src/contract/states.js';

/** One event; its detail as JSON, errors as `{code, message, recoverable, retryAfter, reason}`. */
export interface Fired<K extends VoiceAgentEventName = VoiceAgentEventName> {
  readonly type: K;
  readonly detail: VoiceAgentEventDetails[K];
}

const NAMES: readonly VoiceAgentEventName[] = [
  'voice-agent-before-connect',
  'voice-agent-state-change',
  'voice-agent-activity-change',
  'voice-agent-transcript',
  'voice-agent-message',
  'voice-agent-message-revised',
  'voice-agent-tool-start',
  'voice-agent-tool-end',
  'voice-agent-approval-request',
  'voice-agent-server-event',
  'voice-agent-error',
];

declare global {
  interface Window {
    fired: { type: string; detail: string }[];
  }
}

/** The events of one page. */
export class EventList {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Call before the page is opened. */
  async install(): Promise<void> {
    await this.#page.addInitScript((names) => {
      window.fired = [];
      const plain = (_: string, value: unknown): unknown => {
        if (!(value instanceof Error)) return value;
        const { code, recoverable, retryAfter, reason } = value as {
          code?: string;
          recoverable?: boolean;
          retryAfter?: number;
          reason?: string;
        };
        return { code, message: value.message, recoverable, retryAfter, reason };
      };
      for (const name of names) {
        document.addEventListener(name, (event) => {
          window.fired.push({ type: event.type, detail: JSON.stringify((event as CustomEvent).detail, plain) });
        });
      }
    }, NAMES);
  }

  /** All events so far, or those with one name. */
  async all(): Promise<Fired[]> {
    const fired = await this.#page.evaluate(() => window.fired);
    return fired.map(({ type, detail }) => ({ type: type as VoiceAgentEventName, detail: JSON.parse(detail) as never }));
  }

  async of<K extends VoiceAgentEventName>(name: K): Promise<VoiceAgentEventDetails[K][]> {
    return (await this.all()).filter(({ type }) => type === name).map(({ detail }) => detail as VoiceAgentEventDetails[K]);
  }

  /** The activities in order, including those too brief to observe on a busy machine. */
  async activities(): Promise<Activity[]> {
    return (await this.of('voice-agent-activity-change')).map(({ activity }) => activity);
  }
}

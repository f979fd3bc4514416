/** What the parts of the element know of one another, so that none of them imports the element. Types only. */
import type { ReactiveControllerHost } from 'lit';
import type { Call } from '../contract/call.js';
import type { VoiceAgentError } from '../contract/errors.js';
import type { Conversation } from '../contract/messages.js';
import type { CallOptions, ConnectOptions, Placement } from '../contract/options.js';
import type { CallState, CallStatus } from '../contract/states.js';

/** The element as its call sees it. */
export interface CallHost extends ReactiveControllerHost, HTMLElement {
  readonly renderRoot: HTMLElement | DocumentFragment;
  readonly callOptions: CallOptions;
  readonly muted: boolean;
  /** Tells the page that a call is about to start; the settings to use, or `undefined` when the page refused. */
  announceConnect(): Promise<CallOptions | undefined>;
}

/** What the element shows of its call. */
export interface CallNews {
  readonly status: CallStatus;
  readonly conversation: Conversation;
  /** A problem inside a call that goes on; until the next turn is finished. */
  readonly trouble: VoiceAgentError | undefined;
}

/** Takes what is new and renders. */
export type Report = (news: Partial<CallNews>) => void;

/** The element as its panel sees it. */
export interface PanelHost {
  readonly placement: Placement;
  readonly heading: string | undefined;
  readonly disabled: boolean;
  readonly state: CallState;
  connect(options: ConnectOptions): Promise<void>;
  send(text: string): Promise<void>;
  mute(on: boolean): void;
  interrupt(): void;
}

/** The call as the panel sees it. */
export interface PanelCall extends CallNews {
  readonly call: Call | undefined;
  close(reason: 'user'): Promise<void>;
}

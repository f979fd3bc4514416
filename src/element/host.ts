/** What the parts of the element know of one another, so that none of them imports the element. Types only. */
import type { ReactiveControllerHost } from 'lit';
import type { Call } from '../contract/call.js';
import type { VoiceAgentError } from '../contract/errors.js';
import type { Approval, Conversation } from '../contract/messages.js';
import type { CallOptions, ConnectOptions, Placement, Theme } from '../contract/options.js';
import type { CallState, CallStatus } from '../contract/states.js';

/** The element as its call sees it. */
export interface CallHost extends ReactiveControllerHost, HTMLElement {
  readonly renderRoot: HTMLElement | DocumentFragment;
  readonly callOptions: CallOptions;
  readonly mode: CallOptions['mode'];
  /** Sound of the page's own instead of a microphone. */
  readonly mediaStream: MediaStream | undefined;
  /** Id of the page's field that gets what is said. */
  readonly for: string | undefined;
  /** Follows the call, which the page may also mute through the transport. */
  muted: boolean;
  /** True while the panel is shown. */
  open: boolean;
  readonly placement: Placement;
  readonly heading: string | undefined;
  readonly theme: Theme;
  /** True once the element has rendered: only then has it taken over what the page set before this script ran. */
  readonly hasUpdated: boolean;
}

/** What the element shows of its call. */
export interface CallNews {
  readonly status: CallStatus;
  readonly conversation: Conversation;
  /** A problem inside a call that goes on; until the next turn is finished. */
  readonly trouble: VoiceAgentError | undefined;
  /** Tools that wait for the visitor's yes, oldest first; nothing until there was one. */
  readonly approvals?: readonly Approval[];
  /** Where each call but the first begins in the conversation: indices of its first item. */
  readonly starts: readonly number[];
}


/** The element as its panel sees it. */
export interface PanelHost {
  readonly placement: Placement;
  readonly heading: string | undefined;
  readonly disabled: boolean;
  readonly mode: CallOptions['mode'];
  readonly language: string | undefined;
  /** True has assistive technology announce turns that the visitor hears. */
  announce: boolean;
  readonly state: CallState;
  /** True while the panel is shown. */
  readonly open: boolean;
  requestUpdate(): void;
  connect(options: ConnectOptions): Promise<void>;
  send(text: string): Promise<void>;
  mute(on: boolean): void;
  interrupt(): void;
}

/** The call as the panel sees it. */
export interface PanelCall extends CallNews {
  readonly call: Call | undefined;
  /** Takes what is new and renders. */
  update(news: Partial<CallNews>): void;
  close(reason: 'user'): Promise<void>;
}

/** What keeps the call of an element. */
export interface CallKeeper extends CallNews {
  readonly host: CallHost;
  readonly call: Call | undefined;
  /**
   * Set by the engine: connects with the settings that the page agrees to. `isWanted`: nothing was closed meanwhile. `controls`: the
   * code of the panel, without which no microphone is opened and no call begins.
   */
  dial: ((isWanted: () => boolean, controls: Promise<void>, options?: ConnectOptions) => Promise<void>) | undefined;
  /** Takes what is new and renders. */
  update(news: Partial<CallNews>): void;
  close(reason: 'user' | 'page' | 'removed'): Promise<void>;
}

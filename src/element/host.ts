/** Interfaces between the parts of the element, so that none of them imports the element. Types only. */
import type { ReactiveControllerHost } from 'lit';
import type { Call } from '../contract/call.js';
import type { VoiceAgentError } from '../contract/errors.js';
import type { Approval, Conversation } from '../contract/messages.js';
import type { CallOptions, ConnectOptions, Placement, Theme } from '../contract/options.js';
import type { CallState, CallStatus } from '../contract/states.js';

/** The element, as used by its call. */
export interface CallHost extends ReactiveControllerHost, HTMLElement {
  readonly renderRoot: HTMLElement | DocumentFragment;
  readonly callOptions: CallOptions;
  readonly mode: CallOptions['mode'];
  /** Audio supplied by the page instead of a microphone. */
  readonly mediaStream: MediaStream | undefined;
  /** Id of the page's field for dictation. */
  readonly for: string | undefined;
  /** Kept in sync with the call, which the page may also mute through the transport. */
  muted: boolean;
  /** True while the panel is shown. */
  open: boolean;
  readonly placement: Placement;
  readonly heading: string | undefined;
  readonly theme: Theme;
  /** True once the element has rendered; only then has it applied properties that the page set before this script ran. */
  readonly hasUpdated: boolean;
}

/** The state of the call that the element shows. */
export interface CallSnapshot {
  readonly status: CallStatus;
  readonly conversation: Conversation;
  /** A problem that did not end the call; cleared when the next turn is finished. */
  readonly error: VoiceAgentError | undefined;
  /** Pending approvals, oldest first; `undefined` until the first one. */
  readonly approvals?: readonly Approval[];
  /** Where each call after the first begins in the conversation: index of its first item. */
  readonly callStarts: readonly number[];
}

/** The element, as used by its panel. */
export interface PanelHost {
  readonly placement: Placement;
  readonly heading: string | undefined;
  readonly disabled: boolean;
  readonly mode: CallOptions['mode'];
  readonly language: string | undefined;
  /** True if assistive technology announces turns that the visitor hears. */
  announce: boolean;
  readonly state: CallState;
  /** True while the panel is shown. */
  readonly open: boolean;
  requestUpdate(): void;
  connect(options: ConnectOptions): Promise<void>;
  send(text: string): Promise<void>;
  mute(on: boolean): void;
}

/** The call, as used by the panel. */
export interface PanelCall extends CallSnapshot {
  readonly call: Call | undefined;
  /** Applies updates and renders. */
  update(changes: Partial<CallSnapshot>): void;
  close(reason: 'user'): Promise<void>;
}

/** Holder of an element's call. */
export interface CallKeeper extends CallSnapshot {
  readonly host: CallHost;
  readonly call: Call | undefined;
  /**
   * Set by the engine: connects with the settings from `voice-agent-before-connect`. `isWanted` returns false if the call was closed
   * meanwhile. `controls` is the loading of the panel's code, without which no microphone is opened and no call begins.
   */
  beginCall: ((isWanted: () => boolean, controls: Promise<void>, options?: ConnectOptions) => Promise<void>) | undefined;
  /** Applies updates and renders. */
  update(changes: Partial<CallSnapshot>): void;
  close(reason: 'user' | 'page' | 'removed'): Promise<void>;
}

/** The options and callbacks of one call, and the state that outlives its connection. Types only. */
import type { CallEvents } from '../contract/call.js';
import type { VoiceAgentError } from '../contract/errors.js';
import type { Approval, ToolCall } from '../contract/messages.js';
import type { CallOptions, RealtimeEvent } from '../contract/options.js';
import type { ConversationStore } from '../conversation/index.js';
import type { Microphone } from '../media/microphone.js';
import type { CallEnd } from '../transport/transport.js';
import type { AgentSlot } from './connection.js';
import type { Environment } from './environment.js';
import type { TokenSource } from './token-source.js';
import type { CallEvent } from './transition.js';

/** State that outlives a broken connection; the redialer releases it. */
export interface ReconnectState {
  /** `undefined` for a text-only call. */
  readonly microphone: Microphone | undefined;
  /** Releases the claim on the page's microphone. */
  readonly unclaim: (() => void) | undefined;
  readonly audio: HTMLAudioElement;
  /** When the first connection was made. */
  readonly since: number;
  /** The visitor waits for an answer. */
  readonly unanswered: boolean;
  /** Events to send to the new server first. */
  readonly restore?: readonly RealtimeEvent[];
}

/** Dependencies and callbacks of a call. No callback is called after `release()`. */
export interface LiveCallSetup {
  readonly environment: Environment;
  readonly options: CallOptions;
  readonly tokens: TokenSource;
  readonly conversation: ConversationStore;
  readonly agents: AgentSlot;
  /** False for a text-only call. */
  readonly microphone: boolean;
  readonly muted: boolean;
  /** Milliseconds for the whole attempt. */
  readonly timeout: number;
  /** Resolves when the page's call controls are loaded; until then no microphone is opened and the call does not connect. */
  readonly controls?: Promise<void> | undefined;
  /** Set if the call continues after an earlier connection broke. */
  readonly kept?: ReconnectState | undefined;
  change(event: CallEvent): void;
  /** The page muted or unmuted through the transport. */
  onMute(muted: boolean): void;
  onServerEvent(event: RealtimeEvent): void;
  /** An event that was sent on the live call. */
  onSent(event: RealtimeEvent): void;
  /** An error that does not end the call. */
  onError(error: VoiceAgentError): void;
  onApprovalRequest(request: CallEvents['approval-request']): void;
  onApprovals(open: readonly Approval[]): void;
  onToolStart(call: ToolCall): void;
  onToolEnd(call: ToolCall, output: string, error: unknown): void;
  /** Another call of the page claimed the microphone. */
  onDisplaced(): void;
  /** The live call ended without `close()` or `release()`. */
  onEnd(end: CallEnd): void;
}

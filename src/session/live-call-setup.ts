/** What one call is made with and whom it tells; what outlives its connection. Types only. */
import type { CallEvents } from '../contract/call.js';
import type { VoiceAgentError } from '../contract/errors.js';
import type { Approval, ToolCall } from '../contract/messages.js';
import type { CallOptions, RealtimeEvent } from '../contract/options.js';
import type { ConversationStore } from '../conversation/index.js';
import type { Microphone } from '../media/microphone.js';
import type { CallEnd } from '../transport/transport.js';
import type { AgentKeep } from './connection.js';
import type { Environment } from './environment.js';
import type { TokenSource } from './token-source.js';
import type { CallEvent } from './transition.js';

/** What outlives a broken connection; whoever redials lets it go. */
export interface Kept {
  /** `undefined`: by text alone. */
  readonly microphone: Microphone | undefined;
  /** Gives the page's microphone back to others. */
  readonly unclaim: (() => void) | undefined;
  readonly audio: HTMLAudioElement;
  /** When the first connection was made. */
  readonly since: number;
  /** The visitor waits for an answer. */
  readonly unanswered: boolean;
  /** What the new server is told before anything else. */
  readonly restore?: readonly RealtimeEvent[];
}

/** What a call needs and whom it tells. Nothing is called after `release()`. */
export interface LiveCallSetup {
  readonly environment: Environment;
  readonly options: CallOptions;
  readonly tokens: TokenSource;
  readonly conversation: ConversationStore;
  readonly agents: AgentKeep;
  /** False: by text alone. */
  readonly microphone: boolean;
  readonly muted: boolean;
  /** Milliseconds for the whole attempt. */
  readonly timeout: number;
  /** The code of the page's controls: until it is there no microphone is opened and the call is not connected. */
  readonly controls?: Promise<void> | undefined;
  /** The call goes on where an earlier connection broke. */
  readonly kept?: Kept | undefined;
  change(event: CallEvent): void;
  /** The page mutes through the transport. */
  onMute(muted: boolean): void;
  onServerEvent(event: RealtimeEvent): void;
  /** Whatever was sent once the call was live. */
  onSent(event: RealtimeEvent): void;
  /** An error that does not end the call. */
  onError(error: VoiceAgentError): void;
  onApprovalRequest(request: CallEvents['approval-request']): void;
  onApprovals(open: readonly Approval[]): void;
  onToolStart(call: ToolCall): void;
  onToolEnd(call: ToolCall, output: string, error: unknown): void;
  /** Another call of the page opens the microphone. */
  onDisplaced(): void;
  /** The live call ended by itself. */
  onEnd(end: CallEnd): void;
}

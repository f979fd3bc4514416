/** Interface between the tools of a page and their call. */
import type { CallEvents } from '../contract/call.js';
import type { VoiceAgentError } from '../contract/errors.js';
import type { Approval, ToolCall } from '../contract/messages.js';
import type { CallOptions, RealtimeEvent } from '../contract/options.js';
import type { Timers } from '../transport/transport.js';

/** Dependencies and callbacks of the tools. No callback is called after `release()`, except `onApprovals` by `release()` itself. */
export interface PageToolsSetup {
  readonly options: CallOptions;
  /** Timers and a monotonic clock, in milliseconds. */
  readonly timers: Timers & { now(): number };
  /** Whether the call's agent runs functions with this name. */
  isAgents(name: string): boolean;
  onApprovalRequest(request: CallEvents['approval-request']): void;
  onApprovals(open: readonly Approval[]): void;
  /** The status of the function call with this `callId` changed. */
  onStep(callId: string, status: Exclude<ToolCall['status'], 'streaming'>): void;
  onStart(call: ToolCall): void;
  onEnd(call: ToolCall, output: string, error: unknown): void;
  /** Sends to the server. @throws VoiceAgentError */
  send(event: RealtimeEvent): void;
  /** Requests the answer to the outputs. */
  request(): void;
  onError(error: VoiceAgentError): void;
}

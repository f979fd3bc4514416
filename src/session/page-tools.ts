/**
 * The model's calls of the page's functions, during one call.
 *
 * Owns: which calls are ours to run, loading the code for them with the first of them, sending what comes out.
 * Does not own: running (`tool-runner.ts`), open questions (`approvals.ts`), showing (`conversation/`).
 */
import type { CallEvents } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { Approval, ApprovalQuestion, ToolCall } from '../contract/messages.js';
import type { CallOptions, RealtimeEvent } from '../contract/options.js';
import type { Timers } from '../transport/transport.js';
import type { Approvals } from './approvals.js';
import type { ToolRunner } from './tool-runner.js';

/** What the tools need and whom they tell. Nothing is called after `release()`. */
export interface PageToolsSetup {
  readonly options: CallOptions;
  readonly timers: Timers & { now(): number };
  onApprovalRequest(request: CallEvents['approval-request']): void;
  onApprovals(open: readonly Approval[]): void;
  onStart(call: ToolCall): void;
  onEnd(call: ToolCall, output: string, error: unknown): void;
  /** Sends to the server. @throws VoiceAgentError */
  send(event: RealtimeEvent): void;
  /** Asks for the answer to the outputs. */
  request(): void;
  onError(error: VoiceAgentError): void;
}

/** See the head of the file. */
export class PageTools {
  readonly #setup: PageToolsSetup;
  #runner: ToolRunner | undefined;
  #approvals: Approvals | undefined;
  #released = false;

  constructor(setup: PageToolsSetup) {
    this.#setup = setup;
  }

  /** Runs a call, if it is ours: a tool that the page declared without `execute` is the page's to answer. */
  async run(call: ToolCall): Promise<void> {
    const { options, timers, onStart } = this.#setup;
    const { tools = [], sessionConfig } = options;
    const declared = (sessionConfig?.['tools'] ?? []) as readonly { name?: unknown }[];
    const theirs = declared.some(({ name }) => name === call.name) && !tools.some(({ name }) => name === call.name);
    if (tools.length === 0 || theirs) return;
    try {
      const { ToolRunner } = await import('./tool-runner.js');
      if (this.#released) return;
      this.#runner ??= new ToolRunner(tools, {
        timers,
        onStart,
        onEnd: (ended, output, error, last) => this.#answer(ended, output, error, last),
      });
    } catch (cause) {
      if (!this.#released) this.#answer(call, 'The tool could not be loaded.', VoiceAgentError.from(cause, 'network'), true);
      return;
    }
    await this.#runner.run(call);
  }

  /** What waits for a decision, oldest first. */
  get approvals(): readonly Approval[] {
    return this.#approvals?.open ?? [];
  }

  /**
   * Asks the page and the visitor. Never rejects: what cannot be asked is refused. Stays pending when the call ends first.
   * `onLapse` is called before a refusal for want of an answer.
   */
  async ask(question: ApprovalQuestion, onLapse?: () => void): Promise<boolean> {
    const { options, timers, onApprovalRequest: onRequest, onApprovals: onChange, onError } = this.#setup;
    try {
      const { Approvals } = await import('./approvals.js');
      this.#approvals ??= new Approvals({ timers, timeout: options.approvalTimeout, onRequest, onChange });
    } catch (cause) {
      if (!this.#released) onError(VoiceAgentError.from(cause, 'network'));
      return false;
    }
    if (this.#released) this.#approvals.release();
    return this.#approvals.ask(question, onLapse);
  }

  /** Without effect for what is not open. */
  decide(id: string, approved: boolean): void {
    this.#approvals?.decide(id, approved);
  }

  /** Aborts what runs; late results are dropped. */
  release(): void {
    this.#released = true;
    this.#approvals?.release();
    this.#runner?.release();
  }

  #answer(call: ToolCall, output: string, error: unknown, last: boolean): void {
    const { send, request, onEnd, onError } = this.#setup;
    try {
      send({ type: 'conversation.item.create', item: { type: 'function_call_output', call_id: call.callId, output } });
      if (last) request();
    } catch (reason) {
      onError(VoiceAgentError.from(reason, 'invalid_request'));
    }
    onEnd(call, output, error);
  }
}

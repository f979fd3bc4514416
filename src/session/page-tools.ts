/**
 * The model's calls of the page's functions, during one call.
 *
 * Owns: which calls are ours to run, loading the runner with the first of them, sending what comes out.
 * Does not own: running (`tool-runner.ts`), showing (`conversation/`).
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { ToolCall } from '../contract/messages.js';
import type { CallOptions, RealtimeEvent } from '../contract/options.js';
import type { Timers } from '../transport/transport.js';
import type { ToolRunner } from './tool-runner.js';

/** What the tools need and whom they tell. Nothing is called after `release()`. */
export interface PageToolsSetup {
  readonly options: CallOptions;
  readonly timers: Timers;
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

  /** Aborts what runs; late results are dropped. */
  release(): void {
    this.#released = true;
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

/**
 * The tools of one call, as the call sees them: a door to code that calls without tools never load.
 *
 * Owns: when that code is loaded, which events and calls wait for it, which calls are ours to run.
 * Does not own: what is done about them (`tool-dispatcher.ts`).
 */
import type { CallEvents } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { Approval, ApprovalQuestion, ToolCall } from '../contract/messages.js';
import type { CallOptions, RealtimeEvent } from '../contract/options.js';
import type { Timers } from '../transport/transport.js';
import type { ToolDispatcher } from './tool-dispatcher.js';

/** What the tools need and whom they tell. Nothing is called after `release()`, but for `onApprovals` by `release()` itself. */
export interface PageToolsSetup {
  readonly options: CallOptions;
  /** Timers and a steady clock, in milliseconds. */
  readonly timers: Timers & { now(): number };
  /** Whether the call's agent runs functions of this name. */
  isAgents(name: string): boolean;
  onApprovalRequest(request: CallEvents['approval-request']): void;
  onApprovals(open: readonly Approval[]): void;
  /** A call, by its `callId`, goes on or is over. */
  onStep(callId: string, status: Exclude<ToolCall['status'], 'streaming'>): void;
  onStart(call: ToolCall): void;
  onEnd(call: ToolCall, output: string, error: unknown): void;
  /** Sends to the server. @throws VoiceAgentError */
  send(event: RealtimeEvent): void;
  /** Asks for the answer to the outputs. */
  request(): void;
  onError(error: VoiceAgentError): void;
}

type Job = (tools: ToolDispatcher) => void;

/** See the head of the file. */
export class PageTools {
  readonly #setup: PageToolsSetup;
  #tools: ToolDispatcher | undefined;
  /** What waits for the code, in order; nothing as long as nobody needs it. */
  #jobs: Job[] | undefined;
  #loading = false;
  #released = false;

  constructor(setup: PageToolsSetup) {
    this.#setup = setup;
  }

  /** Runs a call of this response, if it is ours: a tool that the page declared without `execute` is the page's to answer. */
  run(call: ToolCall, response: string): void {
    const { tools = [], sessionConfig, agent } = this.#setup.options;
    const declared = (sessionConfig?.['tools'] ?? []) as readonly { name?: unknown }[];
    const ours = tools.some(({ name }) => name === call.name) && !this.#setup.isAgents(call.name);
    const theirs = !ours && (agent !== undefined || declared.some(({ name }) => name === call.name));
    if (tools.length > 0 && !theirs) this.#do((dispatcher) => void dispatcher.run(call, response));
  }

  /** Works in one event of the server, once there are tools. With an agent, its own session does. */
  apply(event: RealtimeEvent): void {
    if (this.#setup.options.agent) return;
    if (this.#tools) return this.#tools.apply(event);
    const { session, item } = event as { session?: { tools?: unknown } | null; item?: { type?: unknown } | null };
    const tools = session?.tools;
    if (this.#jobs || (Array.isArray(tools) && tools.length > 0) || (typeof item?.type === 'string' && item.type.startsWith('mcp_'))) this.#do((dispatcher) => dispatcher.apply(event));
  }

  /** What waits for a decision, oldest first. */
  get approvals(): readonly Approval[] {
    return this.#tools?.approvals.open ?? [];
  }

  /** Asks the page and the visitor. Never rejects; stays pending when the call ends first. */
  ask(question: ApprovalQuestion): Promise<boolean> {
    return new Promise((resolve) => this.#do((dispatcher) => resolve(dispatcher.ask(question))));
  }

  /** Without effect for what is not open. */
  extend(id: string): void {
    if (this.#jobs) this.#do((dispatcher) => dispatcher.approvals.extend(id));
  }

  decide(id: string, approved: boolean): void {
    if (this.#jobs) this.#do((dispatcher) => dispatcher.approvals.decide(id, approved));
  }

  /** Aborts what runs; late results are dropped. */
  release(): void {
    this.#released = true;
    this.#tools?.release();
  }

  #do(job: Job): void {
    if (this.#released) return;
    if (this.#tools) return job(this.#tools);
    const jobs = (this.#jobs ??= []);
    jobs.push(job);
    if (this.#loading) return;
    this.#loading = true;
    import('./tool-dispatcher.js').then(
      ({ ToolDispatcher }) => {
        if (this.#released) return;
        const tools = (this.#tools = new ToolDispatcher(this.#setup));
        for (const waiting of jobs.splice(0)) waiting(tools);
      },
      (cause: unknown) => {
        // The next event tries again, and nothing that the model waits for is lost.
        this.#loading = false;
        if (!this.#released) this.#setup.onError(VoiceAgentError.from(cause, 'load_failed'));
      },
    );
  }
}

/**
 * The call's interface to its tools: loads the tool code only for calls that need it.
 *
 * Owns: when that code is loaded, which events and calls wait for it, which function calls run in the page.
 * Does not own: running them (`tool-dispatcher.ts`).
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { Approval, ApprovalQuestion, ToolCall } from '../contract/messages.js';
import type { RealtimeEvent } from '../contract/options.js';
import type { Answering } from './answering.js';
import type { CallContext } from './call-context.js';
import type { ToolDispatcher } from './tool-dispatcher.js';

type Job = (tools: ToolDispatcher) => void;

/** See the head of the file. */
export class PageTools {
  readonly #call: CallContext;
  readonly #answering: Answering;
  readonly #agentOwns: (name: string) => boolean;
  #tools: ToolDispatcher | undefined;
  /** Jobs that wait for the code, in order; `undefined` until the code is needed. */
  #jobs: Job[] | undefined;
  #loading = false;
  #released = false;

  /** @param agentOwns whether the call's agent runs functions with this name */
  constructor(call: CallContext, answering: Answering, agentOwns: (name: string) => boolean) {
    this.#call = call;
    this.#answering = answering;
    this.#agentOwns = agentOwns;
    call.setup.bus.on('approval-decided', ({ id, approved }) => this.decide(id, approved));
  }

  /** Runs a function call of this response, unless the agent, or the page (for functions in `sessionConfig`), answers it. */
  run(call: ToolCall, response: string): void {
    const { tools = [], sessionConfig, agent } = this.#call.setup.options;
    const declared = (sessionConfig?.['tools'] ?? []) as readonly { name?: unknown }[];
    const ours = tools.some(({ name }) => name === call.name) && !this.#agentOwns(call.name);
    const theirs = !ours && (agent !== undefined || declared.some(({ name }) => name === call.name));
    if (tools.length > 0 && !theirs) this.#do((dispatcher) => void dispatcher.run(call, response));
  }

  /** Processes one server event, once there are tools. With an agent, the agent's session does this instead. */
  apply(event: RealtimeEvent): void {
    if (this.#call.setup.options.agent) return;
    if (this.#tools) return this.#tools.apply(event);
    const { session, item } = event as { session?: { tools?: unknown } | null; item?: { type?: unknown } | null };
    const tools = session?.tools;
    if (this.#jobs || (Array.isArray(tools) && tools.length > 0) || (typeof item?.type === 'string' && item.type.startsWith('mcp_')))
      this.#do((dispatcher) => dispatcher.apply(event));
  }

  /** The open approvals, oldest first. */
  get approvals(): readonly Approval[] {
    return this.#tools?.approvals.open ?? [];
  }

  /** Asks the page and the visitor. Never rejects; stays pending if the call ends first. */
  ask(question: ApprovalQuestion): Promise<boolean> {
    return new Promise((resolve) => this.#do((dispatcher) => resolve(dispatcher.ask(question))));
  }

  /** Has no effect if the question is not open. */
  extend(id: string): void {
    if (this.#jobs) this.#do((dispatcher) => dispatcher.approvals.extend(id));
  }

  decide(id: string, approved: boolean): void {
    if (this.#jobs) this.#do((dispatcher) => dispatcher.approvals.decide(id, approved));
  }

  /** Aborts running tools and drops late results. */
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
        const tools = (this.#tools = new ToolDispatcher(this.#call, this.#answering));
        for (const waiting of jobs.splice(0)) waiting(tools);
      },
      (cause: unknown) => {
        // The waiting jobs are kept, and the next one loads the code again.
        this.#loading = false;
        if (!this.#released) this.#call.setup.bus.emit('error', VoiceAgentError.from(cause, 'load_failed'));
      },
    );
  }
}

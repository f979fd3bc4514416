/**
 * The Agents SDK's `RealtimeSession` on top of a call's own transport: the session handles tools, handoffs, guardrails and
 * history; the call keeps microphone, playback, connection and transcript.
 *
 * Owns: the session and its access to the call, the settings that it sends, which function calls it runs, the mapping of its
 * approvals and tool events to the call's. Does not own: the transport, asking the visitor, the transcript.
 *
 * Workarounds for the SDK (agents-realtime 0.20): its defaults override the page's settings (`agent-settings.ts`); its guardrails
 * send messages as the visitor (they are hidden); a tool that throws without an `errorFunction` leaves the model without an output
 * (one is sent); a denied MCP request gets no response (one is requested).
 */
import { RealtimeSession } from '@openai/agents/realtime';
import type { AgentSession } from '../../contract/call.js';
import { toJson } from '../../contract/to-json.js';
import { VoiceAgentError } from '../../contract/errors.js';
import type { ToolCall } from '../../contract/messages.js';
import type { AgentOptions } from '../../contract/options.js';
import { firstSession, functionNames, nextSession, type AgentSettings } from './agent-settings.js';
import { AgentTransport } from './agent-transport.js';
import { sdkConfig } from '../custom/custom-layer.js';
import type { AgentRun, AgentSetup } from '../transport.js';

type Session = RealtimeSession<unknown>;
type FunctionCall = Parameters<Session['transport']['sendFunctionCallOutput']>[0];
type Item = Parameters<Session['approve']>[0];

interface ServerEvent {
  readonly type: string;
  readonly session?: { readonly instructions?: unknown } | null;
  readonly item?: { readonly type?: unknown; readonly approval_request_id?: unknown; readonly approve?: unknown } | null;
}

/** Events after which the session's voice can no longer change, over WebRTC and over WebSocket. */
const HEARD: ReadonlySet<unknown> = new Set([
  'response.output_audio_transcript.delta',
  'response.output_audio.delta',
  'output_audio_buffer.started',
]);
/** The SDK's default outputs for a tool that failed (agents-core 0.20, `tool.mjs`). */
const TOOL_FAILED = /^(An error occurred while (running the tool|parsing tool arguments)\.|Tool '.*' timed out after )/;
/** Start of the messages that the SDK's guardrails send as the visitor (agents-realtime 0.20, `guardrail.mjs`). */
const FEEDBACK = '⚠️';

/** See the head of the file. */
export class SdkAgentRun implements AgentRun {
  readonly agent: object;
  readonly options: AgentOptions | undefined;
  readonly #session: Session;
  readonly #transport: AgentTransport;
  /** The current call; `undefined` between calls. */
  #setup: AgentSetup | undefined;
  /** Names of the functions of all agents of this call. */
  readonly #owned = new Set<string>();
  /** Function calls whose output was sent. */
  readonly #answered = new Set<string>();
  /** Function calls that wait for a decision. */
  readonly #asked = new Set<string>();
  readonly #denied = new Set<string>();
  /** Function calls that the page decided through the SDK's own API; the page also handles their outcome. */
  readonly #decidedByPage = new Set<string>();
  /** The server's default instructions. */
  #served = '';
  #voiceWasHeard = false;
  #tripped = false;
  /** The transport's own errors also pass through the session, and are reported elsewhere. */
  #passing = false;
  #failure: unknown;

  constructor(setup: AgentSetup) {
    const { agent = {}, agentOptions } = setup.call;
    this.agent = agent;
    this.options = agentOptions;
    this.#transport = new AgentTransport(
      setup.transport,
      {
        connect: ({ initialSessionConfig = {} }) => this.#open(initialSessionConfig),
        close: () => this.#setup?.transport.close(),
        updateSessionConfig: (config) => this.#update(config),
        interrupt: () => this.#setup?.bus.emit('interrupt', undefined),
        sendMessage: (message, other, options) => this.#send(message, other, options),
        sendFunctionCallOutput: (call, output, answers) => this.#answer(call, output, answers),
      },
      (type, listener) => this.#wrapListener(type, listener),
    );
    const { outputGuardrails, outputGuardrailSettings, context, toolErrorFormatter, toolExecution, historyStoreAudio } = agentOptions ?? {};
    const options = { outputGuardrails, outputGuardrailSettings, context, toolErrorFormatter, toolExecution, historyStoreAudio };
    // The SDK validates these: they may come from the page's own copy of it.
    this.#session = new RealtimeSession(agent as never, { ...(options as object), transport: this.#transport.layer });
    this.#listen();
  }

  get session(): AgentSession {
    return this.#session;
  }

  /** Starts the run for another call. */
  begin(setup: AgentSetup): void {
    this.#setup = setup;
    this.#transport.use(setup.transport);
    for (const names of [this.#owned, this.#answered, this.#asked, this.#denied, this.#decidedByPage]) names.clear();
    this.#served = '';
    this.#voiceWasHeard = false;
    setup.transport.on('*', (event: ServerEvent) => {
      if (HEARD.has(event.type)) this.#voiceWasHeard = true;
      const { session, item } = event;
      if (event.type === 'session.created' && typeof session?.instructions === 'string') this.#served = session.instructions;
      if (item?.type === 'mcp_approval_response') this.#decided(item.approval_request_id, item.approve === true);
    });
  }

  async connect(): Promise<void> {
    const session = this.#session as { initialAgent: Session['currentAgent'] };
    const { initialAgent } = session;
    // The SDK starts each connection with `initialAgent`, which it reads synchronously.
    if (this.#setup?.resumes) session.initialAgent = this.#session.currentAgent;
    const connecting = this.#session.connect({ apiKey: '' });
    session.initialAgent = initialAgent;
    try {
      await connecting;
    } catch (cause) {
      throw failure(cause, 'unsupported');
    }
    // The SDK also resolves if it was closed while it read the agent's instructions.
    if (!this.#setup) throw new VoiceAgentError('aborted');
  }

  owns(name: string): boolean {
    return this.#owned.has(name);
  }

  release(): void {
    this.#setup = undefined;
    this.#session.close();
  }

  #live(): AgentSetup {
    if (!this.#setup) throw new VoiceAgentError('invalid_request', { message: 'The call is not connected.' });
    return this.#setup;
  }

  async #open(config: AgentSettings): Promise<void> {
    const { session, open } = this.#live();
    for (const name of functionNames(config.tools)) this.#owned.add(name);
    await open(firstSession(session, config, this.#owned));
  }

  #update(config: AgentSettings): void {
    const { call, session, transport } = this.#live();
    // The page's own settings pass unchanged; the SDK's settings always include `tracing`.
    if (!('tracing' in config)) return (transport as unknown as Session['transport']).updateSessionConfig(config as never);
    for (const name of functionNames(config.tools)) this.#owned.add(name);
    const instructions = typeof session['instructions'] === 'string' ? session['instructions'] : this.#served;
    const next = nextSession(session, config, this.#owned, instructions, this.#voiceWasHeard);
    // The page's own transport may use another protocol.
    if (typeof call.transport === 'object') transport.updateSessionConfig(sdkConfig(next));
    else transport.sendEvent({ type: 'session.update', session: next });
  }

  #send(...[message, other, options]: Parameters<Session['transport']['sendMessage']>): void {
    const { transport, hideItem } = this.#live();
    if (!this.#tripped || typeof message !== 'string' || !message.startsWith(FEEDBACK)) {
      return (transport as unknown as Session['transport']).sendMessage(message, other, options);
    }
    this.#tripped = false;
    const content = [{ type: 'input_text', text: message }];
    transport.sendEvent({ type: 'conversation.item.create', item: { id: hideItem(), type: 'message', role: 'user', content } });
    transport.requestResponse();
  }

  #answer(call: FunctionCall, output: string, answers: boolean): void {
    const { transport, bus } = this.#live();
    this.#answered.add(call.callId);
    (transport as unknown as Session['transport']).sendFunctionCallOutput(call, output, answers);
    bus.emit('tool-step', { callId: call.callId, status: this.#failed(call, output) ? 'failed' : 'done' });
    bus.emit('awaited', answers);
  }

  /** Wraps a listener that the session adds to the transport. */
  #wrapListener(type: string, listener: (...args: never[]) => void): (...args: never[]) => void {
    if (type === 'error') {
      return (...args) => {
        this.#passing = true;
        listener(...args);
        this.#passing = false;
      };
    }
    if (type !== 'function_call') return listener;
    return (...args) => void this.#run(args as unknown as [FunctionCall], listener as unknown as (call: FunctionCall) => Promise<void>);
  }

  /** Lets the session run a function call, unless the page runs it. */
  async #run([call]: [FunctionCall], run: (call: FunctionCall) => Promise<void>): Promise<void> {
    const pages = functionNames(this.#setup?.session['tools']).includes(call.name) && !this.owns(call.name);
    if (pages) return;
    this.#failure = undefined;
    await run(call);
    this.#complete(call);
  }

  /** Sends an error output for a function call that the session could not run, because the model waits for one. */
  #complete(call: FunctionCall): void {
    const reason = this.#failure;
    if (!this.#setup || [this.#asked, this.#decidedByPage, this.#answered].some((ids) => ids.has(call.callId))) return;
    const error = reason instanceof Error ? reason : new Error('The tool could not be run.', { cause: reason });
    const output = toJson({ error: error.message });
    this.#setup.bus.emit('tool-end', { call: shown(call, 'failed'), output, error });
    this.#answer(call, output, true);
  }

  #listen(): void {
    const session = this.#session;
    session.on('tool_approval_requested', (_context, _agent, { approvalItem }) => void this.#ask(approvalItem));
    session.on('agent_tool_start', (_context, _agent, _tool, { toolCall }) => {
      const call = toolCall as unknown as FunctionCall;
      this.#decided(call.callId, true);
      if (!this.#denied.has(call.callId)) this.#setup?.bus.emit('tool-start', shown(call, 'running'));
    });
    session.on('agent_tool_end', (_context, _agent, _tool, output, { toolCall }) => {
      const call = toolCall as unknown as FunctionCall;
      const failed = this.#failed(call, output);
      const status = this.#denied.has(call.callId) ? 'denied' : failed ? 'failed' : 'done';
      this.#setup?.bus.emit('tool-end', { call: shown(call, status), output, error: failed ? new Error(output) : undefined });
    });
    session.on('guardrail_tripped', () => {
      // The SDK sends its message synchronously, or not at all.
      this.#tripped = true;
      queueMicrotask(() => (this.#tripped = false));
    });
    session.on('error', ({ error }) => {
      if (this.#passing) return;
      this.#failure = error;
      this.#setup?.bus.emit('error', failure(error, 'invalid_request'));
    });
  }

  #failed({ callId }: FunctionCall, output: string): boolean {
    return this.#denied.has(callId) || TOOL_FAILED.test(output);
  }

  /** Handles a question that was decided elsewhere, through the SDK's own API. */
  #decided(id: unknown, approved: boolean): void {
    if (typeof id !== 'string' || !this.#asked.delete(id)) return;
    this.#decidedByPage.add(id);
    this.#setup?.bus.emit('approval-decided', { id, approved });
  }

  async #ask(item: Item): Promise<void> {
    const setup = this.#setup;
    const raw = item.rawItem as unknown as FunctionCall & { providerData?: { itemId?: string; serverLabel?: string } };
    const { itemId, serverLabel } = raw.providerData ?? {};
    const mcp = raw.type !== 'function_call';
    const id = (mcp ? itemId : raw.callId) ?? '';
    this.#asked.add(id);
    const server = serverLabel === undefined ? {} : { server: serverLabel };
    const approved = await setup?.approve({ id, kind: mcp ? 'mcp' : 'function', name: raw.name, arguments: raw.arguments, ...server });
    if (setup !== this.#setup || !setup || !this.#asked.delete(id)) return;
    if (!approved) this.#denied.add(id);
    try {
      await (approved ? this.#session.approve(item) : this.#session.reject(item));
      if (mcp && !approved) setup.transport.requestResponse();
    } catch (reason) {
      this.#failure = reason;
    }
    if (!mcp && setup === this.#setup) this.#complete(raw);
  }
}

const shown = ({ id, callId, name, arguments: args }: FunctionCall, status: ToolCall['status']): ToolCall =>
  Object.freeze({ id: id ?? callId, callId, name, arguments: args, status });

const failure = (cause: unknown, code: 'unsupported' | 'invalid_request'): VoiceAgentError =>
  cause instanceof VoiceAgentError
    ? cause
    : new VoiceAgentError(code, { ...(cause instanceof Error ? { message: cause.message } : {}), cause });

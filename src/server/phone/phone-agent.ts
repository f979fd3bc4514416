/**
 * The agent of one phone call: a `RealtimeSession` of the Agents SDK with `OpenAIRealtimeSIP`, on the sideband of the watched call. Runs
 * tools, greets, transfers, hangs up and reports pressed keys.
 *
 * Owns the SDK's session. Does not own the call: limits, metering and the end belong to `CallMonitor`, which outlives a failing agent.
 */
import type { RealtimeSession } from '@openai/agents/realtime';
import type { CallAgent, CallAgentFactory, CallAgentSetup } from '../calls/call-agent.js';
import { runServerTool } from '../calls/run-server-tool.js';
import type { RealtimeEvent } from '../calls/sideband.js';
import type { Profile, ResolvedOptions } from '../resolved-options.js';
import type { ServerTool } from '../options.js';
import { succeeded } from '../upstream/call-request.js';
import { controlCall } from './call-control.js';
import { SidebandSocket } from './sideband-socket.js';
import type { PhoneOptions } from '../contract/phone-options.js';
import { loadAgentsSdk } from './phone-packages.js';
import { phoneSessionOptions } from './phone-session.js';
import { phoneTools } from './phone-tools.js';
import type { PhoneActions } from './phone-tools.js';
import { unanswerableCall } from './unanswerable-call.js';

type Sdk = Awaited<ReturnType<typeof loadAgentsSdk>>;

/** Milliseconds that the agent has to finish speaking before the call is transferred or ended. */
const MAX_SPEAKING_TIME = 15_000;
/** Maximum number of events queued until the SDK is loaded and ready. */
const MAX_WAITING = 1_000;

/** Creates the agents of phone calls. */
export function phoneAgents(options: ResolvedOptions, phone: PhoneOptions): CallAgentFactory {
  return (setup) => (setup.call.kind === 'phone' ? new PhoneAgent(setup, options, phone) : undefined);
}

/** Creates the SDK's agent; without `actions` it only describes the session and cannot run tools. */
export function realtimeAgent(sdk: Sdk, profile: Profile, phone: PhoneOptions, actions?: PhoneActions) {
  const instructions = profile.session?.['instructions'];
  return new sdk.RealtimeAgent({
    name: profile.name,
    instructions: typeof instructions === 'string' ? instructions : '',
    tools: phoneTools(sdk, profile, phone.human !== undefined, actions),
  });
}

/** See the head of the file. */
class PhoneAgent implements CallAgent {
  readonly #setup: CallAgentSetup;
  readonly #options: ResolvedOptions;
  readonly #phone: PhoneOptions;
  readonly #socket: SidebandSocket;
  readonly #ended = new AbortController();
  /** Events queued until the SDK is ready. */
  #waiting: (readonly [event: RealtimeEvent, text: string])[] | undefined = [];
  #session: RealtimeSession | undefined;
  /** Names of the agent's tools. */
  #tools: ReadonlySet<string> = new Set();
  #playing = false;
  #playbackWaiters: (() => void)[] = [];

  constructor(setup: CallAgentSetup, options: ResolvedOptions, phone: PhoneOptions) {
    this.#setup = setup;
    this.#options = options;
    this.#phone = phone;
    this.#socket = new SidebandSocket((text) => setup.send(text));
    this.#start().catch(() => {
      // Without the agent, the model's tool calls would go unanswered.
      void setup.end('unwatched');
    });
  }

  async #start(): Promise<void> {
    const sdk = await loadAgentsSdk();
    if (this.#ended.signal.aborted) return;
    const { call, profile, adopted } = this.#setup;
    const { upstream, prices } = this.#options;
    const agent = realtimeAgent(sdk, profile, this.#phone, {
      run: (tool, args) => this.#runTool(tool, args),
      transfer: () => this.#transfer(),
      hangUp: async () => {
        await this.#finishSpeaking();
        await this.#setup.end('agent');
      },
    });
    this.#tools = new Set(agent.tools.map(({ name }) => name));
    const session = new sdk.RealtimeSession(agent, {
      ...phoneSessionOptions(profile, prices),
      transport: sidebandTransport(sdk, this.#socket),
    });
    this.#session = session;
    // Tool errors are passed to the model and API errors are not fatal; the call continues.
    session.on('error', () => undefined);
    // There is no one to ask for approval in a phone call.
    session.on('tool_approval_requested', (_context, _agent, { approvalItem }) => void session.reject(approvalItem).catch(() => undefined));
    // The sideband already has the key. The URL is passed here because `callId` would override one from the constructor.
    const url = `${upstream.root.replace(/^http/, 'ws')}/realtime?call_id=${encodeURIComponent(call.upstreamId)}`;
    await session.connect({ apiKey: 'none', callId: call.upstreamId, url });
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const [event, text] of waiting) this.#passToSdk(event, text);
    if (!adopted) this.#greet(session);
  }

  /** The agent speaks first unless `greeting` is false. */
  #greet(session: RealtimeSession): void {
    const { greeting } = this.#phone;
    if (greeting === false) return;
    session.transport.sendEvent({ type: 'response.create', ...(greeting !== undefined && { response: { instructions: greeting } }) });
  }

  handleEvent(event: RealtimeEvent, text: string): void {
    switch (event.type) {
      // Audio is generated ahead of playback, so a tool may be called before the preceding sentence has been played.
      case 'response.content_part.added':
        this.#playing ||= /audio$/.test(String((event['part'] as { type?: unknown } | null)?.type));
        break;
      case 'output_audio_buffer.started':
        this.#playing = true;
        break;
      case 'output_audio_buffer.stopped':
      case 'output_audio_buffer.cleared':
        this.#playbackStopped();
        break;
      case 'input_audio_buffer.dtmf_event_received':
        this.#reportDtmf(event['event']);
    }
    if (!this.#waiting) this.#passToSdk(event, text);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push([event, text]);
  }

  close(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#playbackStopped();
    this.#session?.close();
    this.#socket.close();
  }

  /** Passes an event to the SDK, except tool calls that the SDK would leave unanswered: those get an error output. */
  #passToSdk(event: RealtimeEvent, text: string): void {
    const unanswerable = unanswerableCall(event, this.#tools);
    if (!unanswerable || !this.#session) this.#socket.handleEvent(text);
    else this.#session.transport.sendFunctionCallOutput(unanswerable.call, JSON.stringify({ error: unanswerable.problem }), true);
  }

  #runTool(tool: ServerTool, args: unknown): Promise<string> {
    const { call, limiter } = this.#setup;
    const { upstream, emit } = this.#options;
    const { signal } = this.#ended;
    return limiter.run({
      argumentBytes: new TextEncoder().encode(JSON.stringify(args)).length,
      signal,
      run: () => runServerTool(tool, args, { call, signal, clock: upstream.clock, emit }),
      onRefused: (refused) => emit({ type: 'tool', ref: call.ref, profile: call.profile, name: tool.name, ms: 0, failed: true, refused }),
    });
  }

  #reportDtmf(digit: unknown): void {
    if (typeof digit !== 'string' || !/^[0-9*#A-D]$/.test(digit)) return;
    const { ref, profile, visitor } = this.#setup.call;
    this.#options.emit({ type: 'phone', ref, step: 'dtmf', profile, caller: visitor });
    try {
      this.#phone.onDtmf?.({ ref, digit });
    } catch {
      // Errors of the owner's callback do not affect the call.
    }
  }

  async #transfer(): Promise<boolean> {
    const { human } = this.#phone;
    if (human === undefined) return false;
    await this.#finishSpeaking();
    const { upstreamId, ref, profile, visitor } = this.#setup.call;
    const { emit } = this.#options;
    const status = await controlCall(this.#setup.profile.upstream, { operation: 'refer', upstreamId, body: { target_uri: human } }, emit);
    if (!succeeded(status)) return false;
    emit({ type: 'phone', ref, step: 'referred', profile, caller: visitor });
    // The API ends the call when the transfer is complete; hanging up now could interrupt it.
    this.#setup.expectEnd('referred');
    return true;
  }

  #playbackStopped(): void {
    this.#playing = false;
    for (const resolve of this.#playbackWaiters.splice(0)) resolve();
  }

  /** Resolves when the agent has finished speaking, after `MAX_SPEAKING_TIME` at the latest. */
  async #finishSpeaking(): Promise<void> {
    if (!this.#playing) return;
    let cancelTimer: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      this.#playbackWaiters.push(resolve);
      cancelTimer = this.#options.upstream.clock.after(MAX_SPEAKING_TIME, resolve);
    });
    cancelTimer();
  }
}

/**
 * The SDK's transport on the existing sideband. It sends no configuration: the call was accepted with the full session, and a
 * `session.update` could only overwrite settings that the SDK does not know.
 */
function sidebandTransport(sdk: Sdk, socket: SidebandSocket) {
  class SidebandTransport extends sdk.OpenAIRealtimeSIP {
    override updateSessionConfig(): void {
      // See above.
    }

    override _updateTracingConfig(): void {
      // See above.
    }
  }
  return new SidebandTransport({ createWebSocket: () => Promise.resolve(socket as never), skipOpenEventListeners: true });
}

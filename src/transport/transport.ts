/**
 * The border between a call and its transport, as the session sees it. `webrtc-transport.ts` implements it on the
 * Agents SDK; tests implement it by script.
 */
import type { AgentSession, CallTransport } from '../contract/call.js';
import type { VoiceAgentError } from '../contract/errors.js';
import type { Dialect } from '../contract/dialect.js';
import type { ApprovalQuestion, ToolCall } from '../contract/messages.js';
import type { CallOptions, RealtimeEvent } from '../contract/options.js';
import type { EndReason } from '../contract/states.js';
import type { OpenPcmAudio } from '../contract/pcm-audio.js';

/** What the server said to an offer. */
export interface Answer {
  readonly sdp: string;
  /** The server's id of the call, where it names one. */
  readonly callId: string | undefined;
}

/** Where a WebSocket is opened. */
export interface SocketAddress {
  readonly url: URL;
  /** Subprotocols to offer, the key's among them; empty: none. */
  readonly protocols: readonly string[];
}

/** Timers, so that tests own the time. */
export interface Timers {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** How a live call ended: broken, hung up by the server (at a limit of a brokered call), or closed by the page through the transport. */
export type CallEnd = VoiceAgentError | Extract<EndReason, 'server' | 'page' | 'idle' | 'duration' | 'budget'>;

/** What one call's transport needs and whom it tells. No callback is called after `release()`. */
export interface TransportOptions {
  /** The protocol's session object, sent once the channel is open; exactly these fields. Read not before `connect()`. */
  readonly session: Readonly<Record<string, unknown>>;
  /** The call's settings, for what only some transports need (a page's own transport, an agent). */
  readonly call: CallOptions;
  /** True for a call by text alone: the offer asks for the agent's voice and sends none. */
  readonly receiveOnly: boolean;
  readonly timers: Timers;
  /** What the server speaks; `undefined`: GA. */
  readonly dialect: Dialect | undefined;
  /** WebRTC: carries the offer to the server; rejects with a `VoiceAgentError`. Called once, before any network traffic. */
  exchange(offer: string): Promise<Answer>;
  /** WebSocket: where to connect, once a key is there; rejects with a `VoiceAgentError`. Called once. */
  dial(): Promise<SocketAddress>;
  /** A page's own transport: the key, `''` where the page names no source of keys. Called once. */
  key(): Promise<string>;
  /** A page's own transport: where to connect, where the page says so (`base-url`). */
  readonly url: string | undefined;
  /** WebSocket: opens the sound of the call. */
  readonly openAudio: OpenPcmAudio;
  /** An agent in the page: asks the page or the visitor whether one of its tools may run. Never rejects; `false` also after a time-out. */
  approve(question: ApprovalQuestion): Promise<boolean>;
  /** Whether the visitor is muted now: the call owns it. */
  isMuted(): boolean;
  /** The page mutes by `mute()` of the transport. */
  onMute(muted: boolean): void;
  /** The page, or an agent's guardrail, interrupts by `interrupt()` of the transport. */
  onInterrupt(): void;
  /** An event was sent, by whomever; GA. Must not throw. */
  onSent(event: RealtimeEvent): void;
  /** The agent's voice. */
  onTrack(track: MediaStreamTrack): void;
  /** The channel is open and the session settings are on their way. */
  onConfiguring(): void;
  /**
   * Each well-formed event of the server in GA terms, once, in order. `own`: the server did not send it; a transport
   * that plays the sound itself tells so what a WebRTC server would (`output_audio_buffer.*`). Must not throw.
   */
  onEvent(event: RealtimeEvent, own?: boolean): void;
  /** An answer was asked for (`true`), by whomever, or will not come (`false`). */
  onAwaited(awaited: boolean): void;
  /** The server refused twice to answer, because another response was running; the request is given up. `cause`: the refusal. */
  onRefused(cause: RealtimeEvent): void;
  /** Packets stopped (`true`) or came back (`false`) on a live call. */
  onStalled(stalled: boolean): void;
  /** A live call ended without `release()`. */
  onEnd(end: CallEnd): void;
}

/** One call's way to the server. Made for one call, not used again after it. */
export interface Transport extends CallTransport {
  readonly callId: string | undefined;
  /** True once the data channel was open: from then on the server notices when the connection closes. */
  readonly reached: boolean;
  /** Messages that were dropped because they were no JSON events or too large. */
  readonly dropped: number;
  /** Resolves when the server confirmed the session settings; rejects with a `VoiceAgentError`. */
  connect(): Promise<void>;
  /** Sends this track to the server from now on; `null` sends none. */
  useMicrophone(track: MediaStreamTrack | null): Promise<void>;
  /** Asks for an answer after the running one; requests that wait together become one, a refused one is made again. */
  requestResponse(response?: Readonly<Record<string, unknown>>): void;
  /** Tells that the answer is cut. Left out: the call sends the events that a WebRTC server takes. */
  stopAnswer?(): void;
  /** Resolves when what waits to be sent is little, or nothing ever will be. Left out: nobody can tell. */
  drained?(): Promise<void>;
  /** Only where the transport plays and captures the sound itself: false while the browser does not run it. */
  readonly soundRuns?: boolean;
  /** Only where the transport plays the sound itself: runs what the browser refused before a gesture; call it inside one. */
  resumeSound?(): void;
  /** Only where the transport has a microphone of its own: mutes it. The call's `mute()` calls this, never the page. */
  muteInput?(muted: boolean): void;
  /** Ends the attempt (`connect()` then rejects with `aborted`) or the call, silently and at once. */
  release(): void;
}

/** What the transport chunk gives to the session. */
export interface TransportModule {
  createTransport(options: TransportOptions): Transport;
}

/** What the agent of one call needs and whom it tells. No callback is called after `release()`. */
export interface AgentSetup {
  readonly call: CallOptions;
  readonly transport: Transport;
  /** The protocol's session object as the page wants it; the agent's own settings go over it. */
  readonly session: Readonly<Record<string, unknown>>;
  /** The call goes on where an earlier connection broke: the agent that had it has it again. */
  readonly resumes: boolean;
  /** Connects the transport with this session object. */
  open(session: Readonly<Record<string, unknown>>): Promise<void>;
  /** Asks whether a tool may run; resolves with the answer, stays pending when the call ends first. */
  approve(question: ApprovalQuestion): Promise<boolean>;
  /** Somebody else has answered that question. */
  onDecided(id: string, approved: boolean): void;
  onToolStart(call: ToolCall): void;
  /** After `onToolStart`; without it where the tool was not allowed or could not be run. */
  onToolEnd(call: ToolCall, output: string, error: unknown): void;
  /** A call of a tool, or a handoff, has its output. `answers`: an answer of the model follows. */
  onToolOutput(callId: string, failed: boolean, answers: boolean): void;
  /** Stops the answer here and at the server. */
  interrupt(): void;
  /** The id for an item that is sent in the visitor's name and must not be shown. */
  hideItem(): string;
  /** Something of the agent failed; the call goes on. */
  onError(error: VoiceAgentError): void;
}

/** An agent's session, through one call after the other. */
export interface AgentRun {
  readonly session: AgentSession;
  /** Resolves like the transport's `connect()`; rejects with a `VoiceAgentError`, also for an agent that cannot be used. */
  connect(): Promise<void>;
  /** Whether a function of this name is the agent's to run. */
  owns(name: string): boolean;
  /** Ends the session of this call. */
  release(): void;
}

/** What the agent's chunk gives to the session. */
export interface AgentModule {
  /** The run for this call; `before`, the one of the call before, goes on where it is the same agent's. */
  startAgent(setup: AgentSetup, before: AgentRun | undefined): AgentRun;
}

/**
 * The interface that the element expects of a call, so that the element can be tested without one and the engine can be
 * loaded lazily. Implemented by `session/voice-session.ts`.
 */
import type { VoiceAgentError } from './errors.js';
import type { Approval, Conversation, Message, ToolCall } from './messages.js';
import type { CallOptions, ConnectOptions, RealtimeEvent } from './options.js';
import type { CallStatus } from './states.js';

/** Events of a call, by name, with their payloads. */
export interface CallEvents {
  /** A new frozen status. */
  status: CallStatus;
  /** A new frozen conversation, at most once per frame. */
  conversation: Conversation;
  /** A turn is finished (done, interrupted or failed); fired once per turn. A spoken turn waits for its transcript until the call ends. */
  message: Message;
  /** The text or status of a turn that `message` already reported has changed. */
  'message-revised': { readonly message: Message; readonly previous: Message };
  /** New text of a turn that is still streaming. */
  transcript: Message;
  'tool-start': ToolCall;
  /** The microphone was muted (`true`) or unmuted, by the visitor or the page. */
  mute: boolean;
  'tool-end': { readonly call: ToolCall; readonly output: string; readonly error?: unknown };
  /** A tool call needs the approval of the visitor or the page. The page may decide immediately. */
  'approval-request': { readonly approval: Approval; approve(): void; reject(): void };
  /** The pending approvals. */
  approvals: readonly Approval[];
  /** Each raw server event, in order of arrival. */
  'server-event': RealtimeEvent;
  /** An error. It either ended the attempt or the call, or is recoverable and did not. */
  error: VoiceAgentError;
}

/** The current levels of the microphone and of the agent's voice, each 0..1. */
export interface Levels {
  readonly input: number;
  readonly output: number;
}

/** A user turn: text, or content parts with text and images (`data:` URLs). */
export type UserInput =
  | string
  | {
      readonly type: 'message';
      readonly role: 'user';
      readonly content: readonly (
        { readonly type: 'input_text'; readonly text: string } | { readonly type: 'input_image'; readonly image: string }
      )[];
    };

/** A function call as reported by the transport (`function_call`). */
export interface FunctionCall {
  readonly type: 'function_call';
  readonly callId: string;
  readonly name: string;
  readonly arguments: string;
  readonly id?: string;
  readonly previousItemId?: string;
  readonly responseId: string;
}

/** An approval request of an MCP server as reported by the transport (`mcp_approval_request`). */
export interface McpApprovalRequest {
  readonly itemId: string;
  readonly type: 'mcp_approval_request';
  readonly serverLabel: string;
  readonly name: string;
  readonly arguments: Record<string, unknown>;
  readonly approved?: boolean | null;
}

/**
 * The live transport of a call: the Agents SDK's `OpenAIRealtimeBase` with all of its members, over WebRTC or WebSocket.
 * Methods that send throw a `VoiceAgentError` `invalid_request` while it is not connected.
 */
export interface CallTransport {
  readonly status: 'connecting' | 'connected' | 'disconnecting' | 'disconnected';
  /** Whether the visitor is muted; the same as the element's `muted`. `null` if unknown (some custom transports). */
  readonly muted: boolean | null;
  /** The model that the server reported. A new value is sent with the next `updateSessionConfig()`; a running session rejects it. */
  currentModel: string;
  /** Records the tracing configuration that the session was created with. Sends nothing. */
  set _tracingConfig(config: unknown);
  /** Returns the promise of the single connection attempt: each transport serves one call. Rejects with `invalid_request` after the call ended. */
  connect(options?: never): Promise<void>;
  /** Ends the call. */
  close(): void;
  emit(type: string, ...args: never[]): boolean;
  on(type: string, listener: (...args: never[]) => void): unknown;
  once(type: string, listener: (...args: never[]) => void): unknown;
  off(type: string, listener: (...args: never[]) => void): unknown;
  /** Same as the call's `interrupt()`: stops playback immediately, then notifies the server. */
  interrupt(): void;
  /** Mutes or unmutes the microphone; same as the call's `mute()`. */
  mute(muted: boolean): void;
  addImage(image: string, options?: { triggerResponse?: boolean }): void;
  /** Sends the events that turn the server's conversation from `oldHistory` into `newHistory`. */
  resetHistory(oldHistory: readonly HistoryItem[], newHistory: readonly HistoryItem[]): void;
  /** PCM16, mono, 24 kHz; `commit` ends the turn if turn detection is off. */
  sendAudio(audio: ArrayBuffer, options?: { commit?: boolean }): void;
  sendEvent(event: RealtimeEvent): void;
  sendFunctionCallOutput(toolCall: FunctionCall, output: string, startResponse?: boolean): void;
  sendMcpResponse(approvalRequest: McpApprovalRequest, approved: boolean, reason?: string): void;
  /** Sends a user turn. It is answered after the current response; to barge in, call `interrupt()` first. */
  sendMessage(message: UserInput, otherEventData: Record<string, unknown>, options?: { triggerResponse?: boolean }): void;
  /** Takes the SDK's session settings (camelCase) and sends only the given ones. */
  updateSessionConfig(config: Readonly<Record<string, unknown>>): void;
}

/** Audio supplied by the page: PCM16, mono, 24 kHz, little endian; or a stream of such chunks. */
export type AudioInput = Int16Array | ArrayBuffer | ReadableStream<Int16Array | ArrayBuffer | Uint8Array>;

/** An item of the SDK's history (`RealtimeItem`), with the fields that can be sent back to a server. */
export interface HistoryItem {
  readonly itemId: string;
  readonly type: string;
  readonly role?: string;
  readonly content?: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

/** Tokens of all responses so far, for the session of one agent. */
export interface AgentUsage {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
}

/**
 * The Agents SDK's `RealtimeSession` of an `agent`. Typed here with its most used members; at run time it is the full object, with all of its
 * members and events (`agent_handoff`, `guardrail_tripped`, `history_updated`, `error`, …). All calls with the same agent share
 * one session: listeners and usage are kept, the history starts over with each call.
 */
export interface AgentSession {
  /** The conversation as kept by the SDK, in the item format that `resetHistory()` takes. Not streaming. */
  readonly history: readonly HistoryItem[];
  readonly usage: AgentUsage;
  readonly currentAgent: { readonly name: string };
  on(type: string, listener: (...args: never[]) => void): unknown;
  once(type: string, listener: (...args: never[]) => void): unknown;
  off(type: string, listener: (...args: never[]) => void): unknown;
  /** Hands the call to another agent. */
  updateAgent(agent: never): Promise<unknown>;
}

/** A call, from the click to the hang-up. It can be connected again after it ended, and keeps its transcript. */
export interface Call {
  readonly status: CallStatus;
  readonly conversation: Conversation;
  /** Defined while a call is connecting or live. */
  readonly transport: CallTransport | undefined;
  /** The server's id for the call, once known. */
  readonly callId: string | undefined;
  /** With an `agent`: its session, available from the first call. */
  readonly agentSession: AgentSession | undefined;

  on<K extends keyof CallEvents>(type: K, listener: (detail: CallEvents[K]) => void): () => void;

  /** Call on intent to talk (pointer over, focus). Loads the engine's code; makes no other request and opens nothing. */
  warm(): void;
  /** Call on pointer down. Fetches the key so that it is ready on click. Never opens the microphone. */
  prepare(): void;
  /** Resolves when the session is configured and the microphone is live. Concurrent calls share one promise. */
  connect(options?: ConnectOptions): Promise<void>;
  /** Ends the attempt or the call and keeps the transcript. Resolves when all resources are released. */
  close(reason?: 'user' | 'page' | 'removed'): Promise<void>;
  /** Stops the agent's response: playback stops immediately, then the server is notified. */
  interrupt(): void;
  mute(on: boolean): void;
  /** Sends a text turn. While connected, it interrupts a running response. */
  sendText(text: string): void;
  /**
   * Sends audio supplied by the page, in addition to the microphone's; resolves when the last chunk is sent. With turn detection the
   * server responds automatically; without it, `commit` ends the turn. Concurrent calls are queued. Rejects with
   * `invalid_request` if the input is not such audio or the stream fails, and with `aborted` if the call ends first.
   */
  sendAudio(audio: AudioInput, options?: { commit?: boolean }): Promise<void>;
  /**
   * Shows the model an image (`data:image/…` URL). With `triggerResponse: false`, no response is requested.
   * @throws VoiceAgentError `invalid_request`: not such a URL, not connected, or too large for one message of the connection
   */
  addImage(dataUrl: string, options?: { triggerResponse?: boolean }): void;
  /** Requests a response, after the current one. */
  answer(response?: Readonly<Record<string, unknown>>): void;
  /**
   * Replaces the server's conversation with these items: missing items are sent, extra ones are deleted, and turns with
   * different text are replaced. Speech is sent as its transcript. Tool calls and similar items can be kept or deleted, but not
   * recreated: those that the server does not have are skipped. The transcript is updated. Resolves when everything is sent; rejects with
   * `invalid_request` if not connected or if the items are not valid.
   */
  resetHistory(items: readonly HistoryItem[]): Promise<void>;
  /** Decides a pending approval of a page tool or an MCP server. No effect once it is decided. */
  decide(id: string, approved: boolean): void;
  /** Restarts the time limit of a pending approval. No effect once it is decided. */
  extend(id: string): void;
  /**
   * Reports that the visitor is active without speaking, for example typing, so that the server of a brokered call does not count it as
   * idle. May be called often: it is sent at most every 5 s. `asked`: the visitor confirmed to be there, which is sent immediately.
   */
  reportActivity(asked?: boolean): void;
  /** The pending approvals. */
  readonly approvals: readonly Approval[];
  /** Clears the local transcript; the server keeps its conversation. A turn in progress reappears when it ends. */
  clearTranscript(): void;
  sendEvent(event: RealtimeEvent): void;
  updateSessionConfig(config: Readonly<Record<string, unknown>>): void;
  /** Resumes the agent's voice after the browser blocked it; call it inside a user gesture. */
  resumeSound(): Promise<void>;
  /**
   * Reopens the microphone after it was lost during this call, or another one; call it inside a user gesture, because the browser
   * may prompt. No effect if none was lost. Never rejects: the status has the result.
   */
  retakeMicrophone(): Promise<void>;
  /** Reads the audio levels for a meter; cheap enough for a frame callback. */
  levels(): Levels;
  /** Sets the options for the next connection attempt. A live voice call switches to a new `mediaStream` immediately. */
  configure(options: CallOptions): void;
}

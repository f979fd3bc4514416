/**
 * What the element needs from a call, as an interface, so that the element can be tested without one and the engine is
 * loaded late. `session/voice-session.ts` implements it.
 */
import type { VoiceAgentError } from './errors.js';
import type { Approval, Conversation, Message, ToolCall } from './messages.js';
import type { CallOptions, ConnectOptions, RealtimeEvent } from './options.js';
import type { CallStatus } from './states.js';

/** Moments of a call, by name, with what they carry. */
export interface CallEvents {
  /** A new frozen status. */
  status: CallStatus;
  /** A new frozen conversation, at most once per frame. */
  conversation: Conversation;
  /** A turn is finished (done, interrupted or failed): once per turn. A spoken turn waits for its words until the end of the call. */
  message: Message;
  /** A turn that `message` reported has another text or status now. */
  'message-revised': { readonly message: Message; readonly previous: Message };
  /** New text of a turn that is still streaming. */
  transcript: Message;
  'tool-start': ToolCall;
  /** The microphone was muted (`true`) or opened again, by whomever. */
  mute: boolean;
  'tool-end': { readonly call: ToolCall; readonly output: string; readonly error?: unknown };
  /** A tool may run only when the visitor (or the page) says so. The page may decide at once. */
  'approval-request': { readonly approval: Approval; approve(): void; reject(): void };
  /** The approvals that are open now. */
  approvals: readonly Approval[];
  /** Each raw event of the server, in order of arrival. */
  'server-event': RealtimeEvent;
  /** An error that ends the attempt or the call, or a recoverable one that does not. */
  error: VoiceAgentError;
}

/** The microphone's and the agent's loudness right now, each 0..1. */
export interface Levels {
  readonly input: number;
  readonly output: number;
}

/** A turn of the visitor's: a text, or parts with text and pictures (`data:` addresses). */
export type UserInput =
  | string
  | {
      readonly type: 'message';
      readonly role: 'user';
      readonly content: readonly ({ readonly type: 'input_text'; readonly text: string } | { readonly type: 'input_image'; readonly image: string })[];
    };

/** A function call as the transport tells of it (`function_call`). */
export interface FunctionCall {
  readonly type: 'function_call';
  readonly callId: string;
  readonly name: string;
  readonly arguments: string;
  readonly id?: string;
  readonly previousItemId?: string;
  readonly responseId: string;
}

/** An MCP server's request as the transport tells of it (`mcp_approval_request`). */
export interface McpApprovalRequest {
  readonly itemId: string;
  readonly type: 'mcp_approval_request';
  readonly serverLabel: string;
  readonly name: string;
  readonly arguments: Record<string, unknown>;
  readonly approved?: boolean | null;
}

/**
 * The live transport of a call: the Agents SDK's `OpenAIRealtimeBase` with all of its members, whatever carries the call.
 * What sends throws a `VoiceAgentError` `invalid_request` while it is not connected.
 */
export interface CallTransport {
  readonly status: 'connecting' | 'connected' | 'disconnecting' | 'disconnected';
  /** Whether the visitor is muted: the same as the element's `muted`. `null`: nobody can tell (some transports of pages). */
  readonly muted: boolean | null;
  /** The model that the server named; another one is sent with the next `updateSessionConfig()`. A running session refuses it. */
  currentModel: string;
  /** Notes what tracing was set to when the session was created. Sends nothing. */
  set _tracingConfig(config: unknown);
  /** A transport is made for one call: the promise of its one attempt. Rejects with `invalid_request` after the end. */
  connect(options?: never): Promise<void>;
  /** Ends the call. */
  close(): void;
  emit(type: string, ...args: never[]): boolean;
  on(type: string, listener: (...args: never[]) => void): unknown;
  once(type: string, listener: (...args: never[]) => void): unknown;
  off(type: string, listener: (...args: never[]) => void): unknown;
  /** As the call's own `interrupt()`: silence here at once, then the server is told. */
  interrupt(): void;
  /** Mutes the visitor's microphone, as the call's own `mute()` does. */
  mute(muted: boolean): void;
  addImage(image: string, options?: { triggerResponse?: boolean }): void;
  /** Sends what makes the server's conversation `newHistory` where it was `oldHistory`. */
  resetHistory(oldHistory: readonly HistoryItem[], newHistory: readonly HistoryItem[]): void;
  /** PCM16, mono, 24 kHz; `commit` ends the turn where turn detection is off. */
  sendAudio(audio: ArrayBuffer, options?: { commit?: boolean }): void;
  sendEvent(event: RealtimeEvent): void;
  sendFunctionCallOutput(toolCall: FunctionCall, output: string, startResponse?: boolean): void;
  sendMcpResponse(approvalRequest: McpApprovalRequest, approved: boolean, reason?: string): void;
  /** A turn of the visitor's; its answer comes after the running one: call `interrupt()` first to cut in. */
  sendMessage(message: UserInput, otherEventData: Record<string, unknown>, options?: { triggerResponse?: boolean }): void;
  /** The SDK's settings (camelCase); sends only what is named. */
  updateSessionConfig(config: Readonly<Record<string, unknown>>): void;
}

/** Sound of the page's own instead of the microphone's: PCM16, mono, 24 kHz, little endian; or a stream of such pieces. */
export type AudioInput = Int16Array | ArrayBuffer | ReadableStream<Int16Array | ArrayBuffer | Uint8Array>;

/** An item of the SDK's history (`RealtimeItem`), as far as it can be sent back to a server. */
export interface HistoryItem {
  readonly itemId: string;
  readonly type: string;
  readonly role?: string;
  readonly content?: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

/** Tokens of all answers so far, of one agent's session. */
export interface AgentUsage {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
}

/**
 * The Agents SDK's `RealtimeSession` of an `agent`, described by what pages use most; it is that object, with all of its
 * members and events (`agent_handoff`, `guardrail_tripped`, `history_updated`, `error`, …). One for all calls with the same
 * agent: listeners and usage stay, the history begins anew with each call.
 */
export interface AgentSession {
  /** The conversation as the SDK keeps it; items as `resetHistory()` takes them. Not streaming. */
  readonly history: readonly HistoryItem[];
  readonly usage: AgentUsage;
  readonly currentAgent: { readonly name: string };
  on(type: string, listener: (...args: never[]) => void): unknown;
  once(type: string, listener: (...args: never[]) => void): unknown;
  off(type: string, listener: (...args: never[]) => void): unknown;
  /** Hands the call to another agent. */
  updateAgent(agent: never): Promise<unknown>;
}

/** One call from click to hang-up; can be connected again after its end and keeps its transcript. */
export interface Call {
  readonly status: CallStatus;
  readonly conversation: Conversation;
  /** Present while a call is being made or live. */
  readonly transport: CallTransport | undefined;
  /** The server's id of the call, once known. */
  readonly callId: string | undefined;
  /** With an `agent`: its session, from the first call on. */
  readonly agentSession: AgentSession | undefined;

  on<K extends keyof CallEvents>(type: K, listener: (detail: CallEvents[K]) => void): () => void;

  /** Intent to talk (pointer over, focus): loads the engine's code. Opens and requests nothing else. */
  warm(): void;
  /** The press before the click: fetches the key, so that the click finds it. Never opens the microphone. */
  prepare(): void;
  /** Resolves when the session is configured and the microphone live. Concurrent calls share one promise. */
  connect(options?: ConnectOptions): Promise<void>;
  /** Ends the attempt or the call; the transcript stays. Resolves when everything is released. */
  close(reason?: 'user' | 'page' | 'removed'): Promise<void>;
  /** Stops the answer: silence here at once, then the server is told. */
  interrupt(): void;
  mute(on: boolean): void;
  /** Says something by text. Connected: a turn of the conversation; it interrupts a running answer. */
  sendText(text: string): void;
  /**
   * Sends sound of the page's own, besides the microphone's; resolves when the last piece is sent. With turn detection the
   * server answers by itself, without it `commit` ends the turn. One after the other when called several times. Rejects with
   * `invalid_request` for anything that is no such sound, or a stream that fails; with `aborted` when the call ends before.
   */
  sendAudio(audio: AudioInput, options?: { commit?: boolean }): Promise<void>;
  /**
   * Shows the model an image (`data:image/…` address); `triggerResponse: false` waits with the answer.
   * @throws VoiceAgentError `invalid_request`: no such address, not connected, or larger than the connection takes at once
   */
  addImage(dataUrl: string, options?: { triggerResponse?: boolean }): void;
  /** Asks for an answer now: after the running one. */
  answer(response?: Readonly<Record<string, unknown>>): void;
  /**
   * Makes the server's conversation these items: what is missing is sent, what is too much is deleted, a turn whose text
   * differs is replaced. Speech goes as its transcript. Tool calls and their likes can stay or go, but not be made anew:
   * where the server does not have them they are left out. The transcript follows. Resolves when it is sent; rejects with
   * `invalid_request`: not connected, or no such items.
   */
  resetHistory(items: readonly HistoryItem[]): Promise<void>;
  /** Decides an open approval, the visitor's or an MCP server's. Without effect once it is decided. */
  decide(id: string, approved: boolean): void;
  /** Gives an open approval its whole time again. Without effect once it is decided. */
  extend(id: string): void;
  /**
   * Reports that the visitor is active without speaking, for example types. The server of a brokered call then does not count it as silence. May be
   * called often: it is sent at most every 5 s. `asked`: the visitor said to be there, which is sent at once.
   */
  reportActivity(asked?: boolean): void;
  /** The approvals that are open now. */
  readonly approvals: readonly Approval[];
  /** Forgets the transcript, here only: the server keeps its conversation. A turn that is under way comes back with its end. */
  clearTranscript(): void;
  sendEvent(event: RealtimeEvent): void;
  updateSessionConfig(config: Readonly<Record<string, unknown>>): void;
  /** Plays the agent's voice after the browser refused to; call it inside a user gesture. */
  resumeSound(): Promise<void>;
  /**
   * Takes the microphone again after it was lost in this call, or another one; call it inside a user gesture, because the browser
   * may ask. Without effect while none is lost. Never rejects: the status says what came of it.
   */
  retakeMicrophone(): Promise<void>;
  /** Reads the loudness for a meter; cheap, meant for a frame callback. */
  levels(): Levels;
  /** Settings for the next connection attempt. A live call by voice takes its sound from a new `mediaStream` at once. */
  configure(options: CallOptions): void;
}

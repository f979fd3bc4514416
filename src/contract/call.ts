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
  /** A turn is finished (done, interrupted or failed): once per turn. */
  message: Message;
  /** New text of a turn that is still streaming. */
  transcript: Message;
  'tool-start': ToolCall;
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

/** The live transport of a call: the Agents SDK's `RealtimeTransportLayer`, described by what pages use. */
export interface CallTransport {
  readonly status: 'connecting' | 'connected' | 'disconnecting' | 'disconnected';
  readonly muted: boolean | null;
  sendEvent(event: RealtimeEvent): void;
  interrupt(): void;
  /** Mutes the visitor's microphone, as the call's own `mute()` does. */
  mute(muted: boolean): void;
  close(): void;
  /** PCM16, mono, 24 kHz; `commit` ends the turn where turn detection is off. */
  sendAudio(audio: ArrayBuffer, options?: { commit?: boolean }): void;
  on(type: string, listener: (...args: never[]) => void): unknown;
  once(type: string, listener: (...args: never[]) => void): unknown;
  off(type: string, listener: (...args: never[]) => void): unknown;
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

/** One call from click to hang-up; can be connected again after its end and keeps its transcript. */
export interface Call {
  readonly status: CallStatus;
  readonly conversation: Conversation;
  /** Present while a call is being made or live. */
  readonly transport: CallTransport | undefined;
  /** The server's id of the call, once known. */
  readonly callId: string | undefined;

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
   * Sends sound of the page's own; resolves when the last piece is sent. With turn detection the server answers by itself,
   * without it `commit` ends the turn.
   */
  sendAudio(audio: AudioInput, options?: { commit?: boolean }): Promise<void>;
  /** Shows the model an image (`data:` address); `triggerResponse: false` waits with the answer. */
  addImage(dataUrl: string, options?: { triggerResponse?: boolean }): void;
  /** Asks for an answer now: after the running one. */
  answer(response?: Readonly<Record<string, unknown>>): void;
  /** Makes the server's conversation these items: what is missing is sent, what is too much is deleted. */
  resetHistory(items: readonly HistoryItem[]): void;
  /** Decides an open approval, the visitor's or an MCP server's. Without effect once it is decided. */
  decide(id: string, approved: boolean): void;
  /** The approvals that are open now. */
  readonly approvals: readonly Approval[];
  sendEvent(event: RealtimeEvent): void;
  updateSessionConfig(config: Readonly<Record<string, unknown>>): void;
  /** Plays the agent's voice after the browser refused to; call it inside a user gesture. */
  resumeSound(): Promise<void>;
  /** Reads the loudness for a meter; cheap, meant for a frame callback. */
  levels(): Levels;
  /** Settings for the next connection attempt. */
  configure(options: CallOptions): void;
}

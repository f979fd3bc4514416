/**
 * The interface between a call and its transport. `webrtc/` and `websocket/` implement it with the Agents SDK, `custom/` for a
 * page's own transport; tests use scripted implementations.
 */
import type { AgentSession, CallTransport } from '../contract/call.js';
import type { CallBus } from '../contract/call-bus.js';
import type { Dialect } from '../contract/dialect.js';
import type { ApprovalQuestion } from '../contract/messages.js';
import type { CallOptions } from '../contract/options.js';
import type { OpenPcmAudio } from '../contract/pcm-audio.js';

/** The server's answer to an offer. */
export interface Answer {
  readonly sdp: string;
  /** The server's id of the call, if it sent one. */
  readonly callId: string | undefined;
}

/** The URL and subprotocols of a WebSocket. */
export interface SocketAddress {
  readonly url: URL;
  /** Subprotocols to offer, including the key's; empty for none. */
  readonly protocols: readonly string[];
}

/** Timers, so that tests control the time. */
export interface Timers {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Options of one call's transport. */
export interface TransportOptions {
  /** The protocol's session object, sent once the channel is open; exactly these fields. Not read before `connect()`. */
  readonly session: Readonly<Record<string, unknown>>;
  /** The call's options, of which only some transports need more (a page's own transport, an agent). */
  readonly call: CallOptions;
  /** True for a text-only call: the offer receives the agent's voice and sends no audio. */
  readonly receiveOnly: boolean;
  readonly timers: Timers;
  /**
   * Receives what happens on the connection: `server-event`, `local-event`, `sent`, `track`, `phase` (`configuring`), `awaited`,
   * `refused`, `stalled`, `disconnected`, and `mute` and `interrupt` by the page. Nothing is emitted after `release()`.
   */
  readonly bus: Pick<CallBus, 'emit'>;
  /** The server's dialect; `undefined`: GA. */
  readonly dialect: Dialect | undefined;
  /** WebRTC: sends the offer to the server; rejects with a `VoiceAgentError`. Called once, before any network traffic. */
  exchange(offer: string): Promise<Answer>;
  /** WebSocket: resolves with the address once the key is available; rejects with a `VoiceAgentError`. Called once. */
  socketAddress(): Promise<SocketAddress>;
  /** A page's own transport: the key, `''` if the page sets no source of keys. Called once. */
  key(): Promise<string>;
  /** A page's own transport: the URL to connect to, if the page sets `base-url`. */
  readonly url: string | undefined;
  /** WebSocket: opens the call's audio. */
  readonly openAudio: OpenPcmAudio;
  /** Whether the visitor is muted; the call owns this state. */
  isMuted(): boolean;
}

/** One call's connection to the server. Serves one call and is not reused. */
export interface Transport extends CallTransport {
  readonly callId: string | undefined;
  /** True once the data channel was open; from then on the server notices when the connection closes. */
  readonly reached: boolean;
  /** Number of messages that were dropped because they were not JSON events or too large. */
  readonly dropped: number;
  /** Resolves when the server has confirmed the session settings; rejects with a `VoiceAgentError`. */
  connect(): Promise<void>;
  /** Sends this track to the server; `null` sends none. */
  useMicrophone(track: MediaStreamTrack | null): Promise<void>;
  /** Requests an answer after the running one; waiting requests are merged, a refused one is retried. */
  requestResponse(response?: Readonly<Record<string, unknown>>): void;
  /** Cuts the answer at the server. If omitted, the call sends the events of the WebRTC protocol. */
  stopAnswer?(): void;
  /** Resolves when the send buffer is nearly empty, or the connection is closed. If omitted, there is no back-pressure. */
  drained?(): Promise<void>;
  /** Only if the transport plays and captures audio itself: false while the browser does not run it. */
  readonly soundRuns?: boolean;
  /** Only if the transport plays audio itself: resumes audio that the browser blocked; call it inside a user gesture. */
  resumeSound?(): void;
  /** Only if the transport has its own microphone: mutes it. Called by the call's `mute()`, never by the page. */
  muteInput?(muted: boolean): void;
  /** Ends the attempt (`connect()` then rejects with `aborted`) or the call, silently and at once. */
  release(): void;
}

/** The exports of a transport chunk. */
export interface TransportModule {
  createTransport(options: TransportOptions): Transport;
}

/** Options of the agent of one call. */
export interface AgentSetup {
  readonly call: CallOptions;
  readonly transport: Transport;
  /** The page's session object in the protocol's form; the agent's own settings override it. */
  readonly session: Readonly<Record<string, unknown>>;
  /**
   * Receives what the agent does: `tool-start`, `tool-step`, `tool-end` (without `tool-start` if the tool was denied or could not be
   * run), `awaited`, `approval-decided`, `interrupt`, `error`. Nothing is emitted after `release()`.
   */
  readonly bus: Pick<CallBus, 'emit'>;
  /** The call continues after an earlier connection broke, with the agent that was active. */
  readonly resumes: boolean;
  /** Connects the transport with this session object. */
  open(session: Readonly<Record<string, unknown>>): Promise<void>;
  /** Asks whether a tool may run; resolves with the decision, stays pending if the call ends first. */
  approve(question: ApprovalQuestion): Promise<boolean>;
  /** Returns the id for an item that is sent as the visitor and must not be shown. */
  hideItem(): string;
}

/** An agent's session across calls. */
export interface AgentRun {
  readonly session: AgentSession;
  /** Resolves like the transport's `connect()`; rejects with a `VoiceAgentError`, also for an agent that cannot be used. */
  connect(): Promise<void>;
  /** Whether the agent runs functions with this name. */
  owns(name: string): boolean;
  /** Ends the session of this call. */
  release(): void;
}

/** The exports of the agent's chunk. */
export interface AgentModule {
  /** The run for this call; continues `before`, the previous call's run, if it has the same agent. */
  startAgent(setup: AgentSetup, before: AgentRun | undefined): AgentRun;
}

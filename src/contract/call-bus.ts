/**
 * The events inside one call, from the click to its end. Each part of a call (transport, agent, tools, audio, connection) emits what
 * happened to it, and the owner of each reaction listens.
 *
 * Events are delivered synchronously, in the order in which the listeners were added. Not part of the public interface: pages
 * receive `CallEvents`.
 */
import type { CallEvents } from './call.js';
import type { VoiceAgentError } from './errors.js';
import { EventHub } from './event-hub.js';
import type { ToolCall } from './messages.js';
import type { CallEnding, ConnectPhase, EndReason } from './states.js';
import type { StatusEvent } from './status-event.js';
import type { RealtimeEvent } from './realtime-event.js';

/** How a live call ended: broken, hung up by the server (at a limit of a brokered call), or closed by the page through the transport. */
export type CallEnd = VoiceAgentError | Extract<EndReason, 'server' | 'page' | 'idle' | 'duration' | 'budget'>;

/** The events of a `CallBus`, by name, with their payloads. */
export interface CallBusEvents {
  /** Transport: a valid server event in GA terms; each once, in order. */
  'server-event': RealtimeEvent;
  /**
   * Transport: an event in GA terms that it generated itself, because it plays the audio (`output_audio_buffer.*`) or because a page's
   * own transport failed (`error`). Handled like a server event, but pages do not receive it.
   */
  'local-event': RealtimeEvent;
  /** Transport: a GA event was sent, by the call, the page or the SDK. */
  sent: RealtimeEvent;
  /** Transport: the track with the agent's voice. */
  track: MediaStreamTrack;
  /** Transport: packets stopped (`true`) or resumed (`false`) on a live call. */
  stalled: boolean;
  /** Transport: its live connection ended without `release()`. A brokered call may know a better reason; see `end`. */
  disconnected: CallEnd;
  /** The call, or the attempt, ended without `close()` or `release()`. */
  end: CallEnd;
  /** A response was requested (`true`), or will not follow (`false`). */
  awaited: boolean;
  /** Transport: the server refused a request for a response twice, and it is not sent again. The payload is the second refusal. */
  refused: RealtimeEvent;
  /** The attempt to connect entered this phase. */
  phase: ConnectPhase;
  /** The browser opened a permission prompt (`true`), which may stay open for any time, or the visitor answered it (`false`). */
  prompt: boolean;
  /** The server of a brokered call announced the end of the call, or retracted it (`null`). */
  ending: CallEnding | null;
  /** The visitor is active without speaking. `true`: the visitor confirmed it, so it is reported to the server immediately. */
  'visitor-active': boolean;
  /** The page muted or unmuted the microphone through the transport. */
  mute: boolean;
  /** The page, or a guardrail of an agent, interrupts the answer through the transport. */
  interrupt: undefined;
  /** A function starts to run. */
  'tool-start': ToolCall;
  /** The status of the function call with this `callId` changed. */
  'tool-step': { readonly callId: string; readonly status: Exclude<ToolCall['status'], 'streaming'> };
  /** A function call ended. Also emitted without `tool-start`, if the call was denied or could not run. `error`: the reason for a missing result. */
  'tool-end': { readonly call: ToolCall; readonly output: string; readonly error: unknown };
  /** A new approval. A listener may decide it immediately; `approvals` is not emitted for it then. */
  'approval-request': CallEvents['approval-request'];
  /** The pending approvals, oldest first, after each change. */
  approvals: CallEvents['approvals'];
  /** An agent's approval was decided outside the call, through the SDK's own API. */
  'approval-decided': { readonly id: string; readonly approved: boolean };
  /** An error that does not end the call. */
  error: VoiceAgentError;
  /** The status of the call changes. */
  change: StatusEvent;
}

/** The bus of one call; see the head of the file. */
export class CallBus extends EventHub<CallBusEvents> {
  #released = false;

  override on<K extends keyof CallBusEvents>(type: K, listener: (detail: CallBusEvents[K]) => void): () => void {
    return super.on(type, (detail) => this.#released || listener(detail));
  }

  /** Ends delivery, also to the remaining listeners of an event that is being delivered. */
  release(): void {
    this.#released = true;
  }
}

/** The events that `<voice-agent>` dispatches, typed for `addEventListener`. All bubble and are composed. */
import type { VoiceAgentError } from './errors.js';
import type { Approval, Message, ToolCall } from './messages.js';
import type { CallOptions, RealtimeEvent } from './options.js';
import type { Activity, CallEnding, CallState, EndReason } from './states.js';

/** How sure the transcriber was of one token. */
export interface LogProbability {
  readonly token: string;
  /** Natural logarithm of the probability: 0 is certain. */
  readonly logprob: number;
  /** The token's UTF-8 bytes, which need not be whole characters. */
  readonly bytes: readonly number[];
}

/** What one speaker said without a break. */
export interface TranscriptSegment {
  /** The transcriber's name for the voice, for example `A`. */
  readonly speaker: string;
  /** Seconds of the turn's sound. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What a transcriber tells of a spoken turn besides its text. */
export interface TranscriptionDetails {
  /**
   * Of the text so far; `null` unless the session asks for them:
   * `sessionConfig = { include: ['item.input_audio_transcription.logprobs'] }`.
   */
  readonly logprobs: readonly LogProbability[] | null;
  /** Who said what, by transcribers that tell voices apart (`…-diarize`); `null` by others. */
  readonly segments: readonly TranscriptSegment[] | null;
}

/** What each event's `detail` holds. */
export interface VoiceAgentEventDetails {
  /** Cancelable, before anything is requested. `config` may be changed; `waitUntil` delays the call for a promise. */
  'voice-agent-before-connect': { config: CallOptions; waitUntil(promise: Promise<unknown>): void };
  /** `reason`, with `disconnected`: why the call ended. */
  'voice-agent-state-change': { readonly state: CallState; readonly previous: CallState; readonly reason?: EndReason };
  /** The property `open` changed after the first rendering; visitors and scripts can change it. */
  'voice-agent-open-change': { readonly open: boolean };
  /** The property `muted` changed after the first rendering; visitors and scripts can change it. */
  'voice-agent-mute-change': { readonly muted: boolean };
  /** The server of a brokered call announced its end, or (`null`) took that back. */
  'voice-agent-ending': { readonly ending: CallEnding | null };
  'voice-agent-activity-change': { readonly activity: Activity; readonly previous: Activity | undefined };
  /** Streaming text of a turn that is not finished. */
  'voice-agent-transcript': { readonly message: Message } & TranscriptionDetails;
  /** A finished turn, once. A spoken turn waits for its words, and comes without any only when the call ends. */
  'voice-agent-message': { readonly message: Message } & TranscriptionDetails;
  /**
   * A turn that `voice-agent-message` reported has another text or status now: its transcript was corrected or came in pieces, or
   * an answer was cut to what was heard. `previous` is the message as it was reported before.
   */
  'voice-agent-message-revised': { readonly message: Message; readonly previous: Message } & TranscriptionDetails;
  'voice-agent-tool-start': { readonly call: ToolCall };
  'voice-agent-tool-end': { readonly call: ToolCall; readonly output: string; readonly error?: unknown };
  /**
   * A tool wants to run that needs a yes. The panel asks the visitor. A page that decides itself calls one of the functions: at
   * once, or later after `preventDefault()`, which keeps the panel from asking. Silence counts as no.
   */
  'voice-agent-approval-request': { readonly approval: Approval; approve(): void; reject(): void };
  /** Each raw event of the server. */
  'voice-agent-server-event': { readonly event: RealtimeEvent };
  'voice-agent-error': { readonly error: VoiceAgentError };
}

/** Names of the events that `<voice-agent>` dispatches. */
export type VoiceAgentEventName = keyof VoiceAgentEventDetails;

/** One of the element's events. */
export class VoiceAgentEvent<K extends VoiceAgentEventName> extends CustomEvent<VoiceAgentEventDetails[K]> {
  constructor(type: K, detail: VoiceAgentEventDetails[K], cancelable = false) {
    super(type, { detail, cancelable, bubbles: true, composed: true });
  }
}

/** What the views ask of their host: these bubble inside the shadow tree and do not compose. */
export interface RequestDetails {
  /** Start (or retry) the call; `microphone: false` asks for text alone. */
  'voice-agent-connect-request': { readonly microphone?: boolean };
  'voice-agent-close-request': undefined;
  'voice-agent-mute-request': { readonly muted: boolean };
  'voice-agent-interrupt-request': undefined;
  'voice-agent-send-request': { readonly text: string };
  /** Show or hide the panel. */
  'voice-agent-open-request': { readonly open: boolean };
  /** The visitor's answer to an approval. */
  'voice-agent-decide-request': { readonly id: string; readonly approved: boolean };
  /** The visitor is still there: the call should not end for silence. */
  'voice-agent-stay-request': undefined;
  /** More time for the answer to an approval. */
  'voice-agent-extend-request': { readonly id: string };
  /** Forget what was written so far. */
  'voice-agent-clear-request': undefined;
  /** Announce new turns to assistive technology, also while the visitor hears them. */
  'voice-agent-announce-request': { readonly announce: boolean };
  /** Play the agent's voice after the browser refused. */
  'voice-agent-sound-request': undefined;
  /** Take the microphone that was lost, or another one. */
  'voice-agent-microphone-request': undefined;
}

/** Names of the views' requests. */
export type RequestName = keyof RequestDetails;

/** A view's wish; dispatch it on the view itself. */
export class RequestEvent<K extends RequestName> extends CustomEvent<RequestDetails[K]> {
  constructor(type: K, ...[detail]: undefined extends RequestDetails[K] ? [] : [RequestDetails[K]]) {
    super(type, { detail: detail as RequestDetails[K], bubbles: true, composed: false });
  }
}

declare global {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merges one entry per event
  interface HTMLElementEventMap extends ElementEvents {}
}
type ElementEvents = { [K in VoiceAgentEventName]: VoiceAgentEvent<K> } & { [K in RequestName]: RequestEvent<K> };

/** The events that `<voice-agent>` dispatches, typed for `addEventListener`. All bubble and are composed. */
import type { VoiceAgentError } from './errors.js';
import type { Approval, Message, ToolCall } from './messages.js';
import type { CallOptions, RealtimeEvent } from './options.js';
import type { Activity, CallEnding, CallState, EndReason } from './states.js';

/** The transcriber's confidence in one token. */
export interface LogProbability {
  readonly token: string;
  /** Natural logarithm of the probability: 0 is certain. */
  readonly logprob: number;
  /** The token's UTF-8 bytes, which need not be whole characters. */
  readonly bytes: readonly number[];
}

/** An uninterrupted segment of one speaker. */
export interface TranscriptSegment {
  /** The transcriber's name for the voice, for example `A`. */
  readonly speaker: string;
  /** Seconds from the beginning of the turn's audio. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Details of a spoken turn that a transcriber reports in addition to the text. */
export interface TranscriptionDetails {
  /**
   * For the text so far; `null` unless the session requests them:
   * `sessionConfig = { include: ['item.input_audio_transcription.logprobs'] }`.
   */
  readonly logprobs: readonly LogProbability[] | null;
  /** Segments by speaker, from diarizing transcribers (`…-diarize`); otherwise `null`. */
  readonly segments: readonly TranscriptSegment[] | null;
}

/** The `detail` type of each event. */
export interface VoiceAgentEventDetails {
  /** Cancelable; fired before any request is made. `config` may be changed; `waitUntil` delays the call until a promise settles. */
  'voice-agent-before-connect': { config: CallOptions; waitUntil(promise: Promise<unknown>): void };
  /** `reason`: why the call ended, if `state` is `disconnected`. */
  'voice-agent-state-change': { readonly state: CallState; readonly previous: CallState; readonly reason?: EndReason };
  /** The property `open` changed after the first rendering; visitors and scripts can change it. */
  'voice-agent-open-change': { readonly open: boolean };
  /** The property `muted` changed after the first rendering; visitors and scripts can change it. */
  'voice-agent-mute-change': { readonly muted: boolean };
  /** The server of a brokered call announced the end of the call, or (`null`) withdrew the announcement. */
  'voice-agent-ending': { readonly ending: CallEnding | null };
  'voice-agent-activity-change': { readonly activity: Activity; readonly previous: Activity | undefined };
  /** Streaming text of an unfinished turn. */
  'voice-agent-transcript': { readonly message: Message } & TranscriptionDetails;
  /** A finished turn; fired once per turn. A spoken turn waits for its transcript; it is reported without one only if the call ends first. */
  'voice-agent-message': { readonly message: Message } & TranscriptionDetails;
  /**
   * The text or status of a turn that `voice-agent-message` already reported has changed: its transcript was corrected or arrived in
   * pieces, or an answer was truncated to what was heard. `previous` is the message as last reported.
   */
  'voice-agent-message-revised': { readonly message: Message; readonly previous: Message } & TranscriptionDetails;
  'voice-agent-tool-start': { readonly call: ToolCall };
  'voice-agent-tool-end': { readonly call: ToolCall; readonly output: string; readonly error?: unknown };
  /**
   * A tool call needs approval. The panel asks the visitor. To decide in the page instead, call one of the functions: immediately,
   * or later after `preventDefault()`, which keeps the panel from asking. Without a decision in time, the call is denied.
   */
  'voice-agent-approval-request': { readonly approval: Approval; approve(): void; reject(): void };
  /** Each raw server event. */
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

/** Requests of the views to their host. They bubble inside the shadow tree and are not composed. */
export interface RequestDetails {
  /** Start or retry the call; `microphone: false` starts a text-only call. */
  'voice-agent-connect-request': { readonly microphone?: boolean };
  'voice-agent-close-request': undefined;
  'voice-agent-mute-request': { readonly muted: boolean };
  'voice-agent-interrupt-request': undefined;
  'voice-agent-send-request': { readonly text: string };
  /** Show or hide the panel. */
  'voice-agent-open-request': { readonly open: boolean };
  /** The visitor's decision on an approval. */
  'voice-agent-decide-request': { readonly id: string; readonly approved: boolean };
  /** The visitor is still there: the call should not end for inactivity. */
  'voice-agent-stay-request': undefined;
  /** More time to decide on an approval. */
  'voice-agent-extend-request': { readonly id: string };
  /** Clear the transcript. */
  'voice-agent-clear-request': undefined;
  /** Announce new turns to assistive technology, even while the visitor hears them. */
  'voice-agent-announce-request': { readonly announce: boolean };
  /** Play the agent's voice after the browser blocked it. */
  'voice-agent-sound-request': undefined;
  /** Reopen the lost microphone, or another one. */
  'voice-agent-microphone-request': undefined;
}

/** Names of the views' requests. */
export type RequestName = keyof RequestDetails;

/** A request of a view; dispatch it on the view itself. */
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

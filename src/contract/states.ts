/**
 * The states of a call. Types only: the transition rules live in
 * `session/transition.ts`, the presentation in `views/`.
 */
import type { VoiceAgentError } from './errors.js';

/** The lifecycle of a call, as seen by the page. */
export type CallState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'disconnecting' | 'disconnected' | 'failed';

/** Who has the turn while the call is connected. */
export type Activity = 'listening' | 'user-speaking' | 'thinking' | 'speaking';

/** What a connection attempt is currently waiting for. */
export type ConnectPhase =
  /** An ephemeral key is requested from the endpoint. */
  | 'authorizing'
  /** The visitor has to answer the browser's microphone prompt. */
  | 'microphone'
  /** The offer is sent, ICE and DTLS run, the channel opens. */
  | 'negotiating'
  /** The channel is open; the server has not confirmed the session yet. */
  | 'configuring';

/** Why a call ended without an error. The last three are the limits of a brokered call. */
export type EndReason = 'user' | 'page' | 'server' | 'removed' | 'idle' | 'duration' | 'budget';

/** The announced end of a brokered call. The server ends the call unless it withdraws the announcement. */
export interface CallEnding {
  /** The limit that is about to be reached: call duration, inactivity, or usage per call. */
  readonly reason: 'duration' | 'idle' | 'budget';
  /** Whole seconds left at the time of the announcement. */
  readonly seconds: number;
  /** Time of the end (`performance.now()`, in milliseconds). */
  readonly at: number;
}

/** State of the microphone in this call. */
export type MicrophoneState =
  /** No track is open (idle, or not opened yet). */
  | 'off'
  | 'live'
  /** Muted by the visitor or the page. */
  | 'muted'
  /** Muted by a hardware switch, the system, the browser's own controls, or another app; ends without action of the widget. */
  | 'system-muted'
  /** Open, but the browser suspends the page's audio (`soundBlocked`), so nothing is sent. */
  | 'suspended'
  /** The device was disconnected or the permission was revoked. It is reopened when possible. */
  | 'lost'
  /** A text-only call: the microphone was never requested. */
  | 'unavailable';

/** A change of the microphone during a call; present until the visitor speaks again. */
export interface MicrophoneChange {
  /** The browser's name of the lost device; `''` if it has none. */
  readonly lost: string;
  /** Name of the device now in use; absent while there is none. */
  readonly used?: string;
  /** Why no device can be opened without the visitor; absent while the search is in progress. */
  readonly error?: VoiceAgentError;
  /** True if it was the page's own stream (`mediaStream`): only the page can provide another one. */
  readonly given?: boolean;
}

/**
 * The complete state of a call, as one discriminated union; a new frozen object for every change.
 * There is no other state.
 */
export type CallStatus =
  | { readonly state: 'idle' }
  | {
      readonly state: 'connecting';
      readonly phase: ConnectPhase;
      /** True once the phase has taken longer than 2 s, so that the UI can mention it. */
      readonly slow: boolean;
    }
  | {
      readonly state: 'connected';
      readonly activity: Activity;
      readonly microphone: MicrophoneState;
      readonly microphoneChange?: MicrophoneChange | undefined;
      /** The browser plays no audio before a user gesture, or audio was stopped: show "Tap to hear". */
      readonly soundBlocked: boolean;
      /** The visitor interrupted the last answer, and nothing was said since. */
      readonly interrupted: boolean;
      /** Time of connection (`performance.now()`), for the call duration. */
      readonly since: number;
      /** The end that the server announced; `null` if the announcement was withdrawn. */
      readonly ending?: CallEnding | null;
    }
  | { readonly state: 'reconnecting'; readonly attempt: number }
  | { readonly state: 'disconnecting' }
  | {
      readonly state: 'disconnected';
      readonly reason: EndReason;
      /** Duration of the call in milliseconds. */
      readonly duration: number;
    }
  | {
      readonly state: 'failed';
      readonly error: VoiceAgentError;
      /** Earliest time for a retry (`performance.now()`, in milliseconds); absent if immediately. */
      readonly retryAt?: number;
    };

/** A `CallStatus` in one of the given states. */
export type StatusOf<S extends CallState> = Extract<CallStatus, { state: S }>;

/**
 * The words for where a call stands. Data only: the rules by which one state follows another live in
 * `session/transition.ts`, the looks in `views/`.
 */
import type { VoiceAgentError } from './errors.js';

/** The life of a call, as the page sees it. */
export type CallState =
  | 'idle'
  | 'connecting'
  | 'connected'
  | 'reconnecting'
  | 'disconnecting'
  | 'disconnected'
  | 'failed';

/** Who has the turn while the call is connected. */
export type Activity = 'listening' | 'user-speaking' | 'thinking' | 'speaking';

/** What a connection attempt is waiting for right now. */
export type ConnectPhase =
  /** The endpoint is asked for an ephemeral key. */
  | 'authorizing'
  /** The visitor has to answer the browser's microphone prompt. */
  | 'microphone'
  /** The offer travels, ICE and DTLS run, the channel opens. */
  | 'negotiating'
  /** The channel is open; the server has not confirmed the session yet. */
  | 'configuring';

/** Why a call ended without an error. The last three: the limits of a brokered call. */
export type EndReason = 'user' | 'page' | 'server' | 'removed' | 'idle' | 'duration' | 'budget';

/** What the server of a brokered call announced: it ends the call, unless it takes that back. */
export interface CallEnding {
  /** It took as long as calls may take, nobody speaks, or it has used what one call may use. */
  readonly reason: 'duration' | 'idle' | 'budget';
  /** Whole seconds that were left when it was announced. */
  readonly seconds: number;
  /** `performance.now()` milliseconds of the end. */
  readonly at: number;
}

/** What the microphone does for this call. */
export type MicrophoneState =
  /** No track is open (idle, or not there yet). */
  | 'off'
  | 'live'
  /** By the visitor or the page. */
  | 'muted'
  /** By a switch of the device, the system, the browser's own controls, or another app; ends by itself. */
  | 'system-muted'
  /** Open, but the browser does not run the sound of the page (`soundBlocked`), so that nothing of it is sent. */
  | 'suspended'
  /** The device went away or the permission was taken back. It is taken again when that is possible. */
  | 'lost'
  /** The visitor goes on by text alone: never asked for. */
  | 'unavailable';

/** What became of the microphone in a call that goes on; there until the visitor speaks again. */
export interface MicrophoneChange {
  /** Name of the device that went, as the browser gives it; `''` where it gives none. */
  readonly lost: string;
  /** Name of the device that is used now; absent while there is none. */
  readonly used?: string;
  /** Why none can be taken without the visitor; absent while one is looked for. */
  readonly error?: VoiceAgentError;
  /** It was the page's own stream (`mediaStream`): only the page can bring another one. */
  readonly given?: boolean;
}

/**
 * Everything the widget needs to know about the call, as one discriminated union; a new frozen object for every change.
 * There are no flags beside it.
 */
export type CallStatus =
  | { readonly state: 'idle' }
  | {
      readonly state: 'connecting';
      readonly phase: ConnectPhase;
      /** True once the phase has taken longer than 2 s, so that the words can say so. */
      readonly slow: boolean;
    }
  | {
      readonly state: 'connected';
      readonly activity: Activity;
      readonly microphone: MicrophoneState;
      readonly microphoneChange?: MicrophoneChange | undefined;
      /** The browser does not play sound before a gesture, or something stopped it: "Tap to hear". */
      readonly soundBlocked: boolean;
      /** The last answer was cut by the visitor and nobody has spoken since. */
      readonly interrupted: boolean;
      /** `performance.now()` at the moment of connection, for the duration. */
      readonly since: number;
      /** The end that the server announced; `null`: it was announced, and taken back. */
      readonly ending?: CallEnding | null;
    }
  | { readonly state: 'reconnecting'; readonly attempt: number }
  | { readonly state: 'disconnecting' }
  | {
      readonly state: 'disconnected';
      readonly reason: EndReason;
      /** Length of the call in milliseconds. */
      readonly duration: number;
    }
  | {
      readonly state: 'failed';
      readonly error: VoiceAgentError;
      /** When a retry is worth it again, `performance.now()` milliseconds; absent: at once. */
      readonly retryAt?: number;
    };

/** A `CallStatus` in one of the given states. */
export type StatusOf<S extends CallState> = Extract<CallStatus, { state: S }>;

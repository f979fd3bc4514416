/**
 * The rules by which one state of a call follows another: one pure function, no flags beside the status.
 */
import type { VoiceAgentError } from '../contract/errors.js';
import type { Activity, CallEnding, CallStatus, ConnectPhase, EndReason, MicrophoneChange, MicrophoneState } from '../contract/states.js';

/** What can happen to a call. */
export type CallEvent =
  /** Somebody wants to talk. */
  | { readonly type: 'connect' }
  | { readonly type: 'phase'; readonly phase: ConnectPhase }
  /** The phase takes long. */
  | { readonly type: 'slow' }
  /** The session is confirmed and the microphone live; also: a stalled connection came back. */
  | {
      readonly type: 'connected';
      readonly activity: Activity;
      readonly microphone: MicrophoneState;
      readonly soundBlocked: boolean;
      readonly since: number;
      /** What the server has announced meanwhile. */
      readonly ending?: CallEnding | null | undefined;
    }
  /** No packets arrive; the connection may come back by itself. */
  | { readonly type: 'stalled'; readonly attempt: number }
  /** The connection broke; this attempt to make a new one begins. */
  | { readonly type: 'redial'; readonly attempt: number }
  | { readonly type: 'activity'; readonly activity: Activity }
  /** The visitor cut the answer. */
  | { readonly type: 'interrupted' }
  /** `change`: absent where nothing happened to the device. */
  | { readonly type: 'microphone'; readonly microphone: MicrophoneState; readonly change?: MicrophoneChange | undefined }
  | { readonly type: 'sound'; readonly blocked: boolean }
  /** The server announced the end, or took that back. */
  | { readonly type: 'ending'; readonly ending: CallEnding | null }
  /** Somebody wants the end. */
  | { readonly type: 'close' }
  | { readonly type: 'ended'; readonly reason: EndReason; readonly duration: number }
  | { readonly type: 'failed'; readonly error: VoiceAgentError; readonly retryAt: number | undefined };

/**
 * The status after an event; frozen. The same object when the event changes nothing or does not belong to the state,
 * such as news of a call that is over.
 */
export function transition(status: CallStatus, event: CallEvent): CallStatus {
  const next = follow(status, event);
  return next === status ? status : Object.freeze(next);
}

function follow(status: CallStatus, event: CallEvent): CallStatus {
  const open = status.state === 'connecting' || status.state === 'connected' || status.state === 'reconnecting';
  switch (event.type) {
    case 'connect':
      return open ? status : { state: 'connecting', phase: 'authorizing', slow: false };
    case 'close':
      return open ? { state: 'disconnecting' } : status;
    case 'ended':
      return open || status.state === 'disconnecting'
        ? { state: 'disconnected', reason: event.reason, duration: event.duration }
        : status;
    case 'failed':
      if (!open) return status;
      return { state: 'failed', error: event.error, ...(event.retryAt === undefined ? {} : { retryAt: event.retryAt }) };
    case 'connected': {
      if (status.state !== 'connecting' && status.state !== 'reconnecting') return status;
      const { activity, microphone, soundBlocked, since, ending } = event;
      return { state: 'connected', activity, microphone, soundBlocked, interrupted: false, since, ...(ending === undefined ? {} : { ending }) };
    }
    case 'redial':
      return status.state === 'connected' || status.state === 'reconnecting' ? { state: 'reconnecting', attempt: event.attempt } : status;
    case 'phase':
    case 'slow':
      return status.state === 'connecting' ? connecting(status, event) : status;
    default:
      return status.state === 'connected' ? connected(status, event) : status;
  }
}

type Connecting = Extract<CallStatus, { state: 'connecting' }>;
type Connected = Extract<CallStatus, { state: 'connected' }>;

function connecting(status: Connecting, event: Extract<CallEvent, { type: 'phase' | 'slow' }>): CallStatus {
  if (event.type === 'slow') return status.slow ? status : { ...status, slow: true };
  return event.phase === status.phase ? status : { ...status, phase: event.phase, slow: false };
}

function connected(
  status: Connected,
  event: Extract<CallEvent, { type: 'stalled' | 'activity' | 'interrupted' | 'microphone' | 'sound' | 'ending' }>,
): CallStatus {
  switch (event.type) {
    case 'stalled':
      return { state: 'reconnecting', attempt: event.attempt };
    case 'interrupted':
      return status.interrupted ? status : { ...status, interrupted: true };
    case 'microphone':
      if (!event.change) return status.microphone === event.microphone ? status : { ...status, microphone: event.microphone };
      return { ...status, microphone: event.microphone, microphoneChange: event.change };
    case 'sound':
      return status.soundBlocked === event.blocked ? status : { ...status, soundBlocked: event.blocked };
    case 'ending':
      return { ...status, ending: event.ending };
    case 'activity': {
      if (status.activity === event.activity) return status;
      // Falling silent is what an interruption does; anybody's next word ends it.
      const interrupted = status.interrupted && event.activity === 'listening';
      // Recognised speech proves that the microphone works.
      const known = event.activity === 'user-speaking' && status.microphoneChange?.used !== undefined;
      return { ...status, activity: event.activity, interrupted, ...(known && { microphoneChange: undefined }) };
    }
  }
}

/**
 * The state machine of a call: one pure function, no flags besides the status.
 */
import type { CallStatus } from '../contract/states.js';
import type { StatusEvent } from '../contract/status-event.js';

/**
 * The status after an event; frozen. The same object if the event changes nothing or does not apply to the state, such as an
 * update of an ended call.
 */
export function transition(status: CallStatus, event: StatusEvent): CallStatus {
  const next = follow(status, event);
  return next === status ? status : Object.freeze(next);
}

function follow(status: CallStatus, event: StatusEvent): CallStatus {
  const open = status.state === 'connecting' || status.state === 'connected' || status.state === 'reconnecting';
  switch (event.type) {
    case 'connect':
      return open ? status : { state: 'connecting', phase: 'authorizing', slow: false };
    case 'close':
      return open ? { state: 'disconnecting' } : status;
    case 'ended':
      return open || status.state === 'disconnecting' ? { state: 'disconnected', reason: event.reason, duration: event.duration } : status;
    case 'failed':
      if (!open) return status;
      return { state: 'failed', error: event.error, ...(event.retryAt === undefined ? {} : { retryAt: event.retryAt }) };
    case 'connected': {
      if (status.state !== 'connecting' && status.state !== 'reconnecting') return status;
      const { activity, microphone, soundBlocked, since, ending } = event;
      return {
        state: 'connected',
        activity,
        microphone,
        soundBlocked,
        interrupted: false,
        since,
        ...(ending === undefined ? {} : { ending }),
      };
    }
    case 'reconnect':
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

function connecting(status: Connecting, event: Extract<StatusEvent, { type: 'phase' | 'slow' }>): CallStatus {
  if (event.type === 'slow') return status.slow ? status : { ...status, slow: true };
  return event.phase === status.phase ? status : { ...status, phase: event.phase, slow: false };
}

function connected(
  status: Connected,
  event: Extract<StatusEvent, { type: 'stalled' | 'activity' | 'interrupted' | 'microphone' | 'sound' | 'ending' }>,
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
      // An interruption leads to `listening`; any other activity clears it.
      const interrupted = status.interrupted && event.activity === 'listening';
      // Recognised speech proves that the microphone works.
      const known = event.activity === 'user-speaking' && status.microphoneChange?.used !== undefined;
      return { ...status, activity: event.activity, interrupted, ...(known && { microphoneChange: undefined }) };
    }
  }
}

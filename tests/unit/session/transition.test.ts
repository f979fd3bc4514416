import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VoiceAgentError } from '../../../src/contract/errors.js';
import type { CallState, CallStatus } from '../../../src/contract/states.js';
import { transition, type CallEvent } from '../../../src/session/transition.js';

const error = new VoiceAgentError('network');
const STATUSES: Record<CallState, CallStatus> = {
  idle: { state: 'idle' },
  connecting: { state: 'connecting', phase: 'authorizing', slow: false },
  connected: { state: 'connected', activity: 'listening', microphone: 'live', soundBlocked: false, interrupted: false, since: 5 },
  reconnecting: { state: 'reconnecting', attempt: 0 },
  disconnecting: { state: 'disconnecting' },
  disconnected: { state: 'disconnected', reason: 'user', duration: 1 },
  failed: { state: 'failed', error },
};
const EVENTS: Record<CallEvent['type'], CallEvent> = {
  connect: { type: 'connect' },
  phase: { type: 'phase', phase: 'microphone' },
  slow: { type: 'slow' },
  connected: { type: 'connected', activity: 'listening', microphone: 'live', soundBlocked: false, since: 9 },
  stalled: { type: 'stalled', attempt: 0 },
  redial: { type: 'redial', attempt: 1 },
  activity: { type: 'activity', activity: 'speaking' },
  interrupted: { type: 'interrupted' },
  microphone: { type: 'microphone', microphone: 'muted' },
  sound: { type: 'sound', blocked: true },
  ending: { type: 'ending', ending: { reason: 'idle', seconds: 15, at: 20 } },
  close: { type: 'close' },
  ended: { type: 'ended', reason: 'user', duration: 3 },
  failed: { type: 'failed', error, retryAt: undefined },
};

/** Where each event leads; a state that is not named stays as it is. */
const TABLE: Record<CallEvent['type'], Partial<Record<CallState, CallState>>> = {
  connect: { idle: 'connecting', disconnecting: 'connecting', disconnected: 'connecting', failed: 'connecting' },
  phase: {},
  slow: {},
  connected: { connecting: 'connected', reconnecting: 'connected' },
  stalled: { connected: 'reconnecting' },
  redial: { connected: 'reconnecting' },
  activity: {},
  interrupted: {},
  microphone: {},
  sound: {},
  ending: {},
  close: { connecting: 'disconnecting', connected: 'disconnecting', reconnecting: 'disconnecting' },
  ended: { connecting: 'disconnected', connected: 'disconnected', reconnecting: 'disconnected', disconnecting: 'disconnected' },
  failed: { connecting: 'failed', connected: 'failed', reconnecting: 'failed' },
};

describe('every event in every state', () => {
  for (const [type, event] of Object.entries(EVENTS)) {
    for (const [state, status] of Object.entries(STATUSES)) {
      test(`${type} in ${state}`, () => {
        const next = transition(status, event);
        expect(next.state).toBe(TABLE[event.type][status.state] ?? status.state);
        if (next !== status) expect(Object.isFrozen(next)).toBe(true);
      });
    }
  }
});

test('news of a finished call change nothing, not even the object', () => {
  for (const state of ['idle', 'disconnected', 'failed'] as const) {
    for (const type of ['phase', 'slow', 'connected', 'stalled', 'activity', 'interrupted', 'microphone', 'sound', 'ending', 'close', 'ended', 'failed'] as const) {
      expect(transition(STATUSES[state], EVENTS[type])).toBe(STATUSES[state]);
    }
  }
});

test('the next phase is not slow yet', () => {
  const slow = transition(STATUSES.connecting, EVENTS.slow);
  expect(slow).toMatchObject({ phase: 'authorizing', slow: true });
  expect(transition(slow, EVENTS.phase)).toEqual({ state: 'connecting', phase: 'microphone', slow: false });
});

test('an interruption lasts until somebody has the turn again', () => {
  const cut = transition(transition(STATUSES.connected, EVENTS.activity), { type: 'interrupted' });
  const silent = transition(cut, { type: 'activity', activity: 'listening' });
  expect(silent).toMatchObject({ interrupted: true });
  expect(transition(silent, { type: 'activity', activity: 'user-speaking' })).toMatchObject({ interrupted: false });
});

test('a retry time is there or absent, never undefined', () => {
  expect(transition(STATUSES.connecting, EVENTS.failed)).not.toHaveProperty('retryAt');
  expect(transition(STATUSES.connecting, { type: 'failed', error, retryAt: 7 })).toMatchObject({ retryAt: 7 });
});

test('any history: the given status is never touched, a connected call has a beginning, an end needs a call', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...Object.values(EVENTS)), { maxLength: 40 }), (events) => {
      let status: CallStatus = Object.freeze({ state: 'idle' });
      let begun = false;
      for (const event of events) {
        const before = JSON.stringify(status);
        const next = transition(status, event);
        expect(JSON.stringify(status)).toBe(before);
        if (event.type === 'connect') begun = true;
        if (!begun) expect(next.state).toBe('idle');
        if (next.state === 'connected') expect(next.since).toBe(9);
        expect(transition(next, event).state).toBe(next.state);
        status = next;
      }
    }),
  );
});

test('an announced end stays through news of the call, and is taken back', () => {
  const announced = transition(STATUSES.connected, EVENTS.ending);
  const later = transition(transition(announced, EVENTS.activity), EVENTS.microphone);
  expect(later).toMatchObject({ activity: 'speaking', ending: { reason: 'idle', seconds: 15, at: 20 } });
  expect(transition(later, { type: 'ending', ending: null })).toMatchObject({ state: 'connected', ending: null });
});

test('a connection that came back still has the end that was announced meanwhile', () => {
  const ending = { reason: 'duration', seconds: 9, at: 30 } as const;
  const back = { type: 'connected', activity: 'listening', microphone: 'live', soundBlocked: false, since: 9, ending } as const;
  expect(transition(STATUSES.reconnecting, back)).toMatchObject({ ending });
  expect(transition(STATUSES.connecting, EVENTS.connected)).not.toHaveProperty('ending');
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VoiceAgentError } from '../../../src/contract/errors.js';
import type { CallState, CallStatus } from '../../../src/contract/states.js';
import type { StatusEvent } from '../../../src/contract/status-event.js';
import { transition } from '../../../src/session/transition.js';

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
const EVENTS: Record<StatusEvent['type'], StatusEvent> = {
  connect: { type: 'connect' },
  phase: { type: 'phase', phase: 'microphone' },
  slow: { type: 'slow' },
  connected: { type: 'connected', activity: 'listening', microphone: 'live', soundBlocked: false, since: 9 },
  stalled: { type: 'stalled', attempt: 0 },
  reconnect: { type: 'reconnect', attempt: 1 },
  activity: { type: 'activity', activity: 'speaking' },
  interrupted: { type: 'interrupted' },
  microphone: { type: 'microphone', microphone: 'muted' },
  sound: { type: 'sound', blocked: true },
  ending: { type: 'ending', ending: { reason: 'idle', seconds: 15, at: 20 } },
  close: { type: 'close' },
  ended: { type: 'ended', reason: 'user', duration: 3 },
  failed: { type: 'failed', error, retryAt: undefined },
};

/** The next state for each event; states that are not listed do not change. */
const TABLE: Record<StatusEvent['type'], Partial<Record<CallState, CallState>>> = {
  connect: { idle: 'connecting', disconnecting: 'connecting', disconnected: 'connecting', failed: 'connecting' },
  phase: {},
  slow: {},
  connected: { connecting: 'connected', reconnecting: 'connected' },
  stalled: { connected: 'reconnecting' },
  reconnect: { connected: 'reconnecting' },
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

test('returns the same object for events of an ended call', () => {
  for (const state of ['idle', 'disconnected', 'failed'] as const) {
    for (const type of [
      'phase',
      'slow',
      'connected',
      'stalled',
      'activity',
      'interrupted',
      'microphone',
      'sound',
      'ending',
      'close',
      'ended',
      'failed',
    ] as const) {
      expect(transition(STATUSES[state], EVENTS[type])).toBe(STATUSES[state]);
    }
  }
});

test('resets slow with the next phase', () => {
  const slow = transition(STATUSES.connecting, EVENTS.slow);
  expect(slow).toMatchObject({ phase: 'authorizing', slow: true });
  expect(transition(slow, EVENTS.phase)).toEqual({ state: 'connecting', phase: 'microphone', slow: false });
});

test('keeps interrupted until the next activity', () => {
  const cut = transition(transition(STATUSES.connected, EVENTS.activity), { type: 'interrupted' });
  const silent = transition(cut, { type: 'activity', activity: 'listening' });
  expect(silent).toMatchObject({ interrupted: true });
  expect(transition(silent, { type: 'activity', activity: 'user-speaking' })).toMatchObject({ interrupted: false });
});

test('sets a retry time or omits it, but never sets undefined', () => {
  expect(transition(STATUSES.connecting, EVENTS.failed)).not.toHaveProperty('retryAt');
  expect(transition(STATUSES.connecting, { type: 'failed', error, retryAt: 7 })).toMatchObject({ retryAt: 7 });
});

test('never mutates the status, and keeps its invariants for any sequence of events', () => {
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

test('keeps an announced end across other events until it is retracted', () => {
  const announced = transition(STATUSES.connected, EVENTS.ending);
  const later = transition(transition(announced, EVENTS.activity), EVENTS.microphone);
  expect(later).toMatchObject({ activity: 'speaking', ending: { reason: 'idle', seconds: 15, at: 20 } });
  expect(transition(later, { type: 'ending', ending: null })).toMatchObject({ state: 'connected', ending: null });
});

test('keeps an end that was announced during a stall', () => {
  const ending = { reason: 'duration', seconds: 9, at: 30 } as const;
  const back = { type: 'connected', activity: 'listening', microphone: 'live', soundBlocked: false, since: 9, ending } as const;
  expect(transition(STATUSES.reconnecting, back)).toMatchObject({ ending });
  expect(transition(STATUSES.connecting, EVENTS.connected)).not.toHaveProperty('ending');
});

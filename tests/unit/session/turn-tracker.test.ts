import { expect, test } from 'vitest';
import { TurnTracker } from '../../../src/session/turn-tracker.js';

function after(...types: (string | Record<string, unknown>)[]): TurnTracker {
  const tracker = new TurnTracker();
  for (const event of types) {
    tracker.apply(typeof event === 'string' ? { type: event, response_id: 'r1', response: { id: 'r1' } } : (event as { type: string }));
  }
  return tracker;
}

test('tracks a spoken turn and its answer', () => {
  const turn = [
    'input_audio_buffer.speech_started',
    'input_audio_buffer.speech_stopped',
    'response.created',
    'output_audio_buffer.started',
    'response.done',
    'output_audio_buffer.stopped',
  ];
  const seen = turn.map((_, index) => after(...turn.slice(0, index + 1)).activity);
  expect(seen).toEqual(['user-speaking', 'thinking', 'thinking', 'speaking', 'speaking', 'listening']);
});

test('ends a text-only answer with its generation', () => {
  expect(after('response.created').activity).toBe('thinking');
  expect(after('response.created', 'response.done').activity).toBe('listening');
});

test('does not wait for an answer if the page requests answers itself', () => {
  const off = { type: 'session.updated', session: { audio: { input: { turn_detection: null } } } };
  const manual = {
    type: 'session.updated',
    session: { audio: { input: { turn_detection: { create_response: false, interrupt_response: false } } } },
  };
  const said = ['input_audio_buffer.speech_started', 'input_audio_buffer.speech_stopped'];
  expect(after(off, ...said).activity).toBe('listening');
  expect(after(manual, ...said).activity).toBe('listening');
  expect(after(manual).interruptsOnSpeech).toBe(false);
  expect(after({ type: 'session.updated', session: {} }).interruptsOnSpeech).toBe(true);
});

test('ignores later events of a cut answer', () => {
  const tracker = after('response.created', 'output_audio_buffer.started');
  tracker.cut();
  expect(tracker.activity).toBe('listening');
  expect(tracker.hasAnswer).toBe(false);
  const late = { type: 'output_audio_buffer.started', response_id: 'r1' };
  expect(tracker.isNewSound(late)).toBe(false);
  tracker.apply(late);
  expect(tracker.activity).toBe('listening');
  const next = { type: 'output_audio_buffer.started', response_id: 'r2' };
  expect(tracker.isNewSound(next)).toBe(true);
  tracker.apply(next);
  expect(tracker.activity).toBe('speaking');
});

test('ignores malformed events', () => {
  expect(after({ type: 'response.created', response: null }, { type: 'session.updated', session: null }, { type: 'x' }).activity).toBe(
    'thinking',
  );
});

import { expect, test } from 'vitest';
import { TranscriptionDetailsStore } from '../../../src/element/transcription-details.js';

const EVENT = 'conversation.item.input_audio_transcription';
const sure = (token: string, logprob = -0.1) => ({ token, logprob, bytes: [1] });

test('returns null without log probabilities and segments', () => {
  const memory = new TranscriptionDetailsStore();
  memory.note({ type: `${EVENT}.delta`, item_id: 'a', delta: 'x', logprobs: null });
  memory.note({ type: `${EVENT}.completed`, item_id: 'a', transcript: 'x' });
  memory.note({ type: 'response.output_text.delta', item_id: 'a', logprobs: [sure('x')] });
  expect(memory.of('a')).toEqual({ logprobs: null, segments: null });
});

test('appends log probabilities while text streams, and replaces them with the final ones', () => {
  const memory = new TranscriptionDetailsStore();
  memory.note({ type: `${EVENT}.delta`, item_id: 'a', logprobs: [sure('Good')] });
  memory.note({ type: `${EVENT}.delta`, item_id: 'b', logprobs: [sure('Other')] });
  memory.note({ type: `${EVENT}.delta`, item_id: 'a', logprobs: [sure(' day')] });
  expect(memory.of('a').logprobs).toEqual([sure('Good'), sure(' day')]);
  memory.note({ type: `${EVENT}.completed`, item_id: 'a', logprobs: [sure('Good day', -0.02)] });
  expect(memory.take('a').logprobs).toEqual([sure('Good day', -0.02)]);
  expect(memory.of('a').logprobs).toBeNull();
  expect(memory.of('b').logprobs).toEqual([sure('Other')]);
});

test('keeps the log probabilities of deltas without final ones', () => {
  const memory = new TranscriptionDetailsStore();
  memory.note({ type: `${EVENT}.delta`, item_id: 'a', logprobs: [sure('Good')] });
  memory.note({ type: `${EVENT}.completed`, item_id: 'a', transcript: 'Good' });
  expect(memory.take('a').logprobs).toEqual([sure('Good')]);
});

test('returns the speakers of segments', () => {
  const memory = new TranscriptionDetailsStore();
  const first = { speaker: 'A', start: 0, end: 1.2, text: 'Hello?' };
  const second = { speaker: 'B', start: 1.4, end: 2, text: 'Yes.' };
  for (const segment of [first, second])
    memory.note({ type: `${EVENT}.segment`, event_id: 'e', id: 'seg', item_id: 'a', content_index: 0, ...segment });
  expect(memory.take('a')).toEqual({ logprobs: null, segments: [first, second] });
});

test('ignores invalid fields, and limits its memory', () => {
  const memory = new TranscriptionDetailsStore();
  memory.note({ type: `${EVENT}.delta`, item_id: 'a', logprobs: [null, 7, { token: 1, logprob: 0 }, { token: 'x' }, sure('ok')] });
  memory.note({ type: `${EVENT}.segment`, item_id: 'a', speaker: 3, text: 'x', start: 0, end: 1 });
  memory.note({ type: `${EVENT}.delta`, item_id: 'a', logprobs: 'many' });
  expect(memory.of('a')).toEqual({ logprobs: [sure('ok')], segments: null });
  for (let index = 0; index < 200; index++) memory.note({ type: `${EVENT}.completed`, item_id: `i${index}`, logprobs: [sure('x')] });
  expect(memory.of('a').logprobs).toBeNull();
  expect(memory.of('i0').logprobs).toBeNull();
  expect(memory.of('i199').logprobs).toHaveLength(1);
});

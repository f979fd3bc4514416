import { expect, test } from 'vitest';
import { choosesTurns, transcriptionSettings } from '../../../src/session/transcription-settings.js';

test('nothing set: only the kind of the session, so that the key’s transcriber stands', () => {
  expect(transcriptionSettings({ mode: 'transcription', tokenUrl: '/token' })).toEqual({ type: 'transcription' });
});

test('what belongs to answers is left out', () => {
  const tools = [{ name: 'a', execute: () => 1 }];
  expect(transcriptionSettings({ instructions: 'Be kind.', voice: 'marin', greeting: 'Hi', tools, agent: {} })).toEqual({ type: 'transcription' });
});

test.each([
  ['gpt-transcribe', { languages: ['de'] }],
  ['gpt-live-transcribe', { languages: ['de'] }],
  ['gpt-4o-transcribe', { language: 'de' }],
  ['gpt-4o-mini-transcribe', { language: 'de' }],
  ['gpt-realtime-whisper', { language: 'de' }],
  ['whisper-1', { language: 'de' }],
  ['their-own', { language: 'de' }],
])('%s gets the language in its own way', (model, language) => {
  expect(transcriptionSettings({ model, language: 'de-AT' })).toMatchObject({ audio: { input: { transcription: { model, ...language } } } });
});

test('a language alone names the transcriber, too', () => {
  expect(transcriptionSettings({ language: 'EN' })).toEqual({
    type: 'transcription',
    audio: { input: { transcription: { model: 'gpt-transcribe', languages: ['en'] } } },
  });
});

test('transcribers that write while one speaks take no turn detection', () => {
  for (const model of ['gpt-live-transcribe', 'gpt-realtime-whisper']) {
    expect(transcriptionSettings({ model })).toMatchObject({ audio: { input: { turn_detection: null } } });
  }
  expect(transcriptionSettings({ model: 'gpt-transcribe' })).toEqual({ type: 'transcription', audio: { input: { transcription: { model: 'gpt-transcribe' } } } });
});

test('turn detection as the page has it', () => {
  expect(transcriptionSettings({ turnDetection: 'none' })).toEqual({ type: 'transcription', audio: { input: { turn_detection: null } } });
  expect(transcriptionSettings({ turnDetection: 'server_vad', model: 'whisper-1' })).toMatchObject({
    audio: { input: { turn_detection: { type: 'server_vad' } } },
  });
});

test('raw settings win and are merged: noise reduction, log probabilities, keywords', () => {
  expect(
    transcriptionSettings({
      model: 'gpt-transcribe',
      language: 'de',
      sessionConfig: {
        include: ['item.input_audio_transcription.logprobs'],
        audio: { input: { noise_reduction: { type: 'far_field' }, transcription: { keywords: ['Zürich'], languages: ['de', 'fr'] } } },
      },
    }),
  ).toEqual({
    type: 'transcription',
    include: ['item.input_audio_transcription.logprobs'],
    audio: {
      input: {
        noise_reduction: { type: 'far_field' },
        transcription: { model: 'gpt-transcribe', languages: ['de', 'fr'], keywords: ['Zürich'] },
      },
    },
  });
});

test('who ends turns', () => {
  expect(choosesTurns({ model: 'gpt-live-transcribe' })).toBe(false);
  expect(choosesTurns({ turnDetection: 'none' })).toBe(true);
  expect(choosesTurns({ turnDetection: 'semantic_vad' })).toBe(true);
  expect(choosesTurns({ sessionConfig: { audio: { input: { turn_detection: null } } } })).toBe(true);
  expect(choosesTurns({ sessionConfig: { audio: { input: {} } } })).toBe(false);
});

import { expect, test } from 'vitest';
import { choosesTurns, transcriptionSettings } from '../../../src/session/transcription-settings.js';

test('sends only the session type if nothing is set, so that the key’s transcriber applies', () => {
  expect(transcriptionSettings({ mode: 'transcription', tokenUrl: '/token' })).toEqual({ type: 'transcription' });
});

test('omits options for answers', () => {
  const tools = [{ name: 'a', execute: () => 1 }];
  expect(transcriptionSettings({ instructions: 'Be kind.', voice: 'marin', greeting: 'Hi', tools, agent: {} })).toEqual({
    type: 'transcription',
  });
});

test.each([
  ['gpt-transcribe', { languages: ['de'] }],
  ['gpt-live-transcribe', { languages: ['de'] }],
  ['gpt-realtime-whisper', { language: 'de' }],
  ['whisper-large-v3', { language: 'de' }],
  ['their-own', { language: 'de' }],
])('sends the language to %s in its own form', (model, language) => {
  expect(transcriptionSettings({ model, language: 'de-AT' })).toMatchObject({
    audio: { input: { transcription: { model, ...language } } },
  });
});

test('sets the default transcriber if only a language is set', () => {
  expect(transcriptionSettings({ language: 'EN' })).toEqual({
    type: 'transcription',
    audio: { input: { transcription: { model: 'gpt-transcribe', languages: ['en'] } } },
  });
});

test('disables turn detection for streaming transcribers', () => {
  for (const model of ['gpt-live-transcribe', 'gpt-realtime-whisper']) {
    expect(transcriptionSettings({ model })).toMatchObject({ audio: { input: { turn_detection: null } } });
  }
  expect(transcriptionSettings({ model: 'gpt-transcribe' })).toEqual({
    type: 'transcription',
    audio: { input: { transcription: { model: 'gpt-transcribe' } } },
  });
});

test('uses the turn detection of the page', () => {
  expect(transcriptionSettings({ turnDetection: 'none' })).toEqual({ type: 'transcription', audio: { input: { turn_detection: null } } });
  expect(transcriptionSettings({ turnDetection: 'server_vad', model: 'whisper-large-v3' })).toMatchObject({
    audio: { input: { turn_detection: { type: 'server_vad' } } },
  });
});

test('merges raw settings with precedence: noise reduction, log probabilities, keywords', () => {
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

test('choosesTurns() returns whether the page sets how turns end', () => {
  expect(choosesTurns({ model: 'gpt-live-transcribe' })).toBe(false);
  expect(choosesTurns({ turnDetection: 'none' })).toBe(true);
  expect(choosesTurns({ turnDetection: 'semantic_vad' })).toBe(true);
  expect(choosesTurns({ sessionConfig: { audio: { input: { turn_detection: null } } } })).toBe(true);
  expect(choosesTurns({ sessionConfig: { audio: { input: {} } } })).toBe(false);
});

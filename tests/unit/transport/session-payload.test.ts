import { expect, test } from 'vitest';
import { withoutDefaults } from '../../../src/transport/session-payload.js';

/** What the SDK makes of settings that name nothing (agents-realtime 0.20). */
const DEFAULTS = {
  type: 'realtime',
  model: 'gpt-realtime-2.1',
  output_modalities: ['audio'],
  audio: {
    input: { format: { type: 'audio/pcm', rate: 24_000 }, noise_reduction: null, transcription: { model: 't' }, turn_detection: { type: 'semantic_vad' } },
    output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: undefined, speed: 1 },
  },
};

test('nothing asked for, nothing kept', () => {
  expect(withoutDefaults(DEFAULTS, {})).toEqual({ type: 'realtime' });
  expect(withoutDefaults({ ...DEFAULTS, instructions: 'Hi' }, { instructions: 'Hi' })).toEqual({ type: 'realtime', instructions: 'Hi' });
});

test('what is asked for is kept, under old and new names, also when it is null', () => {
  expect(withoutDefaults(DEFAULTS, { model: 'm', outputModalities: ['audio'], audio: { input: { turnDetection: null }, output: { speed: 1 } } })).toEqual({
    type: 'realtime',
    model: 'gpt-realtime-2.1',
    output_modalities: ['audio'],
    audio: { input: { turn_detection: { type: 'semantic_vad' } }, output: { speed: 1 } },
  });
  expect(withoutDefaults(DEFAULTS, { turnDetection: null, inputAudioFormat: 'pcm16' })).toEqual({
    type: 'realtime',
    audio: { input: DEFAULTS.audio.input && { format: DEFAULTS.audio.input.format, turn_detection: DEFAULTS.audio.input.turn_detection } },
  });
});

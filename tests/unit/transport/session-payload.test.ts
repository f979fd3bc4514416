import { expect, test } from 'vitest';
import { trimSessionPayload } from '../../../src/transport/shared/session-payload.js';

/** The SDK's payload for empty settings (agents-realtime 0.20). */
const DEFAULTS = {
  type: 'realtime',
  model: 'gpt-realtime-2.1',
  output_modalities: ['audio'],
  audio: {
    input: {
      format: { type: 'audio/pcm', rate: 24_000 },
      noise_reduction: null,
      transcription: { model: 't' },
      turn_detection: { type: 'semantic_vad' },
    },
    output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: undefined, speed: 1 },
  },
};

test('keeps nothing if nothing was requested', () => {
  expect(trimSessionPayload(DEFAULTS, {})).toEqual({ type: 'realtime' });
  expect(trimSessionPayload({ ...DEFAULTS, instructions: 'Hi' }, { instructions: 'Hi' })).toEqual({ type: 'realtime', instructions: 'Hi' });
});

test('keeps requested settings, with old and new names, also if they are null', () => {
  expect(
    trimSessionPayload(DEFAULTS, {
      model: 'm',
      outputModalities: ['audio'],
      audio: { input: { turnDetection: null }, output: { speed: 1 } },
    }),
  ).toEqual({
    type: 'realtime',
    model: 'gpt-realtime-2.1',
    output_modalities: ['audio'],
    audio: { input: { turn_detection: { type: 'semantic_vad' } }, output: { speed: 1 } },
  });
  expect(trimSessionPayload(DEFAULTS, { turnDetection: null, inputAudioFormat: 'pcm16' })).toEqual({
    type: 'realtime',
    audio: { input: DEFAULTS.audio.input && { format: DEFAULTS.audio.input.format, turn_detection: DEFAULTS.audio.input.turn_detection } },
  });
});

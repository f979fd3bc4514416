import { expect, test } from 'vitest';
import { callAddress } from '../../../src/session/call-address.js';
import type { CallOptions } from '../../../src/contract/options.js';
import { sessionSettings as settings } from '../../../src/session/session-settings.js';
import { declareTools } from '../../../src/session/tool-schema.js';

const sessionSettings = (options: CallOptions) => settings(options, declareTools(options.tools ?? []));

test('sends no settings if none are set', () => {
  expect(sessionSettings({ tokenUrl: '/token', model: 'gpt-realtime-2.1', greeting: 'Hi' })).toEqual({ type: 'realtime' });
});

test('maps each option to its field', () => {
  const execute = () => undefined;
  expect(
    sessionSettings({
      instructions: 'Be kind.',
      voice: 'marin',
      language: 'de-AT',
      turnDetection: 'semantic_vad',
      tools: [
        { name: 'a', execute },
        { name: 'b', description: 'B', parameters: { type: 'object' }, execute },
      ],
    }),
  ).toEqual({
    type: 'realtime',
    instructions: 'Be kind.',
    audio: {
      input: { turn_detection: { type: 'semantic_vad' }, transcription: { model: 'gpt-transcribe', languages: ['de'] } },
      output: { voice: 'marin' },
    },
    tools: [
      { type: 'function', name: 'a', parameters: { type: 'object', properties: {} } },
      { type: 'function', name: 'b', description: 'B', parameters: { type: 'object' } },
    ],
  });
  expect(sessionSettings({ turnDetection: 'none' })).toMatchObject({ audio: { input: { turn_detection: null } } });
  expect(sessionSettings({ turnDetection: { type: 'server_vad', threshold: 0.7 } })).toMatchObject({
    audio: { input: { turn_detection: { threshold: 0.7 } } },
  });
});

test('merges raw settings with precedence, and keeps the tools of both sides', () => {
  const merged = sessionSettings({
    voice: 'marin',
    tools: [
      { name: 'a', execute: () => 1 },
      { name: 'b', execute: () => 1 },
    ],
    sessionConfig: {
      audio: { output: { voice: 'cedar', speed: 1.1 }, input: { noise_reduction: null } },
      tools: [
        { type: 'mcp', server_label: 'm' },
        { type: 'function', name: 'b', description: 'theirs' },
      ],
      instructions: undefined,
      ['__proto__']: { polluted: true },
    },
  });
  expect(merged).toMatchObject({ audio: { output: { voice: 'cedar', speed: 1.1 }, input: { noise_reduction: null } } });
  expect((merged['tools'] as { name?: string }[]).map(({ name }) => name)).toEqual(['a', undefined, 'b']);
  expect(merged).not.toHaveProperty('instructions');
  expect(merged).not.toHaveProperty('polluted');
});

test('builds the URL for the offer', () => {
  expect(callAddress({}, 'https://page.test/').href).toBe('https://api.openai.com/v1/realtime/calls');
  expect(callAddress({ baseUrl: 'https://api.test/v1/' }, 'https://page.test/').href).toBe('https://api.test/v1/realtime/calls');
  expect(callAddress({ baseUrl: '/voice/v1', model: 'm 1' }, 'https://page.test/a/b').href).toBe(
    'https://page.test/voice/v1/realtime/calls?model=m+1',
  );
  expect(() => callAddress({ baseUrl: 'http://[' }, 'https://page.test/')).toThrow(expect.objectContaining({ code: 'unsupported' }));
});

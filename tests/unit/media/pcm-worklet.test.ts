/** The capture processor of the audio worklet, run by hand: browsers differ in what they give it for a muted track. */
import { beforeAll, expect, it, vi } from 'vitest';

interface Processor {
  readonly port: { postMessage(message: ArrayBuffer): void };
  process(inputs: Float32Array[][]): boolean;
}

const processors = new Map<string, new () => Processor>();

beforeAll(async () => {
  vi.stubGlobal('sampleRate', 24_000);
  vi.stubGlobal(
    'AudioWorkletProcessor',
    class {
      readonly port = { postMessage: vi.fn() };
    },
  );
  vi.stubGlobal('registerProcessor', (name: string, processor: new () => Processor) => processors.set(name, processor));
  await import('../../../src/media/pcm-worklet.js');
});

it('sends silence while there is no input, so that the server notices the end of a turn', () => {
  const capture = new (processors.get('voice-agent-capture') as new () => Processor)();
  const sent = vi.mocked(capture.port.postMessage);
  const quantum = new Float32Array(128).fill(0.5);
  // 15 quanta of 128 samples are one chunk of 80 ms.
  for (let index = 0; index < 15; index++) expect(capture.process([[quantum]])).toBe(true);
  for (const none of [[[]], []] as Float32Array[][][]) for (let index = 0; index < 15; index++) expect(capture.process(none)).toBe(true);
  const levels = sent.mock.calls.map(([buffer]) => Math.max(...new Int16Array(buffer).map(Math.abs)));
  expect(levels).toEqual([16_383, 0, 0]);
});

/** Voice activity detection with tones, noise and synthesised speech. */

import { afterAll, describe, expect, it } from 'vitest';
import { rmsLevel } from '../../../src/sandbox/media/audio-level.js';
import { createSpeech, synthesize } from '../../../src/sandbox/media/speech.js';
import { VoiceActivity } from '../../../src/sandbox/media/voice-activity.js';
import type { VoiceActivitySettings, VoiceChange } from '../../../src/sandbox/media/voice-activity.js';
import { framesOf, joined, mixed, noise, sine } from './signals.js';

const SERVER: VoiceActivitySettings = { type: 'server_vad' };
const speech = createSpeech();

afterAll(async () => {
  await speech.close();
});

type Timed = VoiceChange & { readonly at: number };

function detect(samples: Int16Array, settings: VoiceActivitySettings = SERVER): Timed[] {
  const detector = new VoiceActivity(settings);
  const changes: Timed[] = [];
  for (const frame of framesOf(samples)) {
    const change = detector.push(frame);
    if (change !== undefined) {
      changes.push({ ...change, at: detector.inputMs });
    }
  }
  return changes;
}

function silence(ms: number): Int16Array {
  return new Int16Array(24 * ms);
}

describe('server_vad', () => {
  it('detects a voice within 60 ms and its end after the configured silence', () => {
    expect(detect(joined(silence(1000), sine(300, 1000), silence(1000)))).toEqual([
      { type: 'start', audioStartMs: 700, at: 1060 },
      { type: 'stop', audioEndMs: 2500, at: 2500 },
    ]);
  });

  it('detects a voice in time wherever in a frame it begins', () => {
    for (let offset = 0; offset < 20; offset += 1) {
      const [start] = detect(joined(silence(1000 + offset), sine(300, 500), silence(1000)));
      expect((start?.at ?? Infinity) - (1000 + offset)).toBeLessThanOrEqual(65);
    }
  });

  it('uses the session’s padding and silence', () => {
    const changes = detect(joined(silence(400), sine(300, 600), silence(1000)), {
      type: 'server_vad',
      prefix_padding_ms: 1000,
      silence_duration_ms: 200,
    });
    expect(changes).toEqual([
      { type: 'start', audioStartMs: 0, at: 460 },
      { type: 'stop', audioEndMs: 1200, at: 1200 },
    ]);
  });

  it('bridges short pauses and splits turns at long ones', () => {
    const word = sine(300, 300);
    expect(detect(joined(word, silence(300), word, silence(600)))).toHaveLength(2);
    expect(detect(joined(word, silence(700), word, silence(600)))).toHaveLength(4);
  });

  it('ignores clicks', () => {
    const click = joined(sine(1000, 5, 30_000), silence(195));
    expect(detect(joined(silence(500), click, click, click, silence(500)))).toEqual([]);
  });

  it('requires a louder voice at a higher threshold', () => {
    const quiet = joined(silence(500), sine(300, 800, 250), silence(1000));
    expect(detect(quiet, { type: 'server_vad', threshold: 0.3 })).toHaveLength(2);
    expect(detect(quiet, { type: 'server_vad', threshold: 0.8 })).toHaveLength(0);
  });

  it('detects synthesised speech in noise, and nothing else', async () => {
    const voice = await synthesize('Hello, I would like to know where my order is.', speech);
    const total = 2000 + Math.round(voice.length / 24) + 1500;
    const changes = detect(mixed(joined(silence(2000), voice, silence(1500)), noise(total, 300)));
    expect(changes.map(({ type }) => type)).toEqual(['start', 'stop']);
    const [start, stop] = changes;
    // "Hello" begins with a breath; the voice is the part that exceeds the noise.
    const onset = 2000 + 20 * framesOf(voice).findIndex((frame) => rmsLevel(frame) > -33);
    expect((start?.at ?? 0) - onset).toBeGreaterThan(0);
    expect((start?.at ?? Infinity) - onset).toBeLessThanOrEqual(80);
    const end = 2000 + voice.length / 24;
    expect(stop?.at).toBeGreaterThan(end);
    expect(stop?.at).toBeLessThan(end + 600);
  });

  it('adapts to noise that starts later, and detects a voice above it', () => {
    const fan = noise(16_000, 900, 3);
    const changes = detect(mixed(joined(silence(12_000), sine(300, 1000, 9000), silence(3000)), fan));
    // The fan may start one turn; it ends by itself, and the voice is a separate turn.
    const voice = changes.filter(({ at }) => at > 11_000);
    expect(voice.map(({ type }) => type)).toEqual(['start', 'stop']);
    expect(voice[0]?.at).toBe(12_060);
    expect(changes.length).toBeLessThanOrEqual(4);
  });

  it('treats a long loud tone as one turn', () => {
    expect(detect(joined(silence(500), sine(440, 12_000), silence(1000))).map(({ type }) => type)).toEqual(['start', 'stop']);
  });
});

describe('semantic_vad', () => {
  const pause = (samples: Int16Array, eagerness: 'low' | 'medium' | 'high' | 'auto'): number => {
    const last = detect(joined(samples, silence(9000)), { type: 'semantic_vad', eagerness }).at(-1);
    return last?.type === 'stop' ? last.audioEndMs - samples.length / 24 : Number.NaN;
  };
  const long = sine(300, 2000);

  it('waits depending on eagerness', () => {
    expect(pause(long, 'high')).toBeLessThan(pause(long, 'medium'));
    expect(pause(long, 'medium')).toBeLessThan(pause(long, 'low'));
    expect(pause(long, 'auto')).toBe(pause(long, 'medium'));
    expect(pause(sine(300, 100), 'low')).toBeLessThanOrEqual(8000);
  });

  it('waits longer after a short utterance and after one that trails off', () => {
    expect(pause(sine(300, 200), 'medium')).toBeGreaterThan(pause(long, 'medium') + 200);
    const trailing = joined(sine(300, 1500, 12_000), sine(300, 600, 1200));
    expect(pause(trailing, 'medium')).toBeGreaterThan(pause(long, 'medium') + 200);
  });
});

describe('time', () => {
  it('advances while frames are missing, so that a turn ends', () => {
    const detector = new VoiceActivity(SERVER);
    let now = 5_000_000;
    const changes: VoiceChange[] = [];
    const note = (change: VoiceChange | undefined): void => {
      if (change !== undefined) {
        changes.push(change);
      }
    };
    for (const frame of framesOf(sine(300, 400))) {
      now += 20;
      note(detector.push(frame));
      note(detector.tick(now));
    }
    for (let step = 0; step < 40; step += 1) {
      now += 20;
      note(detector.tick(now));
    }
    expect(changes).toEqual([
      { type: 'start', audioStartMs: 0 },
      { type: 'stop', audioEndMs: 900 },
    ]);
    expect(detector.inputMs).toBe(1200);
    expect(detector.speaking).toBe(false);
  });

  it('is not counted twice if frames are late by less than the grace period', () => {
    const detector = new VoiceActivity(SERVER);
    const frame = new Int16Array(480);
    detector.tick(0);
    for (let now = 60; now <= 6000; now += 60) {
      detector.tick(now - 40);
      detector.push(frame);
      detector.push(frame);
      detector.push(frame);
      detector.tick(now);
    }
    expect(detector.inputMs).toBe(6000);
  });

  it('continues where it was when frames resume', () => {
    const detector = new VoiceActivity(SERVER);
    detector.push(new Int16Array(480));
    detector.tick(100);
    detector.tick(1100);
    detector.push(new Int16Array(480));
    detector.tick(1120);
    expect(detector.inputMs).toBe(1040);
  });

  it('follows new settings, and starts over after a reset', () => {
    const detector = new VoiceActivity(SERVER);
    framesOf(sine(300, 200)).forEach((frame) => detector.push(frame));
    expect(detector.speaking).toBe(true);
    detector.configure({ type: 'server_vad', silence_duration_ms: 100 });
    const changes = framesOf(silence(200)).map((frame) => detector.push(frame));
    expect(changes.findIndex((change) => change?.type === 'stop')).toBe(4);
    framesOf(sine(300, 200)).forEach((frame) => detector.push(frame));
    detector.reset();
    expect(detector.speaking).toBe(false);
    expect(
      framesOf(silence(1000))
        .map((frame) => detector.push(frame))
        .filter(Boolean),
    ).toEqual([]);
  });
});

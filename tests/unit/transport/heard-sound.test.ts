/** When the agent is heard if the server does not report it: measured on a track whose level the test controls. */
import { describe, expect, test } from 'vitest';
import type { RealtimeEvent } from '../../../src/contract/options.js';
import { HeardSound } from '../../../src/transport/webrtc/heard-sound.js';
import { FakeTime } from '../session/fake-environment.js';

/** A track with the test's level; `undefined`: a browser without statistics. */
function track(reports: boolean | undefined, measures = true) {
  const time = new FakeTime();
  const reported: string[] = [];
  const state = { level: 0, at: time.at, energy: 0, looks: 0 };
  const run = (): void => {
    state.energy += state.level ** 2 * ((time.at - state.at) / 1000);
    state.at = time.at;
  };
  const sound = new HeardSound({
    timers: time,
    reports,
    stats: () => {
      run();
      state.looks++;
      const stats = { type: 'inbound-rtp', kind: 'audio', totalAudioEnergy: state.energy, totalSamplesDuration: time.at / 1000 };
      return Promise.resolve(
        new Map<string, unknown>(
          measures
            ? [
                ['a', { type: 'codec' }],
                ['b', stats],
              ]
            : [],
        ) as unknown as RTCStatsReport,
      );
    },
    onEvent: (event) => {
      reported.push(`${event.type.replace('output_audio_buffer.', '')} ${String(event['response_id'])}`);
      sound.apply(event);
    },
  });
  const level = (now: number): void => {
    run();
    state.level = now;
  };
  const hear = (...events: RealtimeEvent[]): void => events.forEach((event) => sound.apply(event));
  return { sound, time, reported, state, level, hear };
}

const created = (id: string, fields = {}): RealtimeEvent => ({ type: 'response.created', response: { id, ...fields } });
const words = (id: string): RealtimeEvent => ({ type: 'response.output_audio_transcript.delta', response_id: id, delta: 'a' });
const done = (id: string, output: unknown[] = []): RealtimeEvent => ({ type: 'response.done', response: { id, output } });
const buffer = (what: string, id: string): RealtimeEvent => ({ type: `output_audio_buffer.${what}`, response_id: id });

describe('a server that does not report playback', () => {
  test('an answer plays from its first to its last audible sample, complete or not', async () => {
    const { time, reported, level, hear } = track(false);
    hear(created('r1'), words('r1'));
    await time.advance(1_000);
    expect(reported, 'nothing is playing yet').toEqual([]);
    level(0.1);
    await time.advance(200);
    expect(reported).toEqual(['started r1']);
    hear(done('r1'));
    await time.advance(5_000);
    level(0);
    await time.advance(700);
    expect(reported, 'a pause between two sentences').toEqual(['started r1']);
    level(0.1);
    await time.advance(3_000);
    level(0);
    await time.advance(1_200);
    expect(reported).toEqual(['started r1', 'stopped r1']);
    await time.advance(10_000);
    expect(time.pending, 'measuring has stopped').toBe(0);
  });

  test('an answer is detected although its transcript arrives later, or never', async () => {
    const { time, reported, level, hear } = track(false);
    hear(created('r1'));
    level(0.1);
    await time.advance(300);
    expect(reported).toEqual(['started r1']);
  });

  test('a pause does not end an answer in progress', async () => {
    const { time, reported, level, hear } = track(false);
    hear(created('r1'));
    level(0.1);
    await time.advance(500);
    level(0);
    await time.advance(2_500);
    expect(reported).toEqual(['started r1']);
    hear(done('r1'));
    await time.advance(300);
    expect(reported).toEqual(['started r1', 'stopped r1']);
  });

  test('playback ends although the end of the response is lost', async () => {
    const { time, reported, level, hear } = track(false);
    hear(created('r1'));
    level(0.1);
    await time.advance(500);
    level(0);
    await time.advance(5_000);
    expect(reported).toEqual(['started r1', 'stopped r1']);
  });

  test('consecutive answers without a pause are separated', async () => {
    const { time, reported, level, hear } = track(false);
    hear(created('r1'));
    level(0.1);
    await time.advance(500);
    hear(done('r1'), created('r2'), words('r2'));
    expect(reported).toEqual(['started r1', 'stopped r1', 'started r2']);
  });

  test('a cut answer stays silent, whatever still arrives of it, and the next one is detected', async () => {
    const { sound, time, reported, level, hear } = track(false);
    hear(created('r1'));
    level(0.1);
    await time.advance(500);
    sound.cut();
    hear(words('r1'), done('r1'));
    await time.advance(2_000);
    expect(reported).toEqual(['started r1', 'cleared r1']);
    hear(created('r2'));
    await time.advance(300);
    expect(reported.at(-1)).toBe('started r2');
  });

  test('speech of the visitor cuts the answer, unless the server continues it', async () => {
    for (const yields of [true, false]) {
      const { time, reported, level, hear } = track(false);
      hear({ type: 'session.updated', session: { audio: { input: { turn_detection: { interrupt_response: yields } } } } }, created('r1'));
      level(0.1);
      await time.advance(500);
      hear({ type: 'input_audio_buffer.speech_started' });
      expect(reported).toEqual(yields ? ['started r1', 'cleared r1'] : ['started r1']);
    }
  });

  test('an out-of-band answer is not measured', async () => {
    const { time, reported, level, hear, state } = track(false);
    level(0.1);
    hear(created('r1', { conversation_id: null }), done('r1'));
    await time.advance(2_000);
    expect([reported, state.looks]).toEqual([[], 0]);
  });

  test('without statistics an answer plays while it is in progress', async () => {
    const { time, reported, hear } = track(false, false);
    hear(created('r1'));
    await time.advance(200);
    expect(reported).toEqual(['started r1']);
    hear(done('r1'));
    await time.advance(1_500);
    expect(reported).toEqual(['started r1', 'stopped r1']);
  });
});

describe('a server with unknown playback reports', () => {
  test('is not measured while it reports playback, until the playback must have ended', async () => {
    const { time, reported, level, hear, state } = track(undefined);
    level(0.1);
    hear(created('r1'), words('r1'));
    await time.advance(300);
    hear(buffer('started', 'r1'));
    expect(state.looks).toBe(0);
    hear(done('r1'), buffer('stopped', 'r1'));
    await time.advance(10_000);
    expect([reported, time.pending]).toEqual([[], 0]);
  });

  test.each([
    ['the transcript', words('r1')],
    ['the end of the response', done('r1', [{ type: 'message', content: [{ type: 'output_audio', transcript: 'Hi' }] }])],
  ])('is measured if it sends %s without playback events', async (_, evidence) => {
    const { time, reported, level, hear } = track(undefined);
    level(0.1);
    hear(created('r1'), evidence);
    await time.advance(800);
    expect(reported).toEqual(['started r1']);
  });

  test('is not measured for a text-only answer', async () => {
    const { time, hear, state } = track(undefined);
    hear(
      created('r1'),
      { type: 'response.output_text.delta', response_id: 'r1', delta: 'a' },
      done('r1', [{ type: 'message', content: [{ type: 'output_text', text: 'a' }] }]),
    );
    await time.advance(5_000);
    expect(state.looks).toBe(0);
  });

  test('is trusted if its first report arrives late', async () => {
    const { time, reported, level, hear } = track(undefined);
    level(0.1);
    hear(created('r1'), words('r1'));
    await time.advance(800);
    hear(buffer('started', 'r1'), done('r1'), buffer('stopped', 'r1'));
    level(0);
    await time.advance(10_000);
    expect(reported).toEqual(['started r1']);
    expect(time.pending).toBe(0);
  });
});

describe('a server that reports playback', () => {
  test('a lost end is detected by silence, but not by a pause, or while the answer is in progress', async () => {
    const { time, reported, level, hear } = track(undefined);
    level(0.1);
    hear(created('r1'), words('r1'), buffer('started', 'r1'));
    level(0);
    await time.advance(6_000);
    expect(reported).toEqual([]);
    level(0.1);
    await time.advance(1_000);
    hear(done('r1'));
    level(0);
    await time.advance(3_000);
    expect(reported).toEqual([]);
    await time.advance(2_000);
    expect(reported).toEqual(['stopped r1']);
    expect(time.pending).toBe(0);
  });

  test('the server’s own report of a cut is not repeated', async () => {
    const { sound, time, reported, level, hear } = track(true);
    level(0.1);
    hear(created('r1'), buffer('started', 'r1'));
    sound.cut();
    hear(buffer('cleared', 'r1'));
    await time.advance(6_000);
    expect([reported, time.pending]).toEqual([[], 0]);
  });
});

test('nothing is reported or measured after the call', async () => {
  const { sound, time, reported, level, hear } = track(false);
  level(0.1);
  hear(created('r1'));
  sound.release();
  await time.advance(5_000);
  expect([reported, time.pending]).toEqual([[], 0]);
});

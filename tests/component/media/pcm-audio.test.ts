/** The audio of a call over WebSocket, on the browser's real audio thread. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { PcmAudio, PcmPiece } from '../../../src/contract/pcm-audio.js';
import { openPcmAudio } from '../../../src/media/pcm-audio.js';

const RATE = 24_000;
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const part of open.splice(0)) await part();
});

async function sound() {
  const captured: Int16Array[] = [];
  const reported: string[] = [];
  const audio: PcmAudio = await openPcmAudio({
    onCaptured: (pcm) => captured.push(new Int16Array(pcm)),
    onStarted: (id) => reported.push(`started ${id}`),
    onStopped: (id) => reported.push(`stopped ${id}`),
  });
  open.push(() => audio.release());
  return { audio, captured, reported };
}

const tone = (milliseconds: number, hz = 440): ArrayBuffer =>
  Int16Array.from({ length: (RATE * milliseconds) / 1000 }, (_, index) => 12_000 * Math.sin((2 * Math.PI * hz * index) / RATE)).buffer;
const piece = (milliseconds: number, responseId = 'r1', itemId = 'i1'): PcmPiece => ({
  responseId,
  itemId,
  contentIndex: 0,
  pcm: tone(milliseconds),
});

/** Measures the current level of a track. */
function ear(track: MediaStreamTrack): () => number {
  const context = new AudioContext();
  open.push(() => context.close());
  const analyser = new AnalyserNode(context, { fftSize: 256 });
  new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) }).connect(analyser);
  const samples = new Float32Array(256);
  return () => {
    analyser.getFloatTimeDomainData(samples);
    return Math.max(...samples.map(Math.abs));
  };
}

/** Waits for sustained silence: on a busy machine, a single measurement may miss continuing sound. */
function silence(loudness: () => number): Promise<void> {
  let heard = performance.now();
  return until(() => {
    const now = performance.now();
    if (loudness() >= 0.01) heard = now;
    return now - heard > 400;
  });
}

const until = (check: () => boolean) => vi.waitFor(() => expect(check()).toBe(true), { timeout: 10_000, interval: 5 });

describe('the agent’s voice', () => {
  test('is played in the track, starts and stops once per response, and is then silent', async () => {
    const { audio, reported } = await sound();
    const loudness = ear(audio.track);
    audio.play(piece(200));
    audio.play(piece(200));
    await until(() => loudness() > 0.2);
    expect(reported).toEqual(['started r1']);
    audio.finish('r1');
    await until(() => reported.length === 2);
    expect(reported).toEqual(['started r1', 'stopped r1']);
    await until(() => loudness() < 0.01);
    expect(audio.cut()).toEqual([]);
  });

  test('a response that follows without a gap starts when it is first heard, not when it ends', async () => {
    const { audio, reported } = await sound();
    audio.play(piece(300));
    audio.finish('r1');
    audio.play(piece(20_000, 'r2', 'i2'));
    await until(() => reported.length === 3);
    expect(reported).toEqual(['started r1', 'stopped r1', 'started r2']);
    const [heard, ...others] = audio.cut();
    expect(others).toEqual([]);
    expect(heard).toMatchObject({ responseId: 'r2', itemId: 'i2' });
    expect(heard?.milliseconds).toBeLessThan(20_000);
  });

  test('a very short response is played', async () => {
    const { audio, reported } = await sound();
    audio.play(piece(10));
    audio.finish('r1');
    await until(() => reported.includes('stopped r1'));
  });

  test('cut() silences immediately, reports what was heard, and the next response counts from its own start', async () => {
    const { audio, reported } = await sound();
    const loudness = ear(audio.track);
    audio.play(piece(3_000));
    audio.play(piece(500, 'r1', 'i2'));
    await until(() => loudness() > 0.2);
    const [first, second, ...others] = audio.cut();
    expect(others).toEqual([]);
    expect(first).toMatchObject({ responseId: 'r1', itemId: 'i1', contentIndex: 0 });
    expect(first?.milliseconds).toBeGreaterThanOrEqual(0);
    expect(first?.milliseconds).toBeLessThan(3_000);
    expect(second).toMatchObject({ itemId: 'i2', milliseconds: 0 });
    await until(() => loudness() < 0.01);
    expect(reported).toEqual(['started r1']);

    audio.play(piece(300, 'r2', 'i3'));
    await until(() => loudness() > 0.2);
    audio.finish('r2');
    await until(() => reported.includes('stopped r2'));
    expect(reported).toEqual(['started r1', 'started r2', 'stopped r2']);
    expect(audio.cut()).toEqual([]);
  });

  test('cut() after all received audio was played reports the end of it, never beyond', async () => {
    const { audio, reported } = await sound();
    const loudness = ear(audio.track);
    audio.play(piece(250));
    await until(() => loudness() > 0.2);
    await silence(loudness);
    const [heard, ...others] = audio.cut();
    expect(others).toEqual([]);
    expect(heard).toMatchObject({ responseId: 'r1', itemId: 'i1' });
    expect(heard?.milliseconds).toBeGreaterThan(200);
    expect(heard?.milliseconds).toBeLessThanOrEqual(250);
    expect(reported).toEqual(['started r1']);
  });

  test('many small chunks are batched for the audio thread once it has enough, and played to the end', async () => {
    const { audio, reported } = await sound();
    const loudness = ear(audio.track);
    const post = vi.spyOn(MessagePort.prototype, 'postMessage');
    open.push(() => post.mockRestore());
    for (let count = 0; count < 42; count++) audio.play(piece(50));
    // The mark, ten chunks until half a second is buffered, then five at a time.
    expect(post.mock.calls.length).toBeLessThanOrEqual(1 + 12 + 6);
    await until(() => loudness() > 0.2);
    await silence(loudness);
    expect(audio.cut()).toEqual([{ responseId: 'r1', itemId: 'i1', contentIndex: 0, milliseconds: 2_100 }]);
    expect(reported).toEqual(['started r1']);
  });

  test('audio waiting for the audio thread is dropped by cut(), and sent before the end of a response', async () => {
    const { audio, reported } = await sound();
    const loudness = ear(audio.track);
    for (let count = 0; count < 12; count++) audio.play(piece(50));
    const [cut] = audio.cut();
    expect(cut?.milliseconds).toBeLessThanOrEqual(500);
    audio.play(piece(250, 'r2', 'i2'));
    await until(() => loudness() > 0.2);
    await silence(loudness);
    expect(audio.cut()).toMatchObject([{ itemId: 'i2', milliseconds: 250 }]);

    for (let count = 0; count < 12; count++) audio.play(piece(50, 'r3', 'i3'));
    audio.finish('r3');
    await until(() => reported.includes('stopped r3'));
    expect(audio.cut()).toEqual([]);
  });

  test('ignores an odd byte at the end of a chunk', async () => {
    const { audio, reported } = await sound();
    audio.play({ ...piece(0), pcm: new ArrayBuffer(1) });
    audio.play({ ...piece(0), pcm: tone(100).slice(0, -1) });
    audio.finish('r1');
    await until(() => reported.includes('stopped r1'));
  });
});

describe('the microphone', () => {
  function microphone(hz: number): MediaStreamTrack {
    const context = new AudioContext();
    open.push(() => context.close());
    const output = new MediaStreamAudioDestinationNode(context);
    const source = new OscillatorNode(context, { frequency: hz });
    source.connect(output);
    source.start();
    return output.stream.getAudioTracks()[0] as MediaStreamTrack;
  }
  /**
   * Cycles per second, counted at rising zero crossings: the median over the chunks, because a busy machine loses audio of some.
   */
  const pitch = (pieces: readonly Int16Array[]): number => {
    const cycles = pieces.map(
      (samples) => samples.filter((sample, index) => index > 0 && sample >= 0 && (samples[index - 1] as number) < 0).length,
    );
    return ((cycles.sort((a, b) => a - b)[cycles.length >> 1] as number) * RATE) / 1_920;
  };

  test('arrives in chunks of 80 ms at 24 kHz, whatever the sample rate of the device', async () => {
    const { audio, captured } = await sound();
    await audio.capture(microphone(600));
    await until(() => captured.length > 40);
    expect(new Set(captured.map(({ length }) => length))).toEqual(new Set([1_920]));
    expect(pitch(captured.slice(20))).toBeCloseTo(600, -1.5);
  });

  test('can be replaced or removed; without one there are no chunks; its track is never stopped', async () => {
    const { audio, captured } = await sound();
    const first = microphone(500);
    await audio.capture(first);
    await until(() => captured.length > 10);
    await audio.capture(microphone(1_000));
    const known = captured.length;
    await until(() => captured.length > known + 40);
    expect(pitch(captured.slice(known + 20))).toBeCloseTo(1_000, -2);
    await audio.capture(null);
    expect(first.readyState).toBe('live');
  });

  test('is resampled to 24 kHz in browsers that only accept it in a context of its own sample rate', async () => {
    const Real = MediaStreamAudioSourceNode;
    const rates: number[] = [];
    vi.stubGlobal('MediaStreamAudioSourceNode', function (context: AudioContext, options: MediaStreamAudioSourceOptions) {
      // Firefox.
      if (context.sampleRate === RATE) throw new DOMException('different sample-rate', 'NotSupportedError');
      rates.push(context.sampleRate);
      return new Real(context, options);
    });
    open.push(() => vi.unstubAllGlobals());
    const { audio, captured } = await sound();
    await Promise.all([audio.capture(microphone(900)), audio.capture(microphone(600))]);
    await until(() => captured.length > 40);
    // The earlier one was replaced before any audio arrived.
    expect(rates).toHaveLength(1);
    expect(new Set(captured.map(({ length }) => length))).toEqual(new Set([1_920]));
    expect(pitch(captured.slice(20))).toBeCloseTo(600, -1.5);
  });

  test('nothing arrives after the end', async () => {
    const { audio, captured } = await sound();
    await audio.capture(microphone(500));
    await until(() => captured.length > 5);
    await audio.release();
    const known = captured.length;
    await audio.capture(microphone(500));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
    expect(captured.length).toBe(known);
    expect(audio.track.readyState).toBe('ended');
  });
});

describe('the audio contexts', () => {
  /** The audio contexts that a test opens. */
  function contexts(): AudioContext[] {
    const made: AudioContext[] = [];
    const Real = AudioContext;
    vi.stubGlobal(
      'AudioContext',
      class extends Real {
        constructor(options?: AudioContextOptions) {
          super(options);
          made.push(this);
        }
      },
    );
    open.push(() => vi.unstubAllGlobals());
    return made;
  }

  test('a suspended context is resumed automatically; until then, running is false', async () => {
    const [made, { audio }] = [contexts(), await sound()];
    await until(() => audio.running);
    const resume = vi.spyOn(AudioContext.prototype, 'resume').mockRejectedValue(new DOMException('', 'NotAllowedError'));
    open.push(() => resume.mockRestore());
    await made[0]?.suspend();
    await until(() => resume.mock.calls.length === 1);
    expect(audio.running).toBe(false);
    resume.mockRestore();
    audio.resume();
    await until(() => audio.running);
    await made[0]?.suspend();
    await until(() => audio.running);
  });

  test('an interrupted context is not resumed before it is suspended', async () => {
    const [made, { audio }] = [contexts(), await sound()];
    const [context] = made as [AudioContext];
    await until(() => audio.running);
    const resume = vi.spyOn(context, 'resume').mockResolvedValue();
    const become = (state: string): void => {
      Object.defineProperty(context, 'state', { value: state, configurable: true });
      context.dispatchEvent(new Event('statechange'));
    };
    // iOS, during a phone call.
    become('interrupted');
    audio.resume();
    expect([audio.running, resume.mock.calls.length]).toEqual([false, 0]);
    become('suspended');
    expect(resume).toHaveBeenCalledTimes(1);
    become('running');
    expect([audio.running, resume.mock.calls.length]).toEqual([true, 1]);
    Reflect.deleteProperty(context, 'state');
  });

  test('a separate context for the microphone also counts', async () => {
    const Real = MediaStreamAudioSourceNode;
    vi.stubGlobal('MediaStreamAudioSourceNode', function (context: AudioContext, options: MediaStreamAudioSourceOptions) {
      // Firefox.
      if (context.sampleRate === RATE) throw new DOMException('different sample-rate', 'NotSupportedError');
      return new Real(context, options);
    });
    const device = new AudioContext();
    open.push(() => device.close());
    const [made, { audio }] = [contexts(), await sound()];
    await audio.capture(new MediaStreamAudioDestinationNode(device).stream.getAudioTracks()[0] as MediaStreamTrack);
    await until(() => audio.running);
    expect(made).toHaveLength(2);
    const resume = vi.spyOn(AudioContext.prototype, 'resume').mockResolvedValue();
    open.push(() => resume.mockRestore());
    await made[1]?.suspend();
    await until(() => !audio.running);
  });
});

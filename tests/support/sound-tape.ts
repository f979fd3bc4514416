/**
 * Records in the page what an audio element plays. Owns one AudioContext of the page, driven by the browser's audio
 * thread; it does not poll, and every 20 ms frame has the time at which it was played.
 */
import type { Page } from '@playwright/test';

/** The audio worklet's module: 24 kHz mono in frames of 20 ms, with `Date.now()` times. */
export const TAPE_MODULE = `
registerProcessor('tape', class extends AudioWorkletProcessor {
  frame = new Int16Array(480);
  filled = 0;
  process([input]) {
    const samples = input[0];
    for (let index = 0; index < 128; index++) {
      const sample = Math.max(-1, Math.min(1, samples?.[index] ?? 0));
      this.frame[this.filled++] = Math.round(sample * 32767);
      if (this.filled < this.frame.length) continue;
      this.port.postMessage({ at: Date.now(), frame: this.frame });
      this.frame = new Int16Array(480);
      this.filled = 0;
    }
    return true;
  }
});`;

/** Mean square above which a frame counts as sound: −50 dBFS. */
const SOUNDING = 1e-5;

interface PageTape {
  /** Records what this element plays from now on. */
  follow(element: HTMLMediaElement): Promise<void>;
  /** Time of the first frame at or after a time with (or without) sound. */
  until(sounding: boolean, after: number): Promise<number>;
  frames: { at: number; frame: Int16Array; sounding: boolean }[];
}

declare global {
  interface Window {
    tape: PageTape;
  }
}

/** Recorded frames with their times. */
export interface Recorded {
  /** `Date.now()` of the end of each frame. */
  readonly at: number;
  /** 20 ms at 24 kHz. */
  readonly frame: Int16Array;
}

/** The recorder of one page; it records the widget's `audioElement`. */
export class Tape {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Call before the page is opened. */
  async install(): Promise<void> {
    await this.#page.addInitScript(installTape, SOUNDING);
  }

  /** Gives the widget an audio element of the page and records what it plays. */
  async listen(): Promise<void> {
    await this.#page.locator('voice-agent').evaluate(async (agent: HTMLElementTagNameMap['voice-agent']) => {
      agent.audioElement ??= new Audio();
      await window.tape.follow(agent.audioElement);
    });
  }

  /** Waits for sound after a time (the page's `Date.now()`, which is this machine's); returns when it began. */
  sound(after = 0): Promise<number> {
    return this.#page.evaluate((time) => window.tape.until(true, time), after);
  }

  /** Waits for a silent frame after a time. */
  silence(after = 0): Promise<number> {
    return this.#page.evaluate((time) => window.tape.until(false, time), after);
  }

  /** All frames between two times. */
  async frames(since = 0, until = Infinity): Promise<Recorded[]> {
    const frames = await this.#page.evaluate(
      ([from, to]) =>
        window.tape.frames
          .filter(({ at }) => at >= (from ?? 0) && at <= (to ?? Infinity))
          .map(({ at, frame }) => ({ at, bytes: btoa(String.fromCharCode(...new Uint8Array(frame.buffer))) })),
      [since, until === Infinity ? Number.MAX_SAFE_INTEGER : until],
    );
    return frames.map(({ at, bytes }) => {
      const buffer = Buffer.from(bytes, 'base64');
      return { at, frame: new Int16Array(buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length)) };
    });
  }

  /** All samples between two times, 24 kHz mono. */
  async samples(since = 0, until = Infinity): Promise<Int16Array> {
    const frames = await this.frames(since, until);
    const joined = new Int16Array(frames.length * 480);
    frames.forEach(({ frame }, index) => joined.set(frame, index * 480));
    return joined;
  }
}

/** Runs in the page. */
function installTape(threshold: number): void {
  let context: AudioContext | undefined;
  let node: AudioWorkletNode | undefined;
  let source: MediaStreamAudioSourceNode | undefined;
  let waiting: ((frame: PageTape['frames'][number]) => boolean)[] = [];
  const frames: PageTape['frames'] = [];

  const hear = ({ data: { at, frame } }: MessageEvent<{ at: number; frame: Int16Array }>): void => {
    let power = 0;
    for (const sample of frame) power += (sample / 32_768) ** 2;
    const entry = { at, frame, sounding: power / frame.length > threshold };
    frames.push(entry);
    waiting = waiting.filter((wait) => !wait(entry));
  };
  const play = (element: HTMLMediaElement): void => {
    const stream = element.srcObject;
    source?.disconnect();
    if (!context || !node || !(stream instanceof MediaStream) || stream.getAudioTracks().length === 0) return;
    source = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
    source.connect(node);
  };

  window.tape = {
    frames,
    async follow(element) {
      context = new AudioContext({ sampleRate: 24_000 });
      await context.audioWorklet.addModule('/support/tape.js');
      node = new AudioWorkletNode(context, 'tape', { channelCount: 1, channelCountMode: 'explicit' });
      node.port.onmessage = hear;
      node.connect(context.destination);
      for (const moment of ['loadstart', 'playing']) element.addEventListener(moment, () => play(element));
      play(element);
    },
    until(sounding, after) {
      const fits = (frame: PageTape['frames'][number]): boolean => frame.at >= after && frame.sounding === sounding;
      const known = frames.find(fits);
      if (known) return Promise.resolve(known.at);
      return new Promise((resolve) => {
        waiting.push((frame) => {
          if (fits(frame)) resolve(frame.at);
          return fits(frame);
        });
      });
    },
  };
}

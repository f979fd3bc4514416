/**
 * Plays PCM chunks on the audio thread and tracks how much of them was heard.
 *
 * Owns: which samples belong to which item, when each response started and stopped playing.
 * Does not own: the queue itself (`pcm-worklet.ts`), the loudspeaker.
 */
import type { Heard, PcmAudioSetup, PcmPiece } from '../contract/pcm-audio.js';

const RATE = 24_000;
const BYTES = 2;

/**
 * Output latency in seconds that the context does not include: the stream's path into the audio element and the element's
 * buffer. Measured in Chromium 156 against a recording of the element's output.
 */
const ELEMENT_DELAY = 0.02;

/**
 * A message to the audio thread is the most expensive part of handling a chunk. While that thread has half a second of audio in
 * reserve, chunks are batched here until they hold a quarter of a second or 200 ms have passed.
 */
const RESERVE = RATE / 2;
const TOGETHER = RATE / 4;
const WAIT_MS = 200;

/** A run of samples of one item. `end` counts from the last cut. */
interface Stretch {
  readonly piece: Omit<PcmPiece, 'pcm'>;
  readonly begin: number;
  end: number;
}

interface Sounding {
  readonly begin: number;
  end: number;
  begun: boolean;
  finished: boolean;
}

interface Report {
  readonly cuts: number;
  readonly played: number;
  readonly frame: number;
  readonly flowing: boolean;
}

/** The player of one call. */
export class PcmPlayer {
  readonly node: AudioWorkletNode;
  readonly #context: BaseAudioContext;
  readonly #setup: Pick<PcmAudioSetup, 'onStarted' | 'onStopped'>;
  #stretches: Stretch[] = [];
  readonly #responses = new Map<string, Sounding>();
  #queued = 0;
  /** Chunks that were not sent to the audio thread yet, their number of samples, and the timer that sends them at the latest. */
  #waiting: ArrayBuffer[] = [];
  #waitingSamples = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #cuts = 0;
  #report: Report = { cuts: 0, played: 0, frame: 0, flowing: false };

  constructor(context: BaseAudioContext, setup: Pick<PcmAudioSetup, 'onStarted' | 'onStopped'>) {
    this.#context = context;
    this.#setup = setup;
    this.node = new AudioWorkletNode(context, 'voice-agent-player', { numberOfInputs: 0, outputChannelCount: [1] });
    this.node.port.onmessage = ({ data }: MessageEvent<Report>) => {
      if (data.cuts !== this.#cuts) return;
      this.#report = data;
      this.#reportPlayback();
    };
  }

  play({ pcm, ...piece }: PcmPiece): void {
    const samples = Math.floor(pcm.byteLength / BYTES);
    if (samples === 0) return;
    const begin = this.#queued;
    this.#queued += samples;
    const last = this.#stretches.at(-1);
    if (last?.piece.itemId === piece.itemId && last.piece.contentIndex === piece.contentIndex) last.end = this.#queued;
    else this.#stretches.push({ piece, begin, end: this.#queued });
    const response = this.#responses.get(piece.responseId);
    if (response) response.end = this.#queued;
    else {
      this.#responses.set(piece.responseId, { begin, end: this.#queued, begun: false, finished: false });
      this.#order('mark');
    }
    this.#waiting.push(pcm.byteLength % BYTES === 0 ? pcm : pcm.slice(0, samples * BYTES));
    this.#waitingSamples += samples;
    if (this.#waitingSamples >= TOGETHER || this.#queued - this.#waitingSamples - this.#heard(0) < RESERVE) this.#hand();
    else this.#timer ??= setTimeout(() => this.#hand(), WAIT_MS);
  }

  finish(responseId: string): void {
    const response = this.#responses.get(responseId);
    if (!response || response.finished) return;
    response.finished = true;
    this.#order('end');
    this.#reportPlayback();
  }

  cut(): readonly Heard[] {
    const heard = this.#heard(ELEMENT_DELAY);
    // Audio that has left the audio thread counts as heard, because it can no longer be stopped.
    const gone = this.#heard(0);
    const left = this.#stretches.filter(({ piece, end }) => end > gone || this.#goesOn(piece.responseId, end));
    this.#waiting = [];
    this.#order('cut');
    this.#cuts++;
    this.#queued = 0;
    this.#stretches = [];
    this.#responses.clear();
    this.#report = { cuts: this.#cuts, played: 0, frame: 0, flowing: false };
    return left.map(({ piece, begin, end }) => ({ ...piece, milliseconds: (Math.max(0, Math.min(heard, end) - begin) / RATE) * 1000 }));
  }

  /** Sends the waiting chunks to the audio thread. */
  #hand(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const pieces = this.#waiting;
    this.#waiting = [];
    this.#waitingSamples = 0;
    if (pieces.length > 0) this.node.port.postMessage(pieces, pieces);
  }

  /** Sends an order after all waiting chunks. */
  #order(order: 'mark' | 'end' | 'cut'): void {
    this.#hand();
    this.node.port.postMessage(order);
  }

  /** True if more audio of this response would follow this end. */
  #goesOn(responseId: string, end: number): boolean {
    const response = this.#responses.get(responseId);
    return response?.end === end && !response.finished;
  }

  /** Estimated number of samples played until `ago` seconds ago: from the last report and the time since. */
  #heard(ago: number): number {
    const { played, frame, flowing } = this.#report;
    const { currentTime, sampleRate } = this.#context;
    const since = Math.max(0, currentTime - frame / sampleRate);
    // If nothing is playing, the last samples are still in the output latency.
    const on = flowing ? since - ago : -Math.max(0, ago - since);
    return Math.max(0, Math.min(this.#queued - this.#waitingSamples, played + on * RATE));
  }

  #reportPlayback(): void {
    const { played } = this.#report;
    for (const [id, response] of this.#responses) {
      if (!response.begun && played > response.begin) {
        response.begun = true;
        this.#setup.onStarted(id);
      }
      // Rounded on the audio thread when it resamples: a sample more or less does not matter.
      if (response.begun && response.finished && played >= response.end - 2) {
        this.#responses.delete(id);
        this.#setup.onStopped(id);
      }
    }
    while (this.#stretches.length > 1 && (this.#stretches[0] as Stretch).end < played - RATE) this.#stretches.shift();
  }
}

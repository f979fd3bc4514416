/**
 * The server's output audio buffer of a WebRTC call: generated audio that waits to be played in real time. The media
 * side pulls a frame every 20 ms; a pulled frame counts as heard. Owns the queue and how much of each item was played;
 * sends nothing, its owner turns the callbacks into `output_audio_buffer.*` events.
 */
import { FRAME_SAMPLES, SAMPLE_RATE } from '../media/peer.js';

/** Called when playback begins, and when it ends after the last sample. */
export interface PlayoutEvents {
  onStarted(responseId: string): void;
  onStopped(responseId: string): void;
}

/** The audio removed by a clear. */
export interface Cut {
  responseId: string;
  /** The item that was playing, and how much of it was played in milliseconds. */
  itemId: string;
  contentIndex: number;
  playedMs: number;
  /** True if part of the item was not played. */
  unheard: boolean;
}

interface Chunk {
  responseId: string;
  itemId: string;
  contentIndex: number;
  pcm: Int16Array;
}

/** The output buffer of one call. */
export class Playout {
  readonly #events: PlayoutEvents;
  #queue: Chunk[] = [];
  #offset = 0;
  /** The response whose audio has started and not stopped. */
  #playing: string | undefined;
  /** The item that is playing, or played last, in the playing response. */
  #current: { itemId: string; contentIndex: number } | undefined;
  #played = new Map<string, number>();
  /** Responses that have pushed all their audio. */
  #complete = new Set<string>();
  /** Responses whose audio was cut; audio they push afterwards is dropped. */
  #cut = new Set<string>();

  constructor(events: PlayoutEvents) {
    this.#events = events;
  }

  /** The response being heard. */
  get playing(): string | undefined {
    return this.#playing;
  }

  /** True when there is nothing left to play. */
  get idle(): boolean {
    return this.#queue.length === 0 && this.#playing === undefined;
  }

  /** Milliseconds of an item that were played. */
  playedMs(itemId: string): number {
    return ((this.#played.get(itemId) ?? 0) * 1000) / SAMPLE_RATE;
  }

  /** Queues audio. */
  push(responseId: string, itemId: string, contentIndex: number, pcm: Int16Array): void {
    if (pcm.length === 0 || this.#cut.has(responseId)) return;
    this.#queue.push({ responseId, itemId, contentIndex, pcm });
  }

  /** Marks a response as having pushed all its audio. */
  complete(responseId: string): void {
    this.#complete.add(responseId);
  }

  /** The next 20 ms, or `undefined` for silence. */
  nextFrame(): Int16Array | undefined {
    const first = this.#queue[0];
    if (first === undefined) {
      this.#stopWhenDone();
      return undefined;
    }
    if (this.#playing !== first.responseId) {
      if (this.#playing !== undefined) this.#stop(this.#playing);
      this.#playing = first.responseId;
      this.#events.onStarted(first.responseId);
    }
    const frame = new Int16Array(FRAME_SAMPLES);
    let filled = 0;
    for (;;) {
      const chunk = this.#queue[0];
      if (chunk === undefined || chunk.responseId !== first.responseId || filled === FRAME_SAMPLES) break;
      const part = chunk.pcm.subarray(this.#offset, this.#offset + FRAME_SAMPLES - filled);
      frame.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
      this.#current = { itemId: chunk.itemId, contentIndex: chunk.contentIndex };
      this.#played.set(chunk.itemId, (this.#played.get(chunk.itemId) ?? 0) + part.length);
      if (this.#offset >= chunk.pcm.length) {
        this.#queue.shift();
        this.#offset = 0;
      }
    }
    return frame;
  }

  #stopWhenDone(): void {
    if (this.#playing !== undefined && this.#complete.has(this.#playing)) this.#stop(this.#playing);
  }

  #stop(responseId: string): void {
    this.#playing = undefined;
    this.#current = undefined;
    this.#complete.delete(responseId);
    this.#events.onStopped(responseId);
  }

  /** Cuts the audio immediately; `undefined` if nothing was playing or queued. */
  clear(): Cut | undefined {
    const waiting = this.#queue[0];
    const responseId = this.#playing ?? waiting?.responseId;
    if (responseId === undefined) return undefined;
    const current = this.#current ?? waiting;
    const unheard = waiting !== undefined || !this.#complete.has(responseId);
    for (const chunk of this.#queue) this.#cut.add(chunk.responseId);
    this.#cut.add(responseId);
    this.#queue = [];
    this.#offset = 0;
    this.#playing = undefined;
    this.#current = undefined;
    this.#complete.delete(responseId);
    if (current === undefined) return undefined;
    return {
      responseId,
      itemId: current.itemId,
      contentIndex: current.contentIndex,
      playedMs: Math.floor(this.playedMs(current.itemId)),
      unheard,
    };
  }
}

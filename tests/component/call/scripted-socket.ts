/**
 * Scripted dependencies of a WebSocket transport: a `WebSocket` without a network, audio without an audio thread, and
 * a clock that tests control.
 */
import type { RealtimeEvent } from '../../../src/contract/options.js';
import type { Heard, PcmAudio, PcmAudioSetup, PcmPiece } from '../../../src/contract/pcm-audio.js';
import type { Timers } from '../../../src/transport/transport.js';

/** The other end of a socket; replaces the browser's class. */
export class ScriptedSocket extends EventTarget {
  static readonly OPEN = 1;
  /** All created sockets, newest last. */
  static readonly made: ScriptedSocket[] = [];
  readonly url: string;
  readonly protocols: readonly string[];
  readyState = 0;
  bufferedAmount = 0;
  readonly sent: RealtimeEvent[] = [];
  #ids = 0;

  constructor(url: string | URL, protocols: string | string[] = []) {
    super();
    this.url = String(url);
    this.protocols = [protocols].flat();
    ScriptedSocket.made.push(this);
  }

  send(text: string): void {
    if (this.readyState !== ScriptedSocket.OPEN) throw new DOMException('not open', 'InvalidStateError');
    this.sent.push(JSON.parse(text) as RealtimeEvent);
  }

  close(): void {
    if (this.readyState < 2) this.readyState = 2;
  }

  /** The handshake succeeds. */
  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  /** Delivers a server event; an `event_id` is added. */
  say(event: RealtimeEvent): void {
    this.sayRaw(JSON.stringify({ event_id: `event_${++this.#ids}`, ...event }));
  }

  sayRaw(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }

  /** The connection ends. */
  end(code: number, reason = ''): void {
    this.readyState = 3;
    this.dispatchEvent(new CloseEvent('close', { code, reason, wasClean: code !== 1006 }));
  }

  types(): string[] {
    return this.sent.map(({ type }) => type);
  }
}

/** Audio of a call that only records its calls. */
export class ScriptedAudio implements PcmAudio {
  readonly track = { kind: 'audio' } as MediaStreamTrack;
  running = true;
  readonly setup: PcmAudioSetup;
  readonly played: PcmPiece[] = [];
  readonly finished: string[] = [];
  readonly captured: (MediaStreamTrack | null)[] = [];
  /** The result of the next `cut()`. */
  heard: readonly Heard[] = [];
  cuts = 0;
  resumed = 0;
  released = 0;

  constructor(setup: PcmAudioSetup) {
    this.setup = setup;
  }
  async capture(track: MediaStreamTrack | null): Promise<void> {
    this.captured.push(track);
  }
  play(piece: PcmPiece): void {
    this.played.push(piece);
  }
  finish(responseId: string): void {
    this.finished.push(responseId);
  }
  cut(): readonly Heard[] {
    this.cuts++;
    return this.heard;
  }
  resume(): void {
    this.resumed++;
  }
  async release(): Promise<void> {
    this.released++;
  }
}

/** A clock that only moves with `advance()`. */
export class ScriptedTime implements Timers {
  #at = 0;
  #ids = 0;
  readonly #timers = new Map<unknown, { due: number; callback: () => void }>();

  get pending(): number {
    return this.#timers.size;
  }
  readonly setTimeout = (callback: () => void, milliseconds: number): unknown => {
    this.#timers.set(++this.#ids, { due: this.#at + milliseconds, callback });
    return this.#ids;
  };
  readonly clearTimeout = (timer: unknown): void => void this.#timers.delete(timer);

  advance(milliseconds: number): void {
    const end = this.#at + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(([, { due }]) => due <= end).sort(([, a], [, b]) => a.due - b.due);
      if (!next) break;
      this.#timers.delete(next[0]);
      this.#at = next[1].due;
      next[1].callback();
    }
    this.#at = end;
  }
}

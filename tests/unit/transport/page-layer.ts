/**
 * Shared by the tests of a page's own transport: a layer that records its calls, fake audio, and a call over them. After each test,
 * every call is released, and no audio may be left open.
 */
import { afterEach, expect } from 'vitest';
import { CallBus } from '../../../src/contract/call-bus.js';
import type { CallOptions, RealtimeEvent } from '../../../src/contract/options.js';
import type { Heard, PcmAudio, PcmAudioSetup, PcmPiece } from '../../../src/contract/pcm-audio.js';
import { createTransport } from '../../../src/transport/custom/index.js';
import type { TransportOptions } from '../../../src/transport/transport.js';

type Listener = (...args: never[]) => void;

/** A layer that records its calls. */
export class Layer {
  status: 'connecting' | 'connected' | 'disconnecting' | 'disconnected' = 'disconnected';
  muted: boolean | null = null;
  readonly asked: unknown[][] = [];
  readonly listeners = new Map<string, Set<Listener>>();
  readonly requestResponse: ((response?: unknown) => void) | undefined;
  connecting: Promise<void> = Promise.resolve();

  constructor(fields: Partial<Layer> = {}) {
    Object.assign(this, fields);
  }
  async connect(options: unknown): Promise<void> {
    this.asked.push(['connect', options]);
    this.status = 'connecting';
    await this.connecting;
    this.status = 'connected';
  }
  close(): void {
    this.asked.push(['close']);
    this.status = 'disconnected';
    this.dispatch('connection_change', 'disconnected');
    this.dispatch('disconnected');
  }
  mute(muted: boolean): void {
    this.asked.push(['mute', muted]);
    this.muted = muted;
  }
  sendEvent(...args: unknown[]): void {
    this.asked.push(['sendEvent', ...args]);
  }
  sendMessage(...args: unknown[]): void {
    this.asked.push(['sendMessage', ...args]);
  }
  addImage(...args: unknown[]): void {
    this.asked.push(['addImage', ...args]);
  }
  sendAudio(...args: unknown[]): void {
    this.asked.push(['sendAudio', ...args]);
  }
  updateSessionConfig(...args: unknown[]): void {
    this.asked.push(['updateSessionConfig', ...args]);
  }
  interrupt(): void {
    this.asked.push(['interrupt']);
    this.dispatch('audio_interrupted');
  }
  sendFunctionCallOutput(...args: unknown[]): void {
    this.asked.push(['sendFunctionCallOutput', ...args]);
  }
  resetHistory(...args: unknown[]): void {
    this.asked.push(['resetHistory', ...args]);
  }
  sendMcpResponse(...args: unknown[]): void {
    this.asked.push(['sendMcpResponse', ...args]);
  }
  on(type: string, listener: Listener): void {
    this.listeners.set(type, (this.listeners.get(type) ?? new Set()).add(listener));
  }
  once(type: string, listener: Listener): void {
    this.on(type, listener);
  }
  off(type: string, listener: Listener): void {
    this.listeners.get(type)?.delete(listener);
  }
  emit(type: string, ...args: never[]): boolean {
    this.dispatch(type, ...args);
    return true;
  }
  dispatch(type: string, ...args: unknown[]): void {
    for (const listener of [...(this.listeners.get(type) ?? [])]) listener(...(args as never[]));
  }
  get listenerCount(): number {
    return [...this.listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }
}

/** Fake audio of a call. */
export class Sound implements PcmAudio {
  static open = 0;
  readonly track = {} as MediaStreamTrack;
  running = true;
  readonly played: PcmPiece[] = [];
  readonly finished: string[] = [];
  captured: MediaStreamTrack | null | undefined;
  queue: string | undefined;
  constructor() {
    Sound.open++;
  }
  async capture(track: MediaStreamTrack | null): Promise<void> {
    this.captured = track;
  }
  play(piece: PcmPiece): void {
    this.played.push(piece);
    this.queue = piece.responseId;
  }
  finish(responseId: string): void {
    this.finished.push(responseId);
  }
  cut(): readonly Heard[] {
    const responseId = this.queue;
    this.queue = undefined;
    return responseId === undefined ? [] : [{ responseId, itemId: 'i', contentIndex: 0, milliseconds: 10 }];
  }
  resume(): void {
    // Nothing to resume.
  }
  async release(): Promise<void> {
    Sound.open--;
  }
}

const open: { release(): void }[] = [];
afterEach(() => {
  for (const transport of open.splice(0)) transport.release();
  expect(Sound.open, 'audio that is still open').toBe(0);
});

/** A call over this layer, and everything that it reports. */
export function call(layer: object, options: CallOptions = {}, overrides: Partial<TransportOptions> = {}) {
  const events: [RealtimeEvent, boolean][] = [];
  const ends: unknown[] = [];
  const sounds: Sound[] = [];
  const setups: PcmAudioSetup[] = [];
  const muted = { now: false };
  const bus = new CallBus();
  bus.on('mute', (now) => {
    muted.now = now;
    transport.muteInput?.(now);
  });
  bus.on('interrupt', () => transport.stopAnswer?.());
  bus.on('server-event', (event) => events.push([event, false]));
  bus.on('local-event', (event) => events.push([event, true]));
  bus.on('disconnected', (end) => ends.push(end));
  const transport = createTransport({
    call: { ...options, transport: layer as NonNullable<CallOptions['transport']> },
    session: { type: 'realtime' },
    dialect: undefined,
    receiveOnly: false,
    url: undefined,
    timers: { setTimeout: () => 0, clearTimeout: () => undefined },
    exchange: () => Promise.reject(new Error('no offer')),
    socketAddress: () => Promise.reject(new Error('no socket')),
    key: () => Promise.resolve('ek_secret'),
    openAudio: (setup) => {
      setups.push(setup);
      sounds.push(new Sound());
      return Promise.resolve(sounds.at(-1) as Sound);
    },
    isMuted: () => muted.now,
    bus,
    ...overrides,
  });
  open.push(transport);
  return { transport, bus, events, ends, sounds, setups };
}

/** A buffer with this number of samples. */
export const pcm = (length: number) => Int16Array.from({ length }, (_, index) => index).buffer;
/** The types of events; local ones are marked. */
export const types = (events: [RealtimeEvent, boolean][]) => events.map(([{ type }, own]) => (own ? `own ${type}` : type));

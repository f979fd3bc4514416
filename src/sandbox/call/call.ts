/**
 * One call from its first byte to its end: the session behind it, the client and any sidebands in front of it, its
 * timers, log and measurements. Owns the lifetime: whatever ends the call, `end` frees everything.
 *
 * Tests see this class as `SandboxCall`.
 */
import { ApiError } from '../protocol/api-error.js';
import { encodeAudio } from '../session/audio-format.js';
import type { SandboxCall, EndReason } from './sandbox-call.js';
import { EventRefusal, readClientEvent } from './client-events.js';
import { Timers } from '../clock.js';
import type { Clock } from '../clock.js';
import { EventLog } from './event-log.js';
import type { EventMatch, RecordedEvent, WaitOptions } from './event-log.js';
import { newId } from '../protocol/ids.js';
import type { Synthesise } from '../session/write-item.js';
import { Outbox } from './outbox.js';
import type { Wire } from './outbox.js';
import type { Peer } from '../media/peer.js';
import { Playout } from '../session/playout.js';
import type { CallWire, Profile, ProfileName } from '../profiles/profile.js';
import type { StoredItem } from '../protocol/items.js';
import { Recording } from '../media/recording.js';
import type { FrameCounts, LevelSample } from '../media/recording.js';
import { CallScript } from '../scripting/scenario.js';
import type { Scenario } from '../scripting/scenario.js';
import type { Reply } from '../session/session-script.js';
import { Session } from '../session/session.js';
import type { SessionConfig } from '../session/session-config.js';
import type { Transcribe } from '../session/transcription.js';

/** Dependencies and options of a call. */
export interface CallParts {
  kind: SandboxCall['kind'];
  /** The id of a phone call, which is known before the call begins. */
  id?: string;
  /** The server being imitated. */
  profile: Profile;
  /** The key that opened the call, unredacted because tests compare it. */
  key: string;
  config: SessionConfig;
  modelFixed: boolean;
  clock: Clock;
  scenario: () => Scenario;
  speak: Synthesise;
  transcribe: Transcribe | undefined;
  thinkMs: number;
  speed: number;
  /** Maximum duration in milliseconds. */
  capMs: number;
  /** Seconds of audio kept for tests. */
  keepSeconds: number;
  onEnd: (call: Call) => void;
}

/** A wire that can be closed with a reason. */
export interface ClosableWire extends Wire {
  close(code: number, reason: string): void;
}

/** One call. */
export class Call implements SandboxCall {
  readonly id: string;
  readonly kind: CallParts['kind'];
  readonly key: string;
  readonly startedAt: number;
  readonly log: EventLog;
  readonly timers: Timers;
  readonly outbox: Outbox;
  readonly session: Session;
  readonly script: CallScript;
  readonly #translation: CallWire;
  readonly #parts: CallParts;
  readonly #recording: Recording;
  readonly #playout: Playout | undefined;
  readonly #sidebands = new Set<ClosableWire>();
  readonly #ended = deferred<EndReason>();
  #peer: Peer | undefined;
  #wire: ClosableWire | undefined;
  #state: SandboxCall['state'] = 'connecting';
  #endReason: EndReason | undefined;
  #silenced = false;

  constructor(parts: CallParts) {
    this.#parts = parts;
    this.kind = parts.kind;
    this.key = parts.key;
    this.id = parts.id ?? (parts.kind === 'webrtc' ? newId('rtc') : parts.config.id);
    this.startedAt = parts.clock.now();
    this.log = new EventLog(() => parts.clock.now());
    this.timers = new Timers(parts.clock);
    this.#recording = new Recording(() => parts.clock.now(), parts.keepSeconds);
    this.script = new CallScript(parts.scenario);
    this.#translation = parts.profile.wire(parts.kind === 'websocket' ? 'websocket' : 'webrtc');
    this.outbox = new Outbox({
      log: this.log,
      timers: this.timers,
      translate: (event) => this.#translation.outgoing(event),
      faults: () => this.script.faults,
      primary: () => this.#wire,
      sidebands: () => this.#sidebands,
      onSent: (type) => {
        this.script.faults.afterEvent(type, this);
      },
    });
    this.#playout = parts.kind === 'websocket' ? undefined : this.#makePlayout();
    this.session = new Session({
      config: parts.config,
      modelFixed: parts.modelFixed,
      timers: this.timers,
      now: () => parts.clock.now(),
      emit: (event) => {
        if (this.#state !== 'ended') this.outbox.emit(event);
      },
      onAppended: (pcm) => {
        this.#recording.heard(pcm);
      },
      speak: parts.speak,
      transcribe: parts.transcribe,
      script: this.script,
      thinkMs: parts.thinkMs,
      speed: parts.speed,
      ...(this.#playout === undefined ? { encode: encodeAudio } : { playout: this.#playout }),
    });
    this.timers.after(parts.capMs, () => {
      this.#expire();
    });
  }

  #makePlayout(): Playout {
    return new Playout({
      onStarted: (response_id) => {
        this.outbox.emit({ type: 'output_audio_buffer.started', response_id });
      },
      onStopped: (response_id) => {
        this.outbox.emit({ type: 'output_audio_buffer.stopped', response_id });
        this.session.armIdleTimer();
      },
    });
  }

  // ---- called by the connections -------------------------------------------------------------------------------

  /** Attaches the WebRTC peer once the answer exists, or the phone line. */
  attachPeer(peer: Peer): void {
    this.#peer = peer;
    if (this.#state === 'ended') void peer.close();
  }

  /** The data channel of a WebRTC call has opened, or the phone call was answered. */
  openChannel(): void {
    const peer = this.#peer;
    if (peer === undefined) return;
    const { frames } = this.#parts.profile;
    this.open({
      send: (text) => {
        for (const frame of frames?.(text, newId('event')) ?? [text]) peer.send(frame);
      },
      sendBinary: (bytes) => peer.sendBinary?.(bytes),
      // `end` closes the peer.
      close: () => undefined,
    });
  }

  /** The client has connected. */
  open(wire: ClosableWire): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#wire = wire;
    this.script.faults.afterEvent('open', this);
    this.session.announce((event) => this.outbox.emit(event, wire));
    this.session.begin();
  }

  /** Handles a message from the client or a sideband; `undefined` means it was binary. */
  receive(message: string | undefined, from?: Wire): void {
    if (this.#state === 'ended') return;
    try {
      const { received, translated } = readClientEvent(message, (event) =>
        this.#translation.incoming(event, (error) => {
          this.refuse(error, null, from);
        }),
      );
      this.log.record('in', received.type, received);
      try {
        this.script.faults.handle(received.type, {
          handle: () => {
            for (const event of translated) this.session.handle(event);
          },
        });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        throw new EventRefusal(error, (received['event_id'] as string | undefined) ?? null);
      }
    } catch (error) {
      if (!(error instanceof EventRefusal)) throw error;
      if (message === undefined || error.refusal.code === 'invalid_json') this.log.record('in', 'invalid', { raw: message ?? '' });
      this.refuse(error.refusal, this.#parts.profile.namesEvent ? error.clientEventId : null, from);
    }
  }

  /** Sends an error event. */
  refuse(error: ApiError, clientEventId: string | null, to?: Wire): void {
    this.outbox.emit(
      {
        type: 'error',
        error: { type: error.type, code: error.code, message: error.message, param: error.param, event_id: clientEventId },
      },
      to,
    );
  }

  /** Receives one frame from the visitor's microphone. */
  hear(pcm: Int16Array): void {
    if (this.#state === 'ended') return;
    this.#recording.heard(pcm);
    // Media can arrive before the channel opens; the session only begins with `session.created`.
    if (this.#state === 'open') this.session.hear(pcm);
  }

  /** Receives a key press of the phone caller. The published event has no `event_id`. */
  toneReceived(event: string): void {
    if (this.#state === 'ended') return;
    this.outbox.dispatch({ type: 'input_audio_buffer.dtmf_event_received', event, received_at: Math.floor(this.now() / 1000) });
  }

  /** Returns the next 20 ms for the visitor's speaker. */
  nextFrame(): Int16Array | undefined {
    if (this.#state === 'ended') return undefined;
    this.session.tick(performance.now());
    const frame = this.#playout?.nextFrame();
    const heard = this.#silenced ? undefined : frame;
    this.#recording.sent(heard !== undefined);
    return heard;
  }

  /** Attaches a sideband, which receives all events from now on. Returns a function that detaches it. */
  attachSideband(wire: ClosableWire): () => void {
    this.#sidebands.add(wire);
    this.session.announce((event) => this.outbox.emit(event, wire));
    return () => this.#sidebands.delete(wire);
  }

  #expire(): void {
    const minutes = Number((this.#parts.capMs / 60_000).toFixed(2));
    const message = `Your session hit the maximum duration of ${String(minutes)} minutes.`;
    this.refuse(new ApiError({ message, code: 'session_expired' }), null);
    this.end('expired', 1001, message);
  }

  /** Ends the call once and frees everything it holds. */
  end(reason: EndReason, code = 1000, text = ''): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#endReason = reason;
    this.session.dispose();
    this.timers.clear();
    for (const wire of [this.#wire, ...this.#sidebands]) wire?.close(code, text);
    this.#sidebands.clear();
    this.#wire = undefined;
    void this.#peer?.close();
    this.#peer = undefined;
    this.#parts.onEnd(this);
    this.#ended.resolve(reason);
  }

  // ---- the test interface, documented in sandbox-call.ts -------------------------------------------------------

  get state(): SandboxCall['state'] {
    return this.#state;
  }

  get profile(): ProfileName {
    return this.#parts.profile.name;
  }

  get endReason(): EndReason | undefined {
    return this.#endReason;
  }

  get ended(): Promise<EndReason> {
    return this.#ended.promise;
  }

  get sessionConfig(): SessionConfig {
    return this.session.config;
  }

  get items(): readonly StoredItem[] {
    return this.session.conversation.entries.map(({ item }) => structuredClone(item));
  }

  get events(): readonly RecordedEvent[] {
    return this.log.events;
  }

  get frames(): Readonly<FrameCounts> {
    return this.#recording.frames;
  }

  get levels(): readonly LevelSample[] {
    return this.#recording.levels;
  }

  get silenceSince(): number | undefined {
    return this.#recording.silenceSince;
  }

  /** The sandbox's time in milliseconds since the epoch. */
  now(): number {
    return this.#parts.clock.now();
  }

  get pendingTimers(): number {
    return this.timers.size;
  }

  inputLevel(options: { since?: number } = {}): number {
    return this.#recording.level(options.since);
  }

  inputAudio(options: { since?: number } = {}): Int16Array {
    return this.#recording.audio(options.since);
  }

  async waitForClientEvent(match: EventMatch, options?: WaitOptions): Promise<RecordedEvent> {
    return this.log.waitFor('in', match, options);
  }

  async waitForServerEvent(match: EventMatch, options?: WaitOptions): Promise<RecordedEvent> {
    return this.log.waitFor('out', match, options);
  }

  replyNext(reply: Reply): void {
    this.script.replyNext(reply);
  }

  sendEvent(event: Record<string, unknown> & { type: string }): void {
    this.outbox.dispatch('event_id' in event ? event : { ...event, event_id: newId('event') });
  }

  sendRaw(text: string): void {
    this.outbox.raw(text);
  }

  sendBinary(bytes: Uint8Array): void {
    this.outbox.binary(bytes);
  }

  closeChannel(): void {
    if (this.#peer === undefined) this.#wire?.close(1011, 'closed by the script');
    else this.#peer.closeChannel();
  }

  get sidebands(): number {
    return this.#sidebands.size;
  }

  closeSidebands(code = 1011): void {
    for (const wire of this.#sidebands) wire.close(code, 'closed by the script');
    this.#sidebands.clear();
  }

  setLoss(share: number): void {
    this.#peer?.setLoss(share);
  }

  setSilence(on: boolean): void {
    this.#silenced = on;
  }

  hangUp(): void {
    this.end('scripted');
  }
}

function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

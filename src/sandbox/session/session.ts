/**
 * A Realtime session: takes parsed client events and audio frames, emits server events. Owns the conversation, the
 * input buffer, the responses, the idle timer and the order in which they act. Independent of HTTP, sockets and WebRTC.
 */
import { ApiError } from '../protocol/api-error.js';
import { toBase64 } from '../protocol/base64.js';
import { decodeAudio } from './audio-format.js';
import type { Timers } from '../clock.js';
import { Conversation, outgoing } from './conversation.js';
import { joinPcm } from '../media/join-pcm.js';
import type { Entry } from './conversation.js';
import { newId } from '../protocol/ids.js';
import { InputBuffer } from './input-buffer.js';
import type { CapturedTurn } from './input-buffer.js';
import { LiveTranscription, writesLive } from './live-transcription.js';
import type { WrittenAhead } from './live-transcription.js';
import { discoverMcpServers, runApprovedCall } from './mcp.js';
import { truncateItem } from './truncate-item.js';
import type { Playout } from './playout.js';
import type { ClientEvent, UnsentEvent } from '../protocol/events.js';
import type { StoredItem, StoredPart } from '../protocol/items.js';
import { ResponseRunner } from './response-runner.js';
import type { SessionScript } from './session-script.js';
import { mergeSession } from './merge-session.js';
import type { SessionConfig } from './session-config.js';
import { itemSchema } from './session-schemas.js';
import type { AudioEncoder } from './audio-format.js';
import type { Synthesise } from './write-item.js';
import { logProbabilities, transcribeTurn } from './transcription.js';
import type { Transcribe } from './transcription.js';

/** Dependencies and options of a session. */
export interface SessionParts {
  config: SessionConfig;
  /** The model was set by the key, the URL or the form. */
  modelFixed: boolean;
  timers: Timers;
  now: () => number;
  emit: (event: UnsentEvent) => void;
  /** Called with audio that arrived in events. */
  onAppended: (pcm: Int16Array) => void;
  speak: Synthesise;
  transcribe: Transcribe | undefined;
  script: SessionScript;
  thinkMs: number;
  speed: number;
  /** The output buffer of a WebRTC call; without it, audio is sent as deltas. */
  playout?: Playout;
  encode?: AudioEncoder;
}

/** One session. */
export class Session {
  readonly conversation = new Conversation();
  readonly #parts: SessionParts;
  readonly #input: InputBuffer;
  readonly #runner: ResponseRunner;
  readonly #live: LiveTranscription;
  #config: SessionConfig;
  #modelFixed: boolean;
  #speechItem: string | undefined;
  #turns = 0;
  #stopIdle: (() => void) | undefined;
  #ended = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.#modelFixed = parts.modelFixed;
    this.#input = new InputBuffer({
      onSpeechStarted: (audioStartMs) => {
        this.#speechStarted(audioStartMs);
      },
      onSpeechStopped: (audioEndMs, turn) => {
        this.#speechStopped(audioEndMs, turn);
      },
    });
    this.#input.detect(this.#config.audio.input.turn_detection);
    this.#live = new LiveTranscription((item_id, delta) => {
      const sure = this.#includesLogprobs ? { logprobs: logProbabilities(delta) } : {};
      parts.emit({ type: 'conversation.item.input_audio_transcription.delta', item_id, content_index: 0, delta, ...sure });
    });
    this.#runner = new ResponseRunner({
      ...parts,
      conversation: this.conversation,
      config: () => this.#config,
      think: (turn) => parts.script.think(turn),
      onDone: () => {
        if (parts.playout === undefined || parts.playout.idle) this.armIdleTimer();
      },
    });
  }

  /** The configuration as `session.updated` reports it. */
  get config(): SessionConfig {
    return this.#config;
  }

  /** True while the visitor is speaking. */
  get userSpeaking(): boolean {
    return this.#input.speaking;
  }

  /** Sends a new client its first event. */
  announce(emit: (event: UnsentEvent) => void): void {
    emit({ type: 'session.created', session: this.#outgoingConfig() });
  }

  /** Starts server-side work: lists the tools of MCP servers in the initial configuration. */
  begin(): void {
    this.#discover(undefined);
  }

  // The API sends `id`, `object`, `expires_at` and `null`s; the published type does not have them.
  #outgoingConfig(): Extract<UnsentEvent, { type: 'session.updated' }>['session'] {
    return structuredClone(this.#config) as unknown as Extract<UnsentEvent, { type: 'session.updated' }>['session'];
  }

  /** Receives audio from the visitor. */
  hear(pcm: Int16Array): void {
    if (this.#ended) return;
    this.#input.write(pcm);
    if (writesLive(this.#config)) this.#live.hear(pcm, this.#parts.script.transcript(this.#turns));
  }

  /** Advances the turn detector's clock while no audio arrives; `nowMs` is monotonic. */
  tick(nowMs: number): void {
    if (!this.#ended) this.#input.tick(nowMs);
  }

  /**
   * Handles a client event.
   *
   * @throws ApiError with the API's own code if the request fails.
   */
  handle(event: ClientEvent): void {
    switch (event.type) {
      case 'session.update':
        this.#update(event['session']);
        return;
      case 'input_audio_buffer.append': {
        const pcm = decodeAudio(event['audio'] as string, this.#config.audio.input.format);
        this.#parts.onAppended(pcm);
        this.hear(pcm);
        return;
      }
      case 'input_audio_buffer.commit':
        this.#commit();
        return;
      case 'input_audio_buffer.clear':
        this.#input.clear();
        this.#live.take();
        this.#speechItem = undefined;
        this.#parts.emit({ type: 'input_audio_buffer.cleared' });
        return;
      case 'output_audio_buffer.clear':
        this.#clearOutput();
        return;
      case 'conversation.item.create':
        this.#createItem(event['item'], event['previous_item_id'] as string | null | undefined);
        return;
      case 'conversation.item.retrieve':
        this.#retrieve(event['item_id'] as string);
        return;
      case 'conversation.item.delete':
        this.conversation.require(event['item_id'] as string, 'delete');
        this.conversation.remove(event['item_id'] as string);
        this.#parts.emit({ type: 'conversation.item.deleted', item_id: event['item_id'] as string });
        return;
      case 'conversation.item.truncate': {
        const { item_id, content_index, audio_end_ms } = event as unknown as {
          item_id: string;
          content_index: number;
          audio_end_ms: number;
        };
        truncateItem(this.conversation, item_id, content_index, audio_end_ms);
        this.#parts.emit({ type: 'conversation.item.truncated', item_id, content_index, audio_end_ms });
        return;
      }
      case 'response.create':
        this.#respond(event['response'], 'client');
        return;
      case 'response.cancel':
        this.#cancel(event['response_id'] as string | undefined);
    }
  }

  #update(request: unknown): void {
    const before = this.#config;
    this.#config = mergeSession(before, request, { modelFixed: this.#modelFixed, voiceFixed: this.#runner.hasSpoken });
    if ((request as { model?: string }).model !== undefined) this.#modelFixed = true;
    this.#input.detect(this.#config.audio.input.turn_detection);
    this.#parts.emit({ type: 'session.updated', session: this.#outgoingConfig() });
    this.#discover(before);
    if (this.#idleMs() === undefined) this.#stopIdle?.();
  }

  #discover(before: SessionConfig | undefined): void {
    discoverMcpServers(before?.tools, this.#config.tools, {
      conversation: this.conversation,
      emit: this.#parts.emit,
      timers: this.#parts.timers,
      servers: this.#parts.script.mcpServers,
    });
  }

  #speechStarted(audioStartMs: number): void {
    this.#stopIdle?.();
    this.#speechItem = newId('item');
    this.#parts.emit({ type: 'input_audio_buffer.speech_started', audio_start_ms: audioStartMs, item_id: this.#speechItem });
    if (this.#config.audio.input.turn_detection?.interrupt_response === true) {
      this.#runner.cancel('turn_detected');
      this.#clearOutput();
    }
  }

  #speechStopped(audioEndMs: number, turn: CapturedTurn): void {
    const itemId = this.#speechItem ?? newId('item');
    this.#speechItem = undefined;
    this.#parts.emit({ type: 'input_audio_buffer.speech_stopped', audio_end_ms: audioEndMs, item_id: itemId });
    this.#addSpokenItem(itemId, turn);
    if (this.#config.type !== 'realtime' || this.#config.audio.input.turn_detection?.create_response !== true) return;
    // Documented: with `interrupt_response` off "this may fail to create a response if the model is already responding".
    if (this.#runner.active === undefined) this.#respond(undefined, 'speech');
  }

  #commit(): void {
    const { bufferedMs } = this.#input;
    if (bufferedMs < 100) {
      throw new ApiError({
        message: `Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has ${bufferedMs.toFixed(2)}ms of audio.`,
        code: 'input_audio_buffer_commit_empty',
      });
    }
    const ahead = this.#live.take();
    const itemId = this.#speechItem ?? ahead?.itemId ?? newId('item');
    this.#speechItem = undefined;
    this.#addSpokenItem(itemId, this.#input.commit(), ahead);
  }

  get #includesLogprobs(): boolean {
    return this.#config.include?.includes('item.input_audio_transcription.logprobs') ?? false;
  }

  #addSpokenItem(id: string, turn: CapturedTurn, ahead?: WrittenAhead): void {
    this.#parts.emit({ type: 'input_audio_buffer.committed', item_id: id, previous_item_id: this.conversation.lastId });
    const entry = this.#addItem({
      id,
      object: 'realtime.item',
      type: 'message',
      status: 'completed',
      role: 'user',
      content: [{ type: 'input_audio', transcript: null }],
    });
    entry.audio.push(turn.pcm);
    entry.heard = { speechMs: turn.speechMs, dbfs: turn.dbfs };
    transcribeTurn(entry, this.#parts.script.transcript(this.#turns++), {
      emit: this.#parts.emit,
      timers: this.#parts.timers,
      transcribe: this.#parts.transcribe,
      model: () => {
        const { transcription } = this.#config.audio.input;
        return transcription === null ? undefined : (transcription.model ?? 'gpt-transcribe');
      },
      logprobs: () => this.#includesLogprobs,
      ahead,
      ended: () => this.#ended,
    });
  }

  #addItem(item: StoredItem, after?: string | null): Entry {
    const entry = this.conversation.add(item, after);
    const previous = this.conversation.previousOf(item.id);
    this.#parts.emit({ type: 'conversation.item.added', previous_item_id: previous, item: outgoing(item) });
    this.#parts.emit({ type: 'conversation.item.done', previous_item_id: previous, item: outgoing(item) });
    return entry;
  }

  #createItem(given: unknown, after: string | null | undefined): void {
    itemSchema(given, 'item');
    this.#stopIdle?.();
    const item = structuredClone(given) as Omit<StoredItem, 'content'> & { content?: (StoredPart & { audio?: string })[] };
    if (item.type === 'function_call_output') this.#requireCall(item.call_id ?? '');
    const audio = (item.content ?? []).flatMap((part) => {
      const base64 = part.audio;
      delete part.audio;
      return base64 === undefined ? [] : [decodeAudio(base64, this.#config.audio.input.format)];
    });
    item.id = item.id || newId('item');
    item.object = 'realtime.item';
    item.status = 'completed';
    const entry = this.#addItem(item, after);
    entry.audio.push(...audio);
    if (item.type === 'mcp_approval_response') {
      runApprovedCall(item, {
        conversation: this.conversation,
        emit: this.#parts.emit,
        timers: this.#parts.timers,
        approved: this.#parts.script.approvedCalls,
      });
    }
  }

  #requireCall(callId: string): void {
    if (this.conversation.entries.some(({ item }) => item.type === 'function_call' && item.call_id === callId)) return;
    throw new ApiError({
      message: `Tool call ID '${callId}' not found in conversation.`,
      code: 'invalid_tool_call_id',
      param: 'item.call_id',
    });
  }

  /** Includes audio only where messages may be large: a data channel message carries 256 KB, about five seconds of audio. */
  #retrieve(id: string): void {
    const { item, audio } = this.conversation.require(id, 'retrieve');
    const copy = outgoing(item) as unknown as { content?: { type: string; audio?: string }[] };
    const part = copy.content?.find((one) => one.type === 'input_audio' || one.type === 'output_audio');
    if (part !== undefined && this.#parts.playout === undefined && audio.length > 0) {
      const pcm = joinPcm(audio);
      part.audio = toBase64(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength));
    }
    this.#parts.emit({ type: 'conversation.item.retrieved', item: copy as never });
  }

  #respond(params: unknown, cause: 'client' | 'speech' | 'idle'): void {
    if (this.#config.type === 'transcription') {
      throw new ApiError({ message: 'Responses cannot be created in a transcription session.', code: 'invalid_value', param: 'type' });
    }
    this.#stopIdle?.();
    this.#runner.create(params, cause);
  }

  #cancel(id: string | undefined): void {
    if (!this.#runner.cancel('client_cancelled', id)) {
      throw new ApiError({ message: 'Cancellation failed: no active response found', code: 'response_cancel_not_active' });
    }
  }

  /** Cuts playback and removes unheard audio from the conversation. */
  #clearOutput(): void {
    const cut = this.#parts.playout?.clear();
    if (cut === undefined) return;
    this.#parts.emit({ type: 'output_audio_buffer.cleared', response_id: cut.responseId });
    if (!cut.unheard || this.conversation.find(cut.itemId) === undefined) return;
    truncateItem(this.conversation, cut.itemId, cut.contentIndex, cut.playedMs);
    this.#parts.emit({
      type: 'conversation.item.truncated',
      item_id: cut.itemId,
      content_index: cut.contentIndex,
      audio_end_ms: cut.playedMs,
    });
  }

  #idleMs(): number | undefined {
    const detection = this.#config.audio.input.turn_detection;
    return detection?.type === 'server_vad' ? (detection.idle_timeout_ms ?? undefined) : undefined;
  }

  /** Starts the idle timer; called when an answer was generated and played. */
  armIdleTimer(): void {
    this.#stopIdle?.();
    const idleMs = this.#idleMs();
    if (idleMs === undefined || this.#ended || this.#input.speaking || this.#runner.active !== undefined) return;
    const audioStartMs = this.#input.positionMs;
    this.#stopIdle = this.#parts.timers.after(idleMs, () => {
      const itemId = newId('item');
      this.#parts.emit({
        type: 'input_audio_buffer.timeout_triggered',
        audio_start_ms: audioStartMs,
        audio_end_ms: Math.max(this.#input.positionMs, audioStartMs + idleMs),
        item_id: itemId,
      });
      this.#addSpokenItem(itemId, this.#input.commit());
      this.#respond(undefined, 'idle');
    });
  }

  /** Ends the session without sending events. */
  dispose(): void {
    this.#ended = true;
    this.#stopIdle?.();
    this.#runner.dispose();
  }
}

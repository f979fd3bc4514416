/**
 * The state of one response: its generated content, its open item, and the events that open and close items.
 * Owns the order of those events; the item writer sets their pace.
 *
 * Order on the wire (guide "Realtime conversations" and recorded sessions): `response.output_item.added`,
 * `conversation.item.added`, `response.content_part.added`, deltas, the `.done` of the delta kind,
 * `response.content_part.done`, `conversation.item.done`, `response.output_item.done`, `response.done`.
 */
import { outgoing } from './conversation.js';
import type { Conversation, Entry } from './conversation.js';
import { newId } from '../protocol/ids.js';
import type { RealtimeResponse, RealtimeResponseStatus, RealtimeResponseUsage, UnsentEvent } from '../protocol/events.js';
import type { StoredItem } from '../protocol/items.js';
import type { AudioFormat } from './audio-format.js';
import { spokenTokens, textTokens } from './usage.js';

/** The effective settings of one response: the session's settings with the client's overrides. */
export interface ResponseSettings {
  modality: 'audio' | 'text';
  maxTokens: number | 'inf';
  format: AudioFormat;
  voice: string;
  metadata: Record<string, string> | null;
  /** False for an out-of-band response (`conversation: "none"`). */
  inConversation: boolean;
  instructions: string;
}

type Status = 'in_progress' | 'completed' | 'cancelled' | 'failed' | 'incomplete';

interface OpenPart {
  kind: 'audio' | 'text';
  written: string;
}

interface OpenItem {
  entry: Entry;
  index: number;
  part?: OpenPart;
}

/** One response. */
export class ResponseState {
  readonly id = newId('resp');
  readonly settings: ResponseSettings;
  /** The entries that the model reads for this response. */
  readonly read: readonly Entry[];
  /** Aborted when the response is cancelled or its call ends. */
  readonly abort = new AbortController();
  /** Tokens generated so far. */
  readonly written = { text: 0, audio: 0 };
  readonly #emit: (event: UnsentEvent) => void;
  readonly #conversation: Conversation;
  readonly #output: StoredItem[] = [];
  #open: OpenItem | undefined;
  #status: Status = 'in_progress';

  constructor(settings: ResponseSettings, read: readonly Entry[], conversation: Conversation, emit: (event: UnsentEvent) => void) {
    this.settings = settings;
    this.read = read;
    this.#conversation = conversation;
    this.#emit = emit;
  }

  get status(): Status {
    return this.#status;
  }

  /** True when the token limit has been reached. */
  get overLimit(): boolean {
    const { maxTokens } = this.settings;
    return maxTokens !== 'inf' && this.written.text + this.written.audio >= maxTokens;
  }

  /** Emits `response.created`. */
  begin(): void {
    this.#emit({ type: 'response.created', response: this.#resource(null, null) });
  }

  /** Opens an item; its status is sent as `in_progress`. */
  openItem(item: StoredItem): Entry {
    item.status = 'in_progress';
    const index = this.#output.length;
    this.#output.push(item);
    this.#emit({ type: 'response.output_item.added', response_id: this.id, output_index: index, item: outgoing(item) });
    let entry: Entry = { item, audio: [] };
    if (this.settings.inConversation) {
      entry = this.#conversation.add(item);
      this.#emit({
        type: 'conversation.item.added',
        previous_item_id: this.#conversation.previousOf(item.id),
        item: outgoing(item),
      });
    }
    this.#open = { entry, index };
    return entry;
  }

  /** The ids of the open item, for events about it. */
  get place(): { response_id: string; item_id: string; output_index: number } {
    const open = this.#demandOpen();
    return { response_id: this.id, item_id: open.entry.item.id, output_index: open.index };
  }

  /** Opens the content part of a message. */
  openPart(kind: OpenPart['kind']): void {
    const open = this.#demandOpen();
    open.part = { kind, written: '' };
    // The published types (and the SDK's parser) call the part `audio` or `text`, although the item's content is
    // `output_audio` or `output_text`.
    const part = kind === 'audio' ? { type: 'audio' as const, transcript: '' } : { type: 'text' as const, text: '' };
    this.#emit({ type: 'response.content_part.added', ...this.place, content_index: 0, part });
  }

  /** Appends to the text or transcript of the open part. */
  writeText(delta: string): void {
    const part = this.#demandOpen().part;
    if (part === undefined || delta === '') return;
    part.written += delta;
    this.written.text += textTokens(delta);
    this.#emit({
      type: part.kind === 'audio' ? 'response.output_audio_transcript.delta' : 'response.output_text.delta',
      ...this.place,
      content_index: 0,
      delta,
    });
  }

  /** Appends generated audio to the open item; over WebSocket, `base64` is sent as a delta. */
  writeAudio(pcm: Int16Array, base64?: string): void {
    this.#demandOpen().entry.audio.push(pcm);
    this.written.audio += spokenTokens((pcm.length * 1000) / 24_000);
    if (base64 === undefined) return;
    this.#emit({ type: 'response.output_audio.delta', ...this.place, content_index: 0, delta: base64 });
  }

  /** Closes the open item and its open part. */
  closeItem(status: 'completed' | 'incomplete'): void {
    const open = this.#open;
    if (open === undefined) return;
    const { item } = open.entry;
    if (open.part !== undefined) this.#closePart(open.part, item);
    item.status = status;
    if (this.settings.inConversation && this.#conversation.find(item.id) !== undefined) {
      this.#emit({
        type: 'conversation.item.done',
        previous_item_id: this.#conversation.previousOf(item.id),
        item: outgoing(item),
      });
    }
    this.#emit({ type: 'response.output_item.done', response_id: this.id, output_index: open.index, item: outgoing(item) });
    this.#open = undefined;
  }

  #closePart(part: OpenPart, item: StoredItem): void {
    const place = { ...this.place, content_index: 0 };
    const text = part.written.trim();
    if (part.kind === 'audio') {
      item.content = [{ type: 'output_audio', transcript: text }];
      this.#emit({ type: 'response.output_audio.done', ...place });
      this.#emit({ type: 'response.output_audio_transcript.done', ...place, transcript: text });
      this.#emit({ type: 'response.content_part.done', ...place, part: { type: 'audio', transcript: text } });
    } else {
      item.content = [{ type: 'output_text', text }];
      this.#emit({ type: 'response.output_text.done', ...place, text });
      this.#emit({ type: 'response.content_part.done', ...place, part: { type: 'text', text } });
    }
  }

  /** Ends the response; further calls have no effect. */
  finish(status: Exclude<Status, 'in_progress'>, details: RealtimeResponseStatus | null, usage: RealtimeResponseUsage): boolean {
    if (this.#status !== 'in_progress') return false;
    this.closeItem(status === 'completed' ? 'completed' : 'incomplete');
    this.#status = status;
    this.#emit({ type: 'response.done', response: this.#resource(details, usage) });
    return true;
  }

  #demandOpen(): OpenItem {
    if (this.#open === undefined) throw new Error('no item is open in this response');
    return this.#open;
  }

  #resource(details: RealtimeResponseStatus | null, usage: RealtimeResponseUsage | null): RealtimeResponse {
    const { settings } = this;
    const resource = {
      object: 'realtime.response',
      id: this.id,
      status: this.#status,
      status_details: details,
      output: this.#output.map(outgoing),
      conversation_id: settings.inConversation ? this.#conversation.id : null,
      output_modalities: [settings.modality],
      max_output_tokens: settings.maxTokens,
      audio: { output: { format: settings.format, voice: settings.voice } },
      usage,
      metadata: settings.metadata,
    };
    // The API sends `null` for details, usage and conversation; the published types do not allow it.
    return resource as unknown as RealtimeResponse;
  }
}

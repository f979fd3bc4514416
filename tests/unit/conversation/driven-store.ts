/** A `ConversationStore` whose clock and frames the test controls, with a record of everything it reported. */
import { readFileSync, readdirSync } from 'node:fs';
import type { Conversation, Message, ToolCall } from '../../../src/contract/messages.js';
import type { RealtimeEvent } from '../../../src/contract/options.js';
import { ConversationStore } from '../../../src/conversation/index.js';
import type { Revision } from '../../../src/conversation/index.js';

/** One line of a recording. */
export interface RecordedLine {
  /** Milliseconds since the start of the recording. */
  readonly at: number;
  readonly event: RealtimeEvent;
}

const folder = new URL('../../support/recorded/', import.meta.url);

/** Names of all recordings. */
export const recordings = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => name.replace('.jsonl', ''))
  .sort();

/** The events of a recording. */
export const recording = (name: string): readonly RecordedLine[] =>
  readFileSync(new URL(`${name}.jsonl`, folder), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordedLine);

/** A store under the test's control. */
export class DrivenStore {
  at = 0;
  /** The requested frame that has not run yet. */
  pending: (() => void) | undefined;
  scheduled = 0;
  readonly messages: Message[] = [];
  readonly revisions: Revision[] = [];
  readonly transcripts: Message[] = [];
  readonly calls: ToolCall[] = [];
  readonly snapshots: Conversation[] = [];
  readonly store: ConversationStore;

  constructor() {
    this.store = new ConversationStore({
      now: () => this.at,
      schedule: (run) => {
        this.scheduled += 1;
        this.pending = run;
        return () => void (this.pending = undefined);
      },
    });
    this.store.onMessage((message) => this.messages.push(message));
    this.store.onRevision((revision) => this.revisions.push(revision));
    this.store.onTranscript((message) => this.transcripts.push(message));
    this.store.onToolCall((call) => this.calls.push(call));
    this.store.subscribe((conversation) => this.snapshots.push(conversation));
  }

  /** Applies events without a frame in between. */
  feed(...events: readonly Record<string, unknown>[]): this {
    for (const event of events) this.store.apply(event as unknown as RealtimeEvent);
    return this;
  }

  /** Plays recorded lines at their times, with a frame after each. */
  play(lines: readonly RecordedLine[]): this {
    for (const { at, event } of lines) {
      this.at = at;
      this.store.apply(event);
      this.store.flush();
    }
    return this;
  }

  get shown(): readonly Message[] {
    this.store.flush();
    return this.store.snapshot().messages;
  }

  get tools(): readonly ToolCall[] {
    this.store.flush();
    return this.store.snapshot().toolCalls;
  }

  /** The same for the combined list of messages and tool calls; a call is shown by its name. */
  get entries(): readonly string[] {
    this.store.flush();
    return this.store.snapshot().items.map((entry) => ('role' in entry ? `${entry.role}: ${entry.text}` : `${entry.name} ${entry.id}`));
  }

  /** `role: text [status]` per message, without the status if it is `done`. */
  get lines(): readonly string[] {
    return this.shown.map(({ role, text, status }) => `${role}: ${text}${status === 'done' ? '' : ` [${status}]`}`);
  }
}

type Fields = Record<string, unknown>;

/** Builders for events: `id` is the item, `more` adds or replaces fields. */
export const on = {
  speech: (id: string) => ({ type: 'input_audio_buffer.speech_started', item_id: id, audio_start_ms: 0 }),
  commit: (id: string, previous?: string | null) => ({
    type: 'input_audio_buffer.committed',
    item_id: id,
    ...(previous === undefined ? {} : { previous_item_id: previous }),
  }),
  heard: (id: string, delta: unknown) => ({
    type: 'conversation.item.input_audio_transcription.delta',
    item_id: id,
    content_index: 0,
    delta,
  }),
  transcript: (id: string, transcript: unknown) => ({
    type: 'conversation.item.input_audio_transcription.completed',
    item_id: id,
    content_index: 0,
    transcript,
  }),
  unheard: (id: string) => ({ type: 'conversation.item.input_audio_transcription.failed', item_id: id, content_index: 0, error: {} }),
  added: (item: Fields, previous?: string | null) => ({
    type: 'conversation.item.added',
    item,
    ...(previous === undefined ? {} : { previous_item_id: previous }),
  }),
  itemDone: (item: Fields, previous?: string | null) => ({ ...on.added(item, previous), type: 'conversation.item.done' }),
  created: (response: string, more: Fields = {}) => ({ type: 'response.created', response: { id: response, ...more } }),
  output: (response: string, item: Fields, output = 0) => ({
    type: 'response.output_item.added',
    response_id: response,
    output_index: output,
    item,
  }),
  outputDone: (response: string, item: Fields, output = 0) => ({ ...on.output(response, item, output), type: 'response.output_item.done' }),
  say: (response: string, id: string, delta: unknown, more: Fields = {}) => ({
    type: 'response.output_audio_transcript.delta',
    response_id: response,
    item_id: id,
    output_index: 0,
    content_index: 0,
    delta,
    ...more,
  }),
  said: (response: string, id: string, transcript: unknown, more: Fields = {}) => ({
    type: 'response.output_audio_transcript.done',
    response_id: response,
    item_id: id,
    output_index: 0,
    content_index: 0,
    transcript,
    ...more,
  }),
  text: (response: string, id: string, delta: unknown, more: Fields = {}) => ({
    ...on.say(response, id, delta, more),
    type: 'response.output_text.delta',
  }),
  done: (response: string, status = 'completed', output: readonly Fields[] = []) => ({
    type: 'response.done',
    response: { id: response, status, output },
  }),
  sound: (response: string, what: 'started' | 'stopped' | 'cleared') => ({ type: `output_audio_buffer.${what}`, response_id: response }),
  truncated: (id: string, ms: unknown) => ({ type: 'conversation.item.truncated', item_id: id, content_index: 0, audio_end_ms: ms }),
};

/** Items as the server sends them. */
export const item = {
  typed: (id: string, text: string, more: Fields = {}) => ({
    id,
    type: 'message',
    role: 'user',
    status: 'completed',
    content: [{ type: 'input_text', text }],
    ...more,
  }),
  spoken: (id: string, transcript: string | null = null) => ({
    id,
    type: 'message',
    role: 'user',
    status: 'completed',
    content: [{ type: 'input_audio', transcript }],
  }),
  begun: (id: string) => ({ id, type: 'message', role: 'assistant', status: 'in_progress', content: [] }),
  answered: (id: string, transcript: string, status = 'completed') => ({
    id,
    type: 'message',
    role: 'assistant',
    status,
    content: [{ type: 'output_audio', transcript }],
  }),
  call: (id: string, args = '', status = 'in_progress') => ({
    id,
    type: 'function_call',
    status,
    name: 'look_up',
    call_id: `call_${id}`,
    arguments: args,
  }),
  result: (id: string, call: string) => ({ id, type: 'function_call_output', status: 'completed', call_id: `call_${call}`, output: '{}' }),
};

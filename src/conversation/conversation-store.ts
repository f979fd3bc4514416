/**
 * `ConversationStore`: the conversation as a frozen snapshot that changes at most once per frame. Owns batching, listeners, and
 * the detection of duplicate events; does not own the meaning of events (`reduce.ts`), the connection, or the decision to run a
 * tool.
 */
import { fieldsOf } from '../contract/fields.js';
import { EventHub } from '../contract/event-hub.js';
import type { Conversation, Message, ToolCall } from '../contract/messages.js';
import type { RealtimeEvent } from '../contract/options.js';
import { isId } from './item.js';
import type { Item } from './item.js';
import { frameSchedule } from './frame-schedule.js';
import { historyOf } from './history.js';
import type { Said } from './history.js';
import type { Schedule } from './frame-schedule.js';
import { textOf } from './visible-message.js';
import { addUserText, clear, endCall, failUserText, hideItem, noteSent, reduce, settleCall } from './reduce.js';
import { takeSnapshot } from './snapshot.js';
import { answerOf, emptyState, find, itemAt, slotsOf } from './state.js';
import type { State } from './state.js';

/** Options of a store; time is an argument so that tests control it. */
export interface ConversationStoreOptions {
  /** Default: the next animation frame, or a timer if there are no frames. */
  readonly schedule?: Schedule;
  /** Milliseconds; default `performance.now`. */
  readonly now?: () => number;
}

/** Counts of ignored events, for diagnosis. */
export interface DroppedEvents {
  /** Events whose `event_id` was seen before. */
  readonly duplicates: number;
  /** Events, or single fields, that do not match the protocol. */
  readonly malformed: number;
}

/** A turn that was reported as finished and then changed. */
export interface Revision {
  readonly message: Message;
  /** The message as it was reported before. */
  readonly previous: Message;
}

/** The events of a store. */
interface StoreEvents {
  conversation: Conversation;
  message: Message;
  revision: Revision;
  transcript: Message;
  call: { readonly call: ToolCall; readonly response: string };
}

type Subscribe<K extends keyof StoreEvents> = (listener: (detail: StoreEvents[K]) => void) => () => void;

/** Ids remembered per generation; two generations are kept. */
const REMEMBERED = 2_048;

const EMPTY: Conversation = Object.freeze({ items: Object.freeze([]), messages: Object.freeze([]), toolCalls: Object.freeze([]) });

/** The message of a turn; for a reported turn that lost all of its text, the reported message with empty text. */
function shownNow({ message, gone, status }: Item, previous: Message | undefined): Message | undefined {
  if (message || !previous || gone || status === 'streaming') return message;
  return previous.text === '' ? previous : Object.freeze({ ...previous, text: '', status });
}

/** The conversation of one widget, across its calls. */
export class ConversationStore {
  #state: State = emptyState();
  /** The state from which the snapshot was taken. */
  #shown = this.#state;
  #snapshot = EMPTY;
  #dirty = new Set<number>();
  /** Finished turns as last reported to listeners, by slot. */
  #reported = new Map<number, Message>();
  /** Slots of spoken turns that are finished without a transcript: they are reported once it arrives. */
  #wordless = new Set<number>();
  /** Slots of runnable function calls that were reported. */
  #run = new Set<number>();
  #seen = new Set<string>();
  #seenBefore = new Set<string>();
  #duplicates = 0;
  #cancel: (() => void) | undefined;
  readonly #schedule: Schedule;
  readonly #now: () => number;
  readonly #events = new EventHub<StoreEvents>();

  constructor({ schedule = frameSchedule, now = () => performance.now() }: ConversationStoreOptions = {}) {
    this.#schedule = schedule;
    this.#now = now;
  }

  /** The conversation as last reported to listeners; `flush()` updates it to the latest event. */
  readonly snapshot = (): Conversation => this.#snapshot;
  /** Calls back with each new snapshot, at most once per frame. */
  readonly subscribe: Subscribe<'conversation'> = (listener) => this.#events.on('conversation', listener);
  /**
   * Calls back with each finished turn once, in conversation order within a frame. A spoken turn without a transcript waits for it,
   * at most until the end of the call.
   */
  readonly onMessage: Subscribe<'message'> = (listener) => this.#events.on('message', listener);
  /** Calls back with each change of text or status of a turn that `onMessage` reported, once the turn is finished again. */
  readonly onRevision: Subscribe<'revision'> = (listener) => this.#events.on('revision', listener);
  /** Calls back with new text of unfinished turns, at most once per turn and frame. */
  readonly onTranscript: Subscribe<'transcript'> = (listener) => this.#events.on('transcript', listener);
  /** Calls back once with each completed function call and its response's id, at once (not per frame); not for replayed or hosted calls. */
  readonly onToolCall = (listener: (call: ToolCall, response: string) => void): (() => void) =>
    this.#events.on('call', ({ call, response }) => listener(call, response));

  /** Counts of the events ignored so far. */
  get dropped(): DroppedEvents {
    return Object.freeze({ duplicates: this.#duplicates, malformed: this.#state.malformed });
  }

  /** Processes one server event. Never throws, whatever it contains. */
  apply(event: RealtimeEvent): void {
    const { event_id: id } = fieldsOf(event);
    if (isId(id)) {
      if (this.#seen.has(id) || this.#seenBefore.has(id)) {
        this.#duplicates += 1;
        return;
      }
      if (this.#seen.size >= REMEMBERED) {
        this.#seenBefore = this.#seen;
        this.#seen = new Set();
      }
      this.#seen.add(id);
    }
    this.#advance(reduce(this.#state, event, this.#now()));
  }

  /** Shows a typed turn before the server confirms it; `id` is the item id that is sent with it. */
  addLocalUserText(id: string, text: string): void {
    this.#advance(addUserText(this.#state, id, text, this.#now()));
  }

  /** Keeps an item out of the transcript: one that is sent as the visitor, but not by the visitor. */
  hideItem(id: string): void {
    this.#advance(hideItem(this.#state, id, this.#now()));
  }

  /** Marks a typed turn that the server rejected as `failed`. */
  failLocalUserText(id: string): void {
    this.#advance(failUserText(this.#state, id));
  }

  /** Processes a client event: only these show that an item is inserted at the beginning, or that a response is out of band. */
  noteSent(event: RealtimeEvent): void {
    this.#advance(noteSent(this.#state, event));
  }

  /** Whether a `response.done` ends an out-of-band response. */
  isAside(event: RealtimeEvent): boolean {
    return Boolean(answerOf(this.#state, fieldsOf(event['response'])['id'])?.aside);
  }

  /** Whether the transcript shows that the answer of a `response.done` was cut, after the event was applied. */
  showsCut(event: RealtimeEvent): boolean {
    const { id } = fieldsOf(event['response']);
    if (!isId(id)) return false;
    return slotsOf(this.#state, id).some((slot) => {
      const { message, end } = itemAt(this.#state, slot);
      return message !== undefined && message.text.trim() !== '' && end === 'failed';
    });
  }

  /** The current text of an item, cut to what was heard; `undefined` if there is no such message. */
  textOf(id: string): string | undefined {
    const slot = find(this.#state, id);
    return slot < 0 || itemAt(this.#state, slot).kind !== 'message' ? undefined : textOf(itemAt(this.#state, slot));
  }

  /** Sets the status of a function call. The server's echo of its output also sets it to `done`. */
  settleToolCall(callId: string, how: Exclude<ToolCall['status'], 'streaming'>): void {
    this.#advance(settleCall(this.#state, callId, how));
  }

  /** The call's history so far, for a server that continues the call. */
  history(): readonly Said[] {
    return historyOf(this.#state);
  }

  /**
   * Ends the call: closes open turns, notifies listeners at once, and keeps the transcript. `goesOn`: only the connection ended,
   * and another one continues the call.
   */
  endCall(goesOn = false): void {
    this.#seen.clear();
    this.#seenBefore.clear();
    this.#advance(endCall(this.#state, this.#now(), goesOn));
    for (const slot of this.#wordless) this.#dirty.add(slot);
    this.#flush(true);
  }

  /** Clears the conversation. */
  clear(): void {
    this.#state = clear(this.#state);
    this.#dirty.clear();
    this.#reported.clear();
    this.#wordless.clear();
    this.#run.clear();
    this.flush();
  }

  /** Notifies listeners now instead of at the next frame. */
  flush(): void {
    this.#flush(false);
  }

  /** @param over no more transcripts will arrive */
  #flush(over: boolean): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const state = this.#state;
    const dirty = this.#dirty;
    if (dirty.size === 0 && state.order === this.#shown.order) return;
    this.#dirty = new Set();
    const snapshot = takeSnapshot(state, this.#shown, this.#snapshot, dirty);
    this.#shown = state;
    const turns = dirty.size > 1 ? state.order.filter((slot) => dirty.has(slot)) : [...dirty];
    const notifications = turns.flatMap((slot) => this.#notificationOf(slot, itemAt(state, slot), over) ?? []);
    if (snapshot !== this.#snapshot) {
      this.#snapshot = snapshot;
      this.#events.emit('conversation', snapshot);
    }
    for (const notify of notifications) notify();
  }

  /** The notification to emit for a changed turn. */
  #notificationOf(slot: number, item: Item, over: boolean): (() => void) | undefined {
    const previous = this.#reported.get(slot);
    const message = shownNow(item, previous);
    if (!message) return void this.#wordless.delete(slot);
    if (message.status === 'streaming') return message.text === '' ? undefined : () => this.#events.emit('transcript', message);
    const wordless = message.role === 'user' && message.via === 'voice' && message.status === 'done' && message.text === '';
    if (!previous && wordless && !over) return void this.#wordless.add(slot);
    this.#wordless.delete(slot);
    if (previous?.text === message.text && previous.status === message.status) return undefined;
    this.#reported.set(slot, message);
    return previous
      ? () => this.#events.emit('revision', Object.freeze({ message, previous }))
      : () => this.#events.emit('message', message);
  }

  #advance(state: State): void {
    const before = this.#state;
    if (state === before) return;
    this.#state = state;
    for (const slot of state.changed) this.#dirty.add(slot);
    if (this.#dirty.size > 0 || state.order !== before.order) this.#cancel ??= this.#schedule(() => this.flush());
    for (const slot of state.changed) {
      const { call, response } = itemAt(state, slot);
      if (call?.status !== 'running' || call.server !== undefined || response === undefined || this.#run.has(slot)) continue;
      this.#run.add(slot);
      this.#events.emit('call', { call, response });
    }
  }
}

/**
 * `ConversationStore`: what was said, as a frozen snapshot that changes at most once per frame. Owns batching,
 * listeners, and the memory of events already seen; does not own any meaning of events (`reduce.ts`), the connection,
 * or the decision to run a tool.
 */
import type { Conversation, Message, ToolCall } from '../contract/messages.js';
import type { RealtimeEvent } from '../contract/options.js';
import { fieldsOf, isId } from './item.js';
import { frameSchedule } from './frame-schedule.js';
import { historyOf } from './history.js';
import type { Said } from './history.js';
import type { Schedule } from './frame-schedule.js';
import { textOf } from './present.js';
import { addUserText, clear, endCall, expectFirst, failUserText, hideItem, reduce, settleCall } from './reduce.js';
import { takeSnapshot } from './snapshot.js';
import { emptyState, find, itemAt } from './state.js';
import type { State } from './state.js';

/** What a store may be given; time is an argument so that tests own it. */
export interface ConversationStoreOptions {
  /** Default: the next animation frame, or a timer where frames do not come. */
  readonly schedule?: Schedule;
  /** Milliseconds; default `performance.now`. */
  readonly now?: () => number;
}

/** What was not worked in, for diagnosis. */
export interface DroppedEvents {
  /** Events whose `event_id` was seen before. */
  readonly duplicates: number;
  /** Events, or single fields, that are no valid protocol. */
  readonly malformed: number;
}

type Listener<T> = (value: T) => void;
type Unsubscribe = () => void;

/** Ids remembered per generation; two generations are kept. */
const REMEMBERED = 2_048;

const EMPTY: Conversation = Object.freeze({ messages: Object.freeze([]), toolCalls: Object.freeze([]) });

/** A set of listeners; one that throws is reported and disturbs nobody. */
class Listeners<T> {
  readonly #listeners = new Set<Listener<T>>();

  readonly add = (listener: Listener<T>): Unsubscribe => {
    const entry: Listener<T> = (value) => listener(value);
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  };

  tell(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        (globalThis.reportError ?? console.error)(error);
      }
    }
  }
}

/** The transcript of one widget, across its calls. */
export class ConversationStore {
  #state: State = emptyState();
  /** The state of which the snapshot was taken. */
  #shown = this.#state;
  #snapshot = EMPTY;
  #dirty = new Set<number>();
  /** Slots of finished turns, and of runnable calls, of which listeners know. */
  #told = new Set<number>();
  #seen = new Set<string>();
  #seenBefore = new Set<string>();
  #duplicates = 0;
  #cancel: Unsubscribe | undefined;
  readonly #schedule: Schedule;
  readonly #now: () => number;
  readonly #conversations = new Listeners<Conversation>();
  readonly #messages = new Listeners<Message>();
  readonly #transcripts = new Listeners<Message>();
  readonly #calls = new Listeners<ToolCall>();

  constructor({ schedule = frameSchedule, now = () => performance.now() }: ConversationStoreOptions = {}) {
    this.#schedule = schedule;
    this.#now = now;
  }

  /** The conversation as listeners saw it last; `flush()` brings it up to the latest event. */
  readonly snapshot = (): Conversation => this.#snapshot;
  /** Each new snapshot, at most one per frame. */
  readonly subscribe = this.#conversations.add;
  /** Each finished turn once, in the order of the conversation within a frame. Later corrections come by snapshot only. */
  readonly onMessage = this.#messages.add;
  /** New text of turns that are not finished, at most once per turn and frame. */
  readonly onTranscript = this.#transcripts.add;
  /** Each call of a function that a response completed, once and at once (not per frame); never for replayed or hosted ones. */
  readonly onToolCall = this.#calls.add;

  /** What was dropped so far. */
  get dropped(): DroppedEvents {
    return Object.freeze({ duplicates: this.#duplicates, malformed: this.#state.malformed });
  }

  /** Works in one server event. Never throws, whatever it holds. */
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

  /** Shows a typed turn before the server has it; `id` is the item id that is sent with it. */
  addLocalUserText(id: string, text: string): void {
    this.#advance(addUserText(this.#state, id, text, this.#now()));
  }

  /** Keeps an item out of the transcript: one that is sent in the visitor's name, but not by the visitor. */
  hideItem(id: string): void {
    this.#advance(hideItem(this.#state, id, this.#now()));
  }

  /** The server refused a typed turn: it stays, marked `failed`. */
  failLocalUserText(id: string): void {
    this.#advance(failUserText(this.#state, id));
  }

  /** Works in what a client event says about the order: only it tells that an item goes to the very beginning. */
  noteSent({ type, previous_item_id: previous, item }: RealtimeEvent): void {
    const { id } = fieldsOf(item);
    if (type === 'conversation.item.create' && previous === 'root' && isId(id)) this.#advance(expectFirst(this.#state, id));
  }

  /** The text of an item as it stands now, cut to what was heard; `undefined` when there is no such message. */
  textOf(id: string): string | undefined {
    const slot = find(this.#state, id);
    return slot < 0 || itemAt(this.#state, slot).kind !== 'message' ? undefined : textOf(itemAt(this.#state, slot));
  }

  /** What becomes of a function call: it waits, runs, is answered, given up or refused. An echo of its output says "done", too. */
  settleToolCall(callId: string, how: Exclude<ToolCall['status'], 'streaming'>): void {
    this.#advance(settleCall(this.#state, callId, how));
  }

  /** What the call has said so far, for a server that is to go on with it. */
  history(): readonly Said[] {
    return historyOf(this.#state);
  }

  /**
   * The call is over: no turn stays open, listeners hear the rest at once, and the transcript is kept. `goesOn`: only its
   * connection is, another one goes on with what was said.
   */
  endCall(goesOn = false): void {
    this.#seen.clear();
    this.#seenBefore.clear();
    this.#advance(endCall(this.#state, this.#now(), goesOn));
    this.flush();
  }

  /** Forgets everything that was said. */
  clear(): void {
    this.#state = clear(this.#state);
    this.#dirty.clear();
    this.#told.clear();
    this.flush();
  }

  /** Tells listeners now what they would hear at the next frame. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const state = this.#state;
    const dirty = this.#dirty;
    if (dirty.size === 0 && state.order === this.#shown.order) return;
    this.#dirty = new Set();
    const snapshot = takeSnapshot(state, this.#shown, this.#snapshot, dirty);
    this.#shown = state;
    const turns = dirty.size > 1 ? state.order.filter((slot) => dirty.has(slot)) : [...dirty];
    const messages = turns.flatMap((slot) => {
      const { message } = itemAt(state, slot);
      if (!message || this.#told.has(slot)) return [];
      if (message.status !== 'streaming') this.#told.add(slot);
      return message;
    });
    if (snapshot !== this.#snapshot) {
      this.#snapshot = snapshot;
      this.#conversations.tell(snapshot);
    }
    for (const message of messages) {
      if (message.status !== 'streaming') this.#messages.tell(message);
      else if (message.text !== '') this.#transcripts.tell(message);
    }
  }

  #advance(state: State): void {
    const before = this.#state;
    if (state === before) return;
    this.#state = state;
    for (const slot of state.changed) this.#dirty.add(slot);
    if (this.#dirty.size > 0 || state.order !== before.order) this.#cancel ??= this.#schedule(() => this.flush());
    for (const slot of state.changed) {
      const { call, response } = itemAt(state, slot);
      if (call?.status !== 'running' || call.server !== undefined || response === undefined || this.#told.has(slot)) continue;
      this.#told.add(slot);
      this.#calls.tell(call);
    }
  }
}

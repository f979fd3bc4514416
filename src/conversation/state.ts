/**
 * The reducer's state and the functions that change it. Owns storage: a persistent vector of items in order of arrival (one event
 * copies one chunk and the spine, whatever the length), and the conversation order beside it (changed by `order.ts`). Does not know
 * events (`reduce.ts`) or turns (`turns.ts`).
 */
import { blankItem } from './item.js';
import type { Aside, End, Item } from './item.js';
import { visibleCall, visibleMessage } from './visible-message.js';

/** The known state of a response. */
export interface Answer {
  readonly id: string;
  /** When its playback started, on the store's clock. */
  readonly started: number | undefined;
  readonly playing: boolean;
  /** How its generation ended, and the server's code for the cause of a failure. */
  readonly end: End | undefined;
  readonly reason: string | undefined;
  readonly aside: Aside;
}

/** The reducer's state. Opaque to callers; immutable, replaced by each change. */
export interface State {
  /** Items by slot (order of arrival), in chunks of 128. */
  readonly chunks: readonly (readonly Item[])[];
  readonly size: number;
  /**
   * Id → slot. A memo shared by successive states, and the only part that is mutated in place: each hit is checked against the
   * item, so that a state never sees entries of a later one.
   */
  readonly slots: Map<string, number>;
  /** Slots in conversation order. */
  readonly order: readonly number[];
  /** Slots of unfinished turns and calls: few, whatever the length. */
  readonly open: readonly number[];
  /** Slots whose predecessor has not arrived yet. */
  readonly waiting: readonly number[];
  /** Slots of typed turns that the server has not confirmed. */
  readonly unconfirmed: readonly number[];
  /** Ids of items that were sent to be inserted at the beginning and are not confirmed. */
  readonly rooted: readonly string[];
  /** The latest responses. */
  readonly answers: readonly Answer[];
  /** The `event_id`s of unanswered requests for out-of-band responses. */
  readonly asked: readonly unknown[];
  /** The last slot in the order of earlier calls: this call starts behind it. -1: at the start. */
  readonly floor: number;
  /** The number of slots of earlier connections, whose items no longer move or change. */
  readonly settled: number;
  /** The first slot of the call, across its connections. */
  readonly origin: number;
  /** The slot of the item that the server marked as this call's first, or -1. */
  readonly first: number;
  /** Learned pace of speech, characters per millisecond. */
  readonly pace: number | undefined;
  /** The server reports playback (`output_audio_buffer.*`): WebRTC. */
  readonly reportsPlayback: boolean;
  /** Whether the session transcribes the visitor; `undefined` while unknown. */
  readonly transcribes: boolean | undefined;
  /** Bytes of one millisecond of answer audio. */
  readonly audioRate: number;
  /** Number of events or fields that were dropped because they do not match the protocol. */
  readonly malformed: number;
  /** Slots whose visible form the last step changed. */
  readonly changed: readonly number[];
}

/** A state while one event is processed: its fields may be replaced, but their values not mutated. */
export type Draft = { -readonly [K in keyof State]: State[K] };

const CHUNK = 128;
const MAX_ANSWERS = 16;

/** An empty conversation. */
export const emptyState = (): State => ({
  chunks: [],
  size: 0,
  slots: new Map(),
  order: [],
  open: [],
  waiting: [],
  unconfirmed: [],
  rooted: [],
  answers: [],
  asked: [],
  floor: -1,
  settled: 0,
  origin: 0,
  first: -1,
  pace: undefined,
  reportsPlayback: false,
  transcribes: undefined,
  audioRate: 48,
  malformed: 0,
  changed: [],
});

/** The item in a slot that is known to exist. */
export const itemAt = (state: State, slot: number): Item => state.chunks[Math.floor(slot / CHUNK)]?.[slot % CHUNK] as Item;

/** The slot of an id, or -1. */
export function find(state: State, id: string): number {
  const slot = state.slots.get(id) ?? -1;
  if (slot < state.size && (slot < 0 || itemAt(state, slot).id === id)) return slot;
  // The memo belongs to another branch of states, or the item was renamed: search linearly.
  for (let other = state.size; other-- > 0;) if (itemAt(state, other).id === id) return other;
  return -1;
}

/** A list without one of its members; the same list if it is not a member. */
export const without = (list: readonly number[], slot: number): readonly number[] =>
  list.includes(slot) ? list.filter((other) => other !== slot) : list;

/** Stores an item in its slot, and updates the visible form, the open list and the list of changes. */
export function store(draft: Draft, slot: number, plain: Item): void {
  const message = visibleMessage(plain);
  const call = visibleCall(plain);
  const before = slot < draft.size ? itemAt(draft, slot) : undefined;
  const item = message === plain.message && call === plain.call ? plain : { ...plain, message, call };
  const at = Math.floor(slot / CHUNK);
  const chunk = draft.chunks[at]?.slice() ?? [];
  chunk[slot % CHUNK] = item;
  const chunks = draft.chunks.slice();
  chunks[at] = chunk;
  draft.chunks = chunks;
  if (slot >= draft.size) draft.size = slot + 1;
  if (message !== before?.message || call !== before?.call) draft.changed = [...without(draft.changed, slot), slot];
  const isOpen =
    !item.gone &&
    !item.dropped &&
    (item.kind === 'call'
      ? item.step === 'streaming' || item.step === 'waiting' || item.step === 'running'
      : item.status === 'streaming' && item.kind !== 'other');
  const wasOpen = draft.open.includes(slot);
  if (isOpen !== wasOpen) draft.open = isOpen ? [...draft.open, slot] : without(draft.open, slot);
}

/** Changes fields of an item; does nothing if they already have these values. */
export function patch(draft: Draft, slot: number, fields: Partial<Item>): void {
  const item = itemAt(draft, slot);
  for (const key in fields) {
    if (fields[key as keyof Item] !== item[key as keyof Item]) return store(draft, slot, { ...item, ...fields });
  }
}

/** Counts a protocol violation; returns -1 for "no such item". */
export function malformed(draft: Draft): -1 {
  draft.malformed += 1;
  return -1;
}

/** Appends a new item. */
export function append(draft: Draft, item: Item): number {
  const slot = draft.size;
  draft.slots.set(item.id, slot);
  draft.order = [...draft.order, slot];
  store(draft, slot, item);
  return slot;
}

/** How far from the latest item the items of a response are searched. */
const NEAR = 64;

/** The slots of a response's items, the latest first. */
export function slotsOf(state: State, response: unknown): readonly number[] {
  const slots: number[] = [];
  for (let slot = state.size; slot-- > Math.max(0, state.size - NEAR);) if (itemAt(state, slot).response === response) slots.push(slot);
  return slots;
}

/** The known state of a response. */
export const answerOf = (state: State, id: unknown): Answer | undefined => state.answers.find((answer) => answer.id === id);

/** Updates the state of a response; the oldest responses are dropped. */
export function noteAnswer(draft: Draft, id: string, fields: Partial<Answer>): Answer {
  const known = answerOf(draft, id) ?? { id, started: undefined, playing: false, end: undefined, reason: undefined, aside: '' as const };
  const answer = { ...known, ...fields };
  draft.answers = [...draft.answers.filter((other) => other.id !== id), answer].slice(-MAX_ANSWERS);
  return answer;
}

/** Appends a new item with an id. */
export const appendBlank = (draft: Draft, id: string, at: number): number => append(draft, blankItem(id, at));

/**
 * What the room remembers of one conversation item. Owns the shape and the text limits; does not own where the item
 * stands (`order.ts`) or what is shown of it (`present.ts`). Internal: pages see `Message` and `ToolCall`.
 */
import type { Message, MessageStatus, Role, ToolCall } from '../contract/messages.js';

/** One content part: text so far, and whether the server has said that it is whole. */
export interface Part {
  readonly text: string;
  readonly done: boolean;
}

/** Who asked for a response outside the conversation: the page, or another client of the session (a sideband). `''`: the response is part of the conversation. */
export type Aside = '' | 'own' | 'foreign';

/** How an item's making ended; `undefined` while it is still being made. */
export type End = Exclude<MessageStatus, 'streaming'>;

/** One item, replaced (never changed) by each event that touches it. */
export interface Item {
  readonly id: string;
  /** Empty until an event tells; `other` is what no transcript shows: outputs, MCP items, unknown types. */
  readonly kind: '' | 'message' | 'call' | 'other';
  readonly role: Role | undefined;
  /** Any audio was seen in it. */
  readonly voice: boolean;
  /** Pictures in it. */
  readonly images: number;
  /** By `content_index`. A function call's arguments are part 0. */
  readonly parts: readonly Part[];
  readonly status: MessageStatus;
  /** The generation's end; `status` follows it once the sound of the answer is over. */
  readonly end: End | undefined;
  /** The server's name for the cause of a failure. */
  readonly reason: string | undefined;
  /** The predecessor that the server named: an id, null for none, `undefined` when it named nothing yet. */
  readonly previous: string | null | undefined;
  readonly response: string | undefined;
  readonly output: number;
  /** Characters of part `cutPart` that were heard; parts behind it were not heard. `undefined`: nothing was cut. */
  readonly keep: number | undefined;
  readonly cutPart: number;
  /** The server sent the trimmed text itself: no later event may bring the unheard rest back. */
  readonly trimmed: boolean;
  /** The server put it into the conversation (a spoken turn: its audio was committed). */
  readonly listed: boolean;
  /** Whether its response was made outside the conversation. */
  readonly aside: Aside;
  readonly gone: boolean;
  /** A spoken turn that began and was never committed. Words, or the server's item, bring it back to its place. */
  readonly dropped: boolean;
  /** Not for the transcript, whatever the server says about it. */
  readonly hidden: boolean;
  /** Milliseconds of answer audio received in events (WebSocket only; WebRTC brings none). */
  readonly audio: number;
  /** When it was first heard of, or came into the conversation, on the store's clock. */
  readonly at: number;
  readonly callId: string;
  readonly name: string;
  /** The MCP server that runs the call; nothing for the page's own functions. */
  readonly server: string | undefined;
  readonly step: ToolCall['status'];
  /** What is shown, kept by identity while nothing visible changes. */
  readonly message: Message | undefined;
  readonly call: ToolCall | undefined;
}

/** Longest text of one part that is kept, in UTF-16 units: far above any turn, far below what would hurt a page. */
export const MAX_TEXT = 200_000;
/** Most content parts of one item. */
export const MAX_PARTS = 64;
const MAX_ID = 512;

/** A name that can be an id: ids are only ever keys of a Map, so that `__proto__` is an id like any other. */
export const isId = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= MAX_ID;

/** Whether a part of an item is sound, by its name. */
export const isAudio = (kind: unknown): boolean => typeof kind === 'string' && kind.includes('audio');

/** Reads a field as a list, as far as it is read at all; anything else becomes the empty list. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.slice(0, MAX_PARTS) : []);

/** Reads a field as an index; anything else becomes 0. */
export const indexOf = (value: unknown): number => (Number.isInteger(value) ? (value as number) : 0);

/** An item of which nothing is known but its id. */
export const blankItem = (id: string, at: number): Item => ({
  id,
  kind: '',
  role: undefined,
  voice: false,
  images: 0,
  parts: [],
  status: 'streaming',
  end: undefined,
  reason: undefined,
  previous: undefined,
  response: undefined,
  output: 0,
  keep: undefined,
  cutPart: 0,
  trimmed: false,
  listed: false,
  aside: '',
  gone: false,
  dropped: false,
  hidden: false,
  audio: 0,
  at,
  callId: id,
  name: '',
  server: undefined,
  step: 'streaming',
  message: undefined,
  call: undefined,
});

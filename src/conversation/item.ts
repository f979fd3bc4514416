/**
 * The internal state of one conversation item. Owns the shape and the text limits; does not own its position (`order.ts`) or what
 * is shown of it (`visible-message.ts`). Pages see `Message` and `ToolCall` instead.
 */
import type { Message, MessagePhase, MessageStatus, Role, ToolCall } from '../contract/messages.js';

/** One content part: its text so far, and whether the server has marked it as complete. */
export interface Part {
  readonly text: string;
  readonly done: boolean;
}

/** Who requested an out-of-band response: the page, or another client of the session (a sideband). `''`: not out of band. */
export type Aside = '' | 'own' | 'other';

/** How the generation of an item ended. */
export type End = Exclude<MessageStatus, 'streaming'>;

/** One item, replaced (never changed) by each event that touches it. */
export interface Item {
  readonly id: string;
  /** Empty until known; `other` is not shown in the transcript: outputs, MCP items, unknown types. */
  readonly kind: '' | 'message' | 'call' | 'other';
  readonly role: Role | undefined;
  /** It contains audio. */
  readonly voice: boolean;
  /** Number of images in it. */
  readonly images: number;
  /** What the message is in an answer of a reasoning model. */
  readonly phase: MessagePhase | undefined;
  /** By `content_index`. A function call's arguments are part 0. */
  readonly parts: readonly Part[];
  readonly status: MessageStatus;
  /** How its generation ended; `status` follows once its playback has ended. */
  readonly end: End | undefined;
  /** The server's code for the cause of a failure. */
  readonly reason: string | undefined;
  /** The predecessor that the server sent: an id, `null` for none, `undefined` if not sent yet. */
  readonly previous: string | null | undefined;
  readonly response: string | undefined;
  readonly output: number;
  /** Characters of part `cutPart` that were heard; later parts were not heard. `undefined`: not cut. */
  readonly keep: number | undefined;
  readonly cutPart: number;
  /** The server sent the truncated text itself: later events must not restore the unheard rest. */
  readonly trimmed: boolean;
  /** The server added it to the conversation (for a spoken turn: its audio was committed). */
  readonly listed: boolean;
  /** Whether its response is out of band. */
  readonly aside: Aside;
  readonly gone: boolean;
  /** A spoken turn that started and was never committed. A transcript or the server's item restores it. */
  readonly dropped: boolean;
  /** Never shown in the transcript. */
  readonly hidden: boolean;
  /** Milliseconds of answer audio received in events (WebSocket only). */
  readonly audio: number;
  /** When its first event arrived, or it was added to the conversation, on the store's clock. */
  readonly at: number;
  readonly callId: string;
  readonly name: string;
  /** The MCP server that runs the call; `undefined` for the page's own functions. */
  readonly server: string | undefined;
  readonly step: ToolCall['status'];
  /** The visible form; the same object while nothing visible changes. */
  readonly message: Message | undefined;
  readonly call: ToolCall | undefined;
}

/** Maximum text length of one part in UTF-16 units: far above any turn, far below what would slow down a page. */
export const MAX_TEXT = 200_000;
/** Maximum number of content parts of one item. */
export const MAX_PARTS = 64;
const MAX_ID = 512;

/** Whether a value can be an id. Ids are only used as keys of a Map, so `__proto__` is an id like any other. */
export const isId = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= MAX_ID;

/** Whether a content part is audio, by its type. */
export const isAudio = (kind: unknown): boolean => typeof kind === 'string' && kind.includes('audio');

/** Reads a field as a list, up to `MAX_PARTS` entries; anything else becomes an empty list. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.slice(0, MAX_PARTS) : []);

/** Reads a field as an index; anything else becomes 0. */
export const indexOf = (value: unknown): number => (Number.isInteger(value) ? (value as number) : 0);

/** A new item of which only the id is known. */
export const blankItem = (id: string, at: number): Item => ({
  id,
  kind: '',
  role: undefined,
  voice: false,
  images: 0,
  phase: undefined,
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

/**
 * The items of one conversation, in order, with what the server knows beyond their text: audio and how much of it was
 * generated. Owns order and lookup; sends nothing.
 */
import { ApiError } from './api-error.js';
import { newId } from './ids.js';
import { SAMPLE_RATE } from './peer.js';
import type { ConversationItem, StoredItem } from './protocol.js';

/** An item and the audio that belongs to it. */
export interface Entry {
  readonly item: StoredItem;
  /** 24 kHz mono PCM of a spoken item, in chunks. */
  audio: Int16Array[];
  /** Seconds of speech and its level, for a spoken user item. */
  heard?: { speechMs: number; dbfs: number };
  /** The recogniser's words, once known, for a spoken user item; `undefined` when there is no recogniser. */
  transcript?: Promise<string | undefined>;
}

/** What a client did when an item was not there; the API's codes differ by it. */
type Use = 'retrieve' | 'delete' | 'truncate';

/** One conversation. */
export class Conversation {
  readonly id = newId('conv');
  readonly #entries: Entry[] = [];

  /** All entries, oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The last item's id, `null` when there is none. */
  get lastId(): string | null {
    return this.#entries.at(-1)?.item.id ?? null;
  }

  /** The entry of an item. */
  find(id: string): Entry | undefined {
    return this.#entries.find((entry) => entry.item.id === id);
  }

  /**
   * The entry of an item a client asked for.
   *
   * @throws ApiError `item_retrieve_invalid_item_id` and its siblings.
   */
  demand(id: string, use: Use): Entry {
    const entry = this.find(id);
    if (entry === undefined) {
      const doing = { retrieve: 'retrieving', delete: 'deleting', truncate: 'truncating' }[use];
      throw new ApiError({
        message: `Error ${doing} item: the item with id '${id}' does not exist.`,
        code: `item_${use}_invalid_item_id`,
        param: 'item_id',
      });
    }
    return entry;
  }

  /** The id of the item before this one, `null` for the first. */
  previousOf(id: string): string | null {
    const index = this.#entries.findIndex((entry) => entry.item.id === id);
    return this.#entries[index - 1]?.item.id ?? null;
  }

  /**
   * Adds an item at the end, at the beginning (`after` is `root`) or behind another one.
   *
   * @throws ApiError when `after` names no item, or when the id is taken.
   */
  add(item: StoredItem, after?: string | null): Entry {
    if (this.find(item.id) !== undefined) {
      throw new ApiError({
        message: `Error adding item: an item with id '${item.id}' already exists in the conversation.`,
        code: 'item_create_duplicate_item_id',
        param: 'item.id',
      });
    }
    const entry: Entry = { item, audio: [] };
    if (after === undefined || after === null) {
      this.#entries.push(entry);
    } else if (after === 'root') {
      this.#entries.unshift(entry);
    } else {
      const index = this.#entries.findIndex((other) => other.item.id === after);
      if (index < 0) {
        throw new ApiError({
          message: `Error adding item: the previous item with id '${after}' does not exist.`,
          code: 'item_create_invalid_previous_item_id',
          param: 'previous_item_id',
        });
      }
      this.#entries.splice(index + 1, 0, entry);
    }
    return entry;
  }

  /** Removes an item. */
  remove(id: string): void {
    const index = this.#entries.findIndex((entry) => entry.item.id === id);
    if (index >= 0) this.#entries.splice(index, 1);
  }
}

/** Milliseconds of audio in chunks of PCM. */
export function durationMs(chunks: readonly Int16Array[]): number {
  return (chunks.reduce((sum, chunk) => sum + chunk.length, 0) * 1000) / SAMPLE_RATE;
}

/** One PCM array out of chunks. */
export function joinPcm(chunks: readonly Int16Array[]): Int16Array {
  const joined = new Int16Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}

/**
 * An item as it goes out: a copy, so that later changes do not reach into recorded events. The published types do not
 * say that transcripts may be `null`, which is what the API sends before it knows them; hence the one cast.
 */
export function outgoing(item: StoredItem): ConversationItem {
  return structuredClone(item) as unknown as ConversationItem;
}

/**
 * The items of one conversation, in order, with server-side data: audio and how much of it was generated. Owns order
 * and lookup; sends nothing.
 */
import { ApiError } from '../protocol/api-error.js';
import { newId } from '../protocol/ids.js';
import type { ConversationItem, StoredItem } from '../protocol/items.js';

/** An item and its audio. */
export interface Entry {
  readonly item: StoredItem;
  /** 24 kHz mono PCM of a spoken item, in chunks. */
  audio: Int16Array[];
  /** Seconds of speech and its level, for a spoken user item. */
  heard?: { speechMs: number; dbfs: number };
  /** The recognised text of a spoken user item, once known; `undefined` if there is no recogniser. */
  transcript?: Promise<string | undefined>;
}

/** The client's operation on a missing item; it determines the API's error code. */
type Use = 'retrieve' | 'delete' | 'truncate';

/** One conversation. */
export class Conversation {
  readonly id = newId('conv');
  readonly #entries: Entry[] = [];

  /** All entries, oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The id of the last item, or `null` if the conversation is empty. */
  get lastId(): string | null {
    return this.#entries.at(-1)?.item.id ?? null;
  }

  /** Finds the entry of an item. */
  find(id: string): Entry | undefined {
    return this.#entries.find((entry) => entry.item.id === id);
  }

  /**
   * Returns the entry of an item that a client refers to.
   *
   * @throws ApiError `item_retrieve_invalid_item_id`, `item_delete_invalid_item_id` or `item_truncate_invalid_item_id`.
   */
  require(id: string, use: Use): Entry {
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

  /** The id of the preceding item, or `null` for the first. */
  previousOf(id: string): string | null {
    const index = this.#entries.findIndex((entry) => entry.item.id === id);
    return this.#entries[index - 1]?.item.id ?? null;
  }

  /**
   * Adds an item at the end, at the beginning (`after` is `root`) or after another item.
   *
   * @throws ApiError if `after` is not the id of an item, or if the item's id already exists.
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

/**
 * Copies an item for sending, so that later changes do not affect recorded events. The published types do not allow
 * `null` transcripts, which the API sends before they are known; hence the cast.
 */
export function outgoing(item: StoredItem): ConversationItem {
  return structuredClone(item) as unknown as ConversationItem;
}

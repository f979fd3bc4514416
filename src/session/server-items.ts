/** Which items the server holds in this call, by their ids, and whose turns they are. */
import type { RealtimeEvent } from '../contract/options.js';

/** The items of one call. */
export class ServerItems {
  /** The role of each item; `undefined` for those that are no messages. */
  readonly roles = new Map<string, unknown>();

  /** Works in one event of the server. */
  apply({ type, item_id: id, item }: RealtimeEvent): void {
    if (type === 'conversation.item.deleted') this.roles.delete(id as string);
    else if (/^conversation\.item\.(added|created|done)$/.test(type)) {
      const { id: added, role } = (item ?? {}) as { id?: unknown; role?: unknown };
      if (typeof added === 'string') this.roles.set(added, role);
    }
  }
}

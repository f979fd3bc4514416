/** The conversation: protocol events in, frozen snapshots out. */
export { ConversationStore } from './conversation-store.js';
export type { ConversationStoreOptions, DroppedEvents, Revision } from './conversation-store.js';
export type { Said } from './history.js';
export type { Schedule } from './frame-schedule.js';

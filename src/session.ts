/** `voice-agent-element/session`: calls without the element. Importing it needs no DOM. */
export type * from './contract/index.js';
export { defineTool } from './contract/define-tool.js';
export { DEFAULT_APPROVAL_TIMEOUT, DEFAULT_BASE_URL, DEFAULT_TIMEOUT } from './contract/options.js';
export { ConversationStore } from './conversation/index.js';
export type { ConversationStoreOptions, DroppedEvents, Revision, Schedule } from './conversation/index.js';
export * from './session/index.js';

/** Everything that code may import; importing it registers nothing and needs no DOM. */
export * from './contract/index.js';
export { VoiceAgent } from './element/voice-agent.js';
export { ConversationStore } from './conversation/index.js';
export type { ConversationStoreOptions, DroppedEvents, Schedule } from './conversation/index.js';
export * from './session/index.js';

/** Everything that code may import; importing it registers nothing and needs no DOM. */
export * from './contract/index.js';
export { VoiceAgent } from './element/voice-agent.js';
export { VoiceSession } from './session/index.js';

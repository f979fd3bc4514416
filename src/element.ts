/** `voice-agent-element/element`: the class of `<voice-agent>` and its events. Importing it registers nothing and needs no DOM. */
export type * from './contract/index.js';
export { defineTool } from './contract/define-tool.js';
export { RequestEvent, VoiceAgentEvent } from './contract/events.js';
export { VoiceAgent } from './element/voice-agent.js';

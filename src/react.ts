/** `voice-agent-element/react`: `<voice-agent>` as a React component, with typed props and events. Safe in server rendering. */
export { ReactVoiceAgent as VoiceAgent } from './frameworks/react-voice-agent.js';
export type { ReactVoiceAgentProps as VoiceAgentProps } from './frameworks/react-voice-agent.js';
export type { VoiceAgent as VoiceAgentElement } from './element/voice-agent.js';
export type * from './contract/index.js';

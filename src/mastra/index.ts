/** A call as a Mastra voice, for apps that use `@mastra/core` in the browser. Imports no code from it. */
export { RealtimeVoice } from './realtime-voice.js';
export type { RealtimeVoiceOptions } from './call-settings.js';
export type { VoiceElement } from './call-source.js';
export type { MastraTool, MastraTools } from './mastra-tools.js';
export type { SpeakerStream, VoiceEvents, Writing } from './event-adapter.js';

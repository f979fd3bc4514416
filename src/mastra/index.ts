/** A call as a voice of Mastra: loaded by apps that use `@mastra/core` in the browser. Imports nothing of it. */
export { RealtimeVoice } from './realtime-voice.js';
export type { RealtimeVoiceOptions } from './voice-settings.js';
export type { VoiceElement } from './voice-line.js';
export type { MastraTool, MastraTools } from './mastra-tools.js';
export type { SpeakerStream, VoiceEvents, Writing } from './voice-news.js';

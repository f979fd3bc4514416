/** One call from click to hang-up. Loaded when the visitor shows intent to talk. */
export { browserEnvironment } from './environment.js';
export type { Environment } from './environment.js';
export { TokenSource } from './token-source.js';
export type { Token } from './token-source.js';
export { VoiceSession } from './voice-session.js';

/** One call from click to hang-up: loaded on intent to talk. */
import type { Call } from '../contract/call.js';
import type { CallOptions } from '../contract/options.js';
import { VoiceSession } from './voice-session.js';

export { browserEnvironment } from './environment.js';
export type { Environment } from './environment.js';
export { TokenSource } from './token-source.js';
export type { Token } from './token-source.js';
export { VoiceSession };

/** A call with the browser's own devices, network and time. */
export function createCall(options: CallOptions = {}): Call {
  return new VoiceSession(options);
}

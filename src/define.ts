/** Registers `<voice-agent>`. Safe if a page or a CMS loads it twice. */
import { VoiceAgent } from './element/voice-agent.js';

VoiceAgent.define();

export { VoiceAgent };
// Types only: they include the event types for `addEventListener`.
export type * from './contract/index.js';

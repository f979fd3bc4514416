/** Registers `<voice-agent>`. Safe when a page or a CMS loads it twice. */
import { VoiceAgent } from './element/voice-agent.js';

VoiceAgent.define();

export { VoiceAgent };
// Types alone: with them come the events of `addEventListener`.
export type * from './contract/index.js';

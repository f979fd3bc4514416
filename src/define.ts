/** Registers `<voice-agent>`. Safe when a page or a CMS loads it twice. */
import { VoiceAgent } from './element/voice-agent.js';

VoiceAgent.define();

export { VoiceAgent };

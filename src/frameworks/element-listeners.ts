/** Listeners of `<voice-agent>` as props of a template language. */
import type { VoiceAgentEvent, VoiceAgentEventName } from '../contract/events.js';

/** A prop for each event: what the template language puts before the event's name, and its listener. */
export type ElementListeners<Prefix extends string> = {
  [Name in VoiceAgentEventName as `${Prefix}${Name}`]?: ((event: VoiceAgentEvent<Name>) => void) | undefined;
};

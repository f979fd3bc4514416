/** `voice-agent-element/types/preact`: types of the tag `<voice-agent>` in JSX of Preact. */
import type { HTMLAttributes } from 'preact';
import type { VoiceAgent } from '../element/voice-agent.js';
import type { ElementListeners } from './element-listeners.js';
import type { ElementAttributes, ElementProps } from './element-props.js';

/** What the tag takes: properties, attributes, the events as `onvoice-agent-message`, and what any HTML element takes. */
export type PreactTag = ElementProps & ElementAttributes & ElementListeners<'on'> & Omit<HTMLAttributes<VoiceAgent>, keyof ElementProps>;

declare module 'preact' {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- merges with the namespace of the framework
  namespace JSX {
    interface IntrinsicElements {
      'voice-agent': PreactTag;
    }
  }
}

/** `voice-agent-element/types/solid`: types of the tag `<voice-agent>` in JSX of Solid. */
import type { JSX } from 'solid-js';
import type { VoiceAgent } from '../element/voice-agent.js';
import type { ElementListeners } from './element-listeners.js';
import type { ElementAttributes, ElementProps } from './element-props.js';

/** What the tag takes: properties, attributes, the events as `on:voice-agent-message`, and what any HTML element takes. */
export type SolidTag = ElementProps &
  ElementAttributes &
  ElementListeners<'on:'> &
  Omit<JSX.HTMLAttributes<VoiceAgent>, keyof ElementProps>;

declare module 'solid-js' {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- merges with the namespace of the framework
  namespace JSX {
    interface IntrinsicElements {
      'voice-agent': SolidTag;
    }
  }
}

/** `voice-agent-element/types/react`: types of the tag `<voice-agent>` in JSX of React 19 and Next. */
import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { VoiceAgent } from '../element/voice-agent.js';
import type { ElementListeners } from './element-listeners.js';
import type { ElementAttributes, ElementProps } from './element-props.js';

/** What the tag takes: properties, attributes, the events as `onvoice-agent-message`, and what any HTML element takes. */
export type ReactTag = ElementProps &
  ElementAttributes &
  ElementListeners<'on'> &
  Omit<DetailedHTMLProps<HTMLAttributes<VoiceAgent>, VoiceAgent>, keyof ElementProps>;

declare module 'react' {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- merges with the namespace of the framework
  namespace JSX {
    interface IntrinsicElements {
      'voice-agent': ReactTag;
    }
  }
}

/** `voice-agent-element/types/solid`: types of the tag `<voice-agent>` in JSX of Solid. */
import type { JSX } from 'solid-js';
import type { VoiceAgent } from '../element/voice-agent.js';
import type { CamelCase } from './camel-case.js';
import type { ElementListeners } from './element-listeners.js';
import type { ElementAttributes, ElementProps } from './element-props.js';

/** Solid writes constant strings into the HTML, where a name in camel case would be a different attribute: `callurl`. */
type NamedAsAttribute = Omit<ElementProps, CamelCase<keyof ElementAttributes>>;
type AsProperty = { [Name in keyof ElementProps as `prop:${Name}`]: ElementProps[Name] };

/**
 * What the tag takes: the properties, as attributes (`call-url`) if those have other names, or with `prop:`, the events as
 * `on:voice-agent-message`, and what any HTML element takes.
 */
export type SolidTag = NamedAsAttribute &
  AsProperty &
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

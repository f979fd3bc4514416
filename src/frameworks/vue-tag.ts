/** `voice-agent-element/types/vue`: types of the tag `<voice-agent>` in templates of Vue 3, with Vue's language tools and `vue-tsc`. */
import type { HTMLAttributes, PublicProps } from 'vue';
import type { VoiceAgentEvent, VoiceAgentEventName } from '../contract/events.js';
import type { CamelCase } from './camel-case.js';
import type { ElementAttributes, ElementProps } from './element-props.js';

/** A template writes `@voice-agent-message`, which Vue passes on as `onVoiceAgentMessage`. */
type VueListeners = {
  [Name in VoiceAgentEventName as `on${Capitalize<CamelCase<Name>>}`]?: ((event: VoiceAgentEvent<Name>) => void) | undefined;
};

/** What the tag takes: properties, attributes, the events, and what any HTML element takes. */
export type VueTagProps = ElementProps & ElementAttributes & VueListeners & Omit<HTMLAttributes, keyof ElementProps>;

/** Vue's type of a component; at run time, `isCustomElement` makes Vue create the element. */
export type VueTag = new () => { $props: VueTagProps & PublicProps };

declare module 'vue' {
  interface GlobalComponents {
    'voice-agent': VueTag;
  }
}

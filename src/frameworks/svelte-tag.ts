/** `voice-agent-element/types/svelte`: types of the tag `<voice-agent>` in templates of Svelte 5. */
import type { HTMLAttributes } from 'svelte/elements';
import type { VoiceAgent } from '../element/voice-agent.js';
import type { ElementListeners } from './element-listeners.js';
import type { ElementAttributes, ElementProps } from './element-props.js';

/** What the tag takes: properties, attributes, the events as `onvoice-agent-message`, and what any HTML element takes. */
export type SvelteTag = ElementProps & ElementAttributes & ElementListeners<'on'> & Omit<HTMLAttributes<VoiceAgent>, keyof ElementProps>;

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'voice-agent': SvelteTag;
  }
}

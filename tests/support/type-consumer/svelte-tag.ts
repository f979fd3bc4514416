/** Type-checked by `.config/types-check.sh`: the tag in templates of Svelte, whose compiler checks them against these types. */
import type { SvelteHTMLElements } from 'svelte/elements';
import 'voice-agent-element/types/svelte';

export const agent: SvelteHTMLElements['voice-agent'] = {
  'call-url': '/voice/call',
  placement: 'bottom-end',
  tools: [{ name: 'now', execute: () => new Date() }],
  sessionConfig: { max_output_tokens: 500 },
  visitorToken: async () => 'token',
  class: 'agent',
  onclick: ({ currentTarget }) => void currentTarget.connect(),
  'onvoice-agent-message': ({ detail }) => detail.message.text.trim(),
  'onvoice-agent-error': ({ detail }) => detail.error.code === 'unsupported',
};
// @ts-expect-error: no such placement.
export const misplaced: SvelteHTMLElements['voice-agent'] = { placement: 'left' };
// @ts-expect-error: this event has no message.
export const without: SvelteHTMLElements['voice-agent'] = { 'onvoice-agent-error': ({ detail }) => detail.message };

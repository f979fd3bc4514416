/** Type-checked by `.config/types-check.sh`: the tag in templates of Vue, whose compiler checks them against these types. */
import type { GlobalComponents } from 'vue';
import 'voice-agent-element/types/vue';

type Props = InstanceType<GlobalComponents['voice-agent']>['$props'];

export const agent: Props = {
  'call-url': '/voice/call',
  placement: 'bottom-end',
  tools: [{ name: 'now', execute: () => new Date() }],
  sessionConfig: { max_output_tokens: 500 },
  visitorToken: async () => 'token',
  class: 'agent',
  onVoiceAgentMessage: ({ detail }) => detail.message.text.trim(),
  onVoiceAgentError: ({ detail }) => detail.error.code === 'unsupported',
};
// @ts-expect-error: no such placement.
export const misplaced: Props = { placement: 'left' };
// @ts-expect-error: this event has no message.
export const without: Props = { onVoiceAgentError: ({ detail }) => detail.message };

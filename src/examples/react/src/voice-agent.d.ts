/** Types of `<voice-agent>` in JSX: React 19 sets properties, and listens to the event `x` with the prop `onx`. */
import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { CallOptions, VoiceAgent, VoiceAgentEvent, VoiceAgentEventName } from 'voice-agent-element/element';

type CallProps = Pick<CallOptions, keyof CallOptions & keyof VoiceAgent>;
type WidgetProps = Partial<Pick<VoiceAgent, 'placement' | 'heading' | 'theme' | 'open' | 'muted' | 'announce' | 'disabled'>>;
type EventProps = { [Name in VoiceAgentEventName as `on${Name}`]?: (event: VoiceAgentEvent<Name>) => void };

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'voice-agent': DetailedHTMLProps<HTMLAttributes<VoiceAgent>, VoiceAgent> & CallProps & WidgetProps & EventProps;
    }
  }
}

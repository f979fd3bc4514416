'use client';

import { useEffect, useRef, useState } from 'react';
import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { CallState, VoiceAgent, VoiceAgentEvent } from 'voice-agent-element/element';

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'voice-agent': DetailedHTMLProps<HTMLAttributes<VoiceAgent>, VoiceAgent> & {
        'token-url'?: string;
        placement?: string;
        heading?: string;
      };
    }
  }
}

/**
 * The element is rendered on the server with its attributes. React sets no properties and adds no custom listeners during hydration,
 * so the effect does both, once the element is defined.
 */
export function VoiceWidget() {
  const agent = useRef<VoiceAgent>(null);
  const [state, setState] = useState<CallState>('idle');

  useEffect(() => {
    const element = agent.current!;
    const onStateChange = ({ detail }: VoiceAgentEvent<'voice-agent-state-change'>) => setState(detail.state);
    element.addEventListener('voice-agent-state-change', onStateChange);
    void import('voice-agent-element/define').then(() => {
      element.tools = [
        { name: 'get_time', description: 'Returns the time in the visitor’s time zone.', execute: () => new Date().toLocaleTimeString() },
      ];
    });
    return () => element.removeEventListener('voice-agent-state-change', onStateChange);
  }, []);

  return (
    <>
      <p>
        State of the call: <output>{state}</output>
      </p>
      <voice-agent ref={agent} token-url="/voice/token" placement="bottom-end" heading="Ask Ada" />
    </>
  );
}

'use client';

import { useState } from 'react';
import { VoiceAgent } from 'voice-agent-element/react';
import type { CallState, ClientTool } from 'voice-agent-element/react';

const tools: ClientTool[] = [
  { name: 'get_time', description: 'Returns the time in the visitor’s time zone.', execute: () => new Date().toLocaleTimeString() },
];

/** The component renders the element on the server with its attributes, and sets tools and listeners in the browser. */
export function VoiceWidget() {
  const [state, setState] = useState<CallState>('idle');
  return (
    <>
      <p>
        State of the call: <output>{state}</output>
      </p>
      <VoiceAgent
        tokenUrl="/voice/token"
        placement="bottom-end"
        heading="Ask Ada"
        tools={tools}
        onStateChange={({ detail }) => setState(detail.state)}
      />
    </>
  );
}

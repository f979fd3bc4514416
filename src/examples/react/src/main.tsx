import { StrictMode, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { defineTool } from 'voice-agent-element/element';
import { VoiceAgent } from 'voice-agent-element/react';
import type { CallState, Message } from 'voice-agent-element/react';

function App() {
  const [open, setOpen] = useState(false);
  const [state, setState] = useState<CallState>('idle');
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const [colour, setColour] = useState('white');

  const tools = useMemo(
    () => [
      defineTool({
        name: 'set_colour',
        description: 'Sets the background colour of the page.',
        parameters: { type: 'object', properties: { colour: { enum: ['gold', 'lightblue', 'white'] } }, required: ['colour'] },
        execute: ({ colour }) => {
          setColour(colour);
          return `The page is ${colour}.`;
        },
      }),
    ],
    [],
  );

  return (
    <main style={{ background: colour }}>
      <h1>React</h1>
      <button type="button" onClick={() => setOpen(!open)}>
        {open ? 'Hide' : 'Show'} the panel
      </button>
      <p>
        State of the call: <output>{state}</output>
      </p>
      <ol>
        {messages.map(({ id, role, text }) => (
          <li key={id}>
            {role}: {text}
          </li>
        ))}
      </ol>
      <VoiceAgent
        callUrl="/voice/call"
        placement="bottom-end"
        heading="Ask Ada"
        tools={tools}
        open={open}
        onOpenChange={({ detail }) => setOpen(detail.open)}
        onStateChange={({ detail }) => setState(detail.state)}
        onMessage={({ detail }) => setMessages((earlier) => [...earlier, detail.message])}
      />
    </main>
  );
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

/** Type-checked by `.config/types-check.sh` in a project that has installed what these entry points name as their packages. */
import type { VoiceAgent } from 'voice-agent-element/element';
import { RealtimeAgent, tool } from 'voice-agent-element/agents';
import { RealtimeVoice } from 'voice-agent-element/mastra';
import { createSandbox } from 'voice-agent-element/sandbox';
import type { Sandbox } from 'voice-agent-element/sandbox';
import { connectBrowserSandbox } from 'voice-agent-element/sandbox/browser';
import type { BrowserSandbox } from 'voice-agent-element/sandbox/browser';
import { z } from 'zod';

const weather = tool({
  name: 'weather',
  description: 'The weather in a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => city.toUpperCase(),
});
const agent = new RealtimeAgent({ name: 'Clerk', tools: [weather] });
const name: string = agent.name;
const sandbox: Promise<Sandbox> = createSandbox({ port: 0 });
// @ts-expect-error a port is a number
void createSandbox({ port: 'any' });
// @ts-expect-error an agent needs a name
void new RealtimeAgent({});
declare const element: VoiceAgent;
const inPage: Promise<BrowserSandbox> = connectBrowserSandbox(element, { script: { replies: ['Good morning.'] } });
// @ts-expect-error a reply is not a number
void connectBrowserSandbox(element, { script: { replies: [1] } });
void [name, sandbox, inPage, RealtimeVoice];

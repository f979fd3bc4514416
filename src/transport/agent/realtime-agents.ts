/** The parts of the Agents SDK that a page needs to create an agent; calls with an agent use the same classes. */
export { RealtimeAgent, RealtimeSession, backgroundResult, tool } from '@openai/agents/realtime';

/** What a page needs of the Agents SDK to make an agent; the same classes that a call with an agent uses. */
export { RealtimeAgent, RealtimeSession, backgroundResult, tool } from '@openai/agents/realtime';

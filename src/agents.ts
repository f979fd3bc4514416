/** `agents.js`: the Agents SDK's `RealtimeAgent` and `tool`, for pages without a bundler. Registers no element. */
export * from './transport/agent/realtime-agents.js';

/** `agents.js`: the Agents SDK's own `RealtimeAgent` and `tool`, for pages without a bundler. Registers nothing. */
export * from './transport/realtime-agents.js';

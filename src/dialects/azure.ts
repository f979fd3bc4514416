/**
 * Azure OpenAI's GA interface, below `https://<resource>.openai.azure.com/openai/v1`: GA as it is, by WebRTC. Its keys have
 * no documented beginning, and its WebSocket takes keys in headers alone, which a browser cannot send.
 *
 * Sources: Microsoft's documentation of the Realtime API by WebRTC (commit 10bec39 of `azure-ai-docs`); `openai` 7.55, which
 * refuses Azure's WebSocket in browsers.
 */
import type { Dialect } from '../contract/dialect.js';

export const azure: Dialect = { name: 'azure', socket: false };

/**
 * Azure OpenAI's GA interface, below `https://<resource>.openai.azure.com/openai/v1`: unmodified GA over WebRTC. Its keys have no
 * documented prefix, and its WebSocket accepts keys only in headers, which browsers cannot send.
 *
 * Sources: Microsoft's documentation of the Realtime API over WebRTC (commit 10bec39 of `azure-ai-docs`); `openai` 7.55, which
 * does not support Azure's WebSocket in browsers.
 */
import type { Dialect } from '../../contract/dialect.js';

export const azure: Dialect = { name: 'azure', socket: false };

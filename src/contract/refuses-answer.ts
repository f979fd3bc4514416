/** The one refusal that ends by itself: the server does not begin a response while another one runs. */
import type { RealtimeEvent } from './options.js';
import { toJson } from './to-json.js';

/**
 * Whether an event refuses a `response.create` because the conversation has an active response. Servers have the code in
 * `error.code` (OpenAI), in `error.type` (Hugging Face speech-to-speech), beside a flat message, or only in words.
 */
export const refusesAnswer = (event: RealtimeEvent): boolean =>
  event.type === 'error' && /conversation_already_has_active_response|already has an active response|response while (one|another)\b.*in progress/i.test(toJson(event));

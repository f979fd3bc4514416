/** Detects the one rejection that resolves by itself: the server does not start a response while another one is active. */
import type { RealtimeEvent } from './options.js';
import { toJson } from './to-json.js';

/**
 * Whether an event rejects a `response.create` because the conversation has an active response. Servers put the code in
 * `error.code` (OpenAI), in `error.type` (Hugging Face speech-to-speech), next to a flat message, or only send a message.
 */
export const refusesAnswer = (event: RealtimeEvent): boolean =>
  event.type === 'error' &&
  /conversation_already_has_active_response|already has an active response|response while (one|another)\b.*in progress/i.test(
    toJson(event),
  );

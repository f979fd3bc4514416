import { VoiceAgentError } from '../contract/errors.js';

/** Waits for the code of a lazy chunk. @throws VoiceAgentError `load_failed`; `network` while the browser is offline: retrying helps */
export async function loadCode<T>(code: Promise<T>): Promise<T> {
  try {
    return await code;
  } catch (cause) {
    throw VoiceAgentError.from(cause, navigator.onLine === false ? 'network' : 'load_failed');
  }
}

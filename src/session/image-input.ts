/** Validates images for the model. */
import { VoiceAgentError } from '../contract/errors.js';

/** A data URL; any other URL would make the server fetch an address of the page's choice. */
const IMAGE = /^data:image\/[\w.+-]+;base64,[A-Za-z0-9+/]+={0,2}$/;

/** @throws VoiceAgentError `invalid_request` for anything but a `data:image/…;base64,` URL */
export function checkImage(dataUrl: unknown): asserts dataUrl is string {
  if (typeof dataUrl === 'string' && IMAGE.test(dataUrl)) return;
  throw new VoiceAgentError('invalid_request', { message: 'Images must be data:image/…;base64 URLs.' });
}

/** Which images can be shown to a model. */
import { VoiceAgentError } from '../contract/errors.js';

/** An image inside its address; other addresses would make the server fetch what a page names. */
const IMAGE = /^data:image\/[\w.+-]+;base64,[A-Za-z0-9+/]+={0,2}$/;

/** @throws VoiceAgentError `invalid_request` for anything but a `data:image/…;base64,` address */
export function checkImage(dataUrl: unknown): asserts dataUrl is string {
  if (typeof dataUrl === 'string' && IMAGE.test(dataUrl)) return;
  throw new VoiceAgentError('invalid_request', { message: 'An image is given as a data:image/…;base64 address.' });
}

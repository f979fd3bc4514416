/**
 * Checks that the SDP from a page is a plausible audio offer before it is forwarded with the owner's API key. The Realtime API
 * interprets the offer itself.
 *
 * Source: RFC 8866 (`v=0` comes first; each line starts with one letter and `=`).
 */

/** Maximum size of an offer in bytes; browsers send 2–6 KiB. */
export const MAX_OFFER_BYTES = 65_536;

/** Maximum line length; fingerprints and candidates are far shorter. */
const MAX_LINE = 2_048;

/** Returns the offer as text, or `undefined` if it is not valid. */
export function sdpOffer(body: Uint8Array): string | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines[0] !== 'v=0' || !lines.some((line) => line.startsWith('m=audio '))) return undefined;
  return lines.every(isLine) ? text : undefined;
}

const isLine = (line: string): boolean => line.length <= MAX_LINE && /^[a-z]=[^\u0000-\u0008\u000b-\u001f\u007f]*$/.test(line);

/**
 * Looks at the SDP that a page sends before it travels on under the owner's key: that it is an offer of a voice call at all.
 * What the offer means is the Realtime API's matter.
 *
 * Source: RFC 8866 (`v=0` first, lines of one letter and `=`).
 */

/** Largest offer in bytes; browsers send 2–6 KiB. */
export const MOST_OFFER_BYTES = 65_536;

/** Longest line; fingerprints and candidates are far shorter. */
const MOST_LINE = 2_048;

/** The offer as text, or `undefined` for anything that no browser sends. */
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

const isLine = (line: string): boolean => line.length <= MOST_LINE && /^[a-z]=[^\u0000-\u0008\u000b-\u001f\u007f]*$/.test(line);

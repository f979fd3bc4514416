/**
 * Extracts phone numbers from SIP headers. The caller controls these headers: numbers are looked up and logged as hashes, but never
 * trusted.
 *
 * Source: RFC 3261 §20.10 (`name-addr` and `addr-spec`), RFC 3966 (`tel:` and its visual separators).
 */

/** One header of the INVITE. */
export interface SipHeader {
  readonly name: string;
  readonly value: string;
}

/** Maximum header length; longer values are ignored. */
const MAX_LENGTH = 1_024;

/** Returns the first header with this name, ignoring case. */
export function sipHeader(headers: readonly SipHeader[], name: string): string | undefined {
  return headers.find((header) => header.name.toLowerCase() === name)?.value;
}

/**
 * Returns the user part of a SIP address or the number of a `tel:` address, such as `+4930123456` from
 * `"Shop" <sip:+4930123456@example.com;user=phone>;tag=1`; `undefined` for anything else.
 */
export function sipUser(header: string | undefined): string | undefined {
  if (header === undefined || header.length > MAX_LENGTH) return undefined;
  const address = addressIn(header);
  const [, scheme = '', rest = ''] = /^(sips?|tel):(.*)$/i.exec(address) ?? [];
  if (scheme === '') return undefined;
  // Parameters and a password in the user part do not belong to the number.
  const part = scheme.toLowerCase() === 'tel' ? rest : rest.includes('@') ? rest.slice(0, rest.lastIndexOf('@')) : '';
  const user = decoded(part.split(/[;:?]/)[0] ?? '');
  if (user === undefined || !/^[\x21-\x7e]{1,128}$/.test(user)) return undefined;
  const digits = user.replace(/[-.()]/g, '');
  return /^\+?\d+$/.test(digits) ? digits : user;
}

/** Returns the text in angle brackets outside the quoted name, or the whole value up to its parameters. */
function addressIn(header: string): string {
  const unnamed = header.trim().replace(/^"(?:[^"\\]|\\.)*"/, '');
  const bracketed = /<([^<>]*)>/.exec(unnamed)?.[1];
  return (bracketed ?? unnamed.split(/[;\s]/)[0] ?? '').trim();
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

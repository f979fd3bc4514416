/**
 * Normalizes IP addresses, so that different spellings of one address count as one. Independent of requests.
 *
 * Source: RFC 4291 for the text forms of IPv6 and for IPv4-mapped addresses.
 */

/**
 * The normalized address without port, brackets and zone; IPv4-mapped IPv6 as IPv4. `undefined` if it is not an address.
 *
 * @param text written by a socket or proxy: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`, `::ffff:192.0.2.1`
 */
export function ipAddress(text: string): string | undefined {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  if (bare.length > 64) return undefined;
  if (bare.includes('.') && !bare.includes(':')) return octets(bare)?.join('.');
  const groups = ipv6Groups(bare.replace(/%.*$/, ''));
  if (!groups) return undefined;
  const [g0, g1, g2, g3, g4, g5, high = 0, low = 0] = groups;
  if (!g0 && !g1 && !g2 && !g3 && !g4 && g5 === 0xffff) return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return groups.map((group) => group.toString(16)).join(':');
}

/** The network of one subscriber: an IPv4 address, or the /64 of an IPv6 address, whose other bits a host can change freely. */
export function subscriberNetwork(address: string): string {
  return address.includes(':') ? `${address.split(':').slice(0, 4).join(':')}::/64` : address;
}

function octets(text: string): number[] | undefined {
  const parts = text.split('.');
  const usable = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  return usable ? parts.map(Number) : undefined;
}

function ipv6Groups(text: string): number[] | undefined {
  const halves = text.split('::');
  // An IPv4 part must come last.
  if (halves.length > 2 || (halves.length === 2 && halves[0]?.includes('.'))) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (!head) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if (!tail || head.length + tail.length > 7) return undefined;
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

/** Groups between colons; the last part may be an IPv4 address, which counts as two groups. */
function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[\da-f]{1,4}$/i.test(part)) {
      groups.push(parseInt(part, 16));
      continue;
    }
    const last = index === parts.length - 1 ? octets(part) : undefined;
    if (!last) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = last;
    groups.push((a << 8) | b, (c << 8) | d);
  }
  return groups;
}

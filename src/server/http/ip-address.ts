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

/**
 * How many times the limit of one subscriber applies to a network. `address`: one subscriber; the others are the blocks of IPv6 addresses that
 * providers assign to a home or an organization.
 */
export const NETWORK_FACTORS = { address: 1, subnet: 4, network: 16 } as const;

/** A network that counts as one source of requests. */
export interface SourceNetwork {
  readonly kind: keyof typeof NETWORK_FACTORS;
  readonly network: string;
  /** See `NETWORK_FACTORS`. */
  readonly factor: number;
}

/** The networks of an address, from the smallest to the largest: an IPv4 address, or the /64, /56 and /48 of an IPv6 address. */
export function sourceNetworks(address: string): readonly SourceNetwork[] {
  const own = { kind: 'address', network: subscriberNetwork(address), factor: NETWORK_FACTORS.address } as const;
  if (!address.includes(':')) return [own];
  const [g0 = '', g1 = '', g2 = '', g3 = ''] = address.split(':');
  const upper = (parseInt(g3, 16) & 0xff00).toString(16);
  return [
    own,
    { kind: 'subnet', network: `${g0}:${g1}:${g2}:${upper}::/56`, factor: NETWORK_FACTORS.subnet },
    { kind: 'network', network: `${g0}:${g1}:${g2}::/48`, factor: NETWORK_FACTORS.network },
  ];
}

/**
 * True for loopback, link-local, private and shared addresses: those of a proxy or of the owner's own network, never of a visitor on the
 * Internet. Source: RFC 6890.
 */
export function isPrivateAddress(address: string): boolean {
  if (address.includes(':')) return address === '0:0:0:0:0:0:0:1' || /^(f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):/.test(address);
  const [a = 0, b = 0] = address.split('.').map(Number);
  if (a === 10 || a === 127) return true;
  return (a === 172 && b >> 4 === 1) || (a === 192 && b === 168) || (a === 169 && b === 254) || (a === 100 && b >> 6 === 1);
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

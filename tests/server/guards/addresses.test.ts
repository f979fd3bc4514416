import { Hono } from 'hono';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress } from '../../../src/server/guards/client-address.js';
import { ipAddress, isPrivateAddress, sourceNetworks, subscriberNetwork } from '../../../src/server/http/ip-address.js';
import type { VoiceEnv } from '../../../src/server/http/voice-env.js';
import { remoteAddress } from '../../../src/server/http/remote-address.js';

describe('an address is normalized', () => {
  const spellings: [string, string | undefined][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:443', '192.0.2.1'],
    ['192.000.2.001', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:80', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0:0:0:0:1'],
    ['2001:0DB8:0000::0001', '2001:db8:0:0:0:0:0:1'],
    ['[2001:db8::1]', '2001:db8:0:0:0:0:0:1'],
    ['[2001:db8::1]:443', '2001:db8:0:0:0:0:0:1'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0:0:0:c000:201'],
    ...[
      '',
      'unknown',
      '_hidden',
      '256.0.0.1',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.4:x',
      '-1.2.3.4',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1::2::3',
      '1:2:3:4:5:6:7::8',
      ':::',
      '12345::',
      'g::1',
      '1.2.3.4::',
      '::1.2.3',
      '[::1',
      '<script>',
      ':'.repeat(60),
      '1'.repeat(500),
    ].map((text): [string, undefined] => [text, undefined]),
  ];

  it.each(spellings)('%j becomes %j', (text, expected) => {
    expect(ipAddress(text)).toBe(expected);
  });

  it('without throwing, and normalizing again changes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 80 }), fc.ipV4(), fc.ipV4Extended(), fc.ipV6()), (text) => {
        const once = ipAddress(text);
        expect(once === undefined || ipAddress(once) === once).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => ipAddress(text) !== undefined));
  });

  it('to a /64 for an IPv6 subscriber, and to the address for an IPv4 subscriber', () => {
    const network = (text: string) => subscriberNetwork(ipAddress(text) ?? '');
    expect(network('2001:db8:1:2::1')).toBe('2001:db8:1:2::/64');
    expect(network('2001:db8:1:2:ffff:ffff:ffff:ffff')).toBe('2001:db8:1:2::/64');
    expect(network('2001:db8:1:3::1')).not.toBe('2001:db8:1:2::/64');
    expect(network('::ffff:192.0.2.1')).toBe('192.0.2.1');
  });
});

describe('an IPv6 address', () => {
  const networks = (text: string) => sourceNetworks(ipAddress(text) ?? '').map(({ network, factor }) => [network, factor]);

  it('belongs to a /64, a /56 and a /48', () => {
    expect(networks('2001:db8:1:abcd::1')).toEqual([
      ['2001:db8:1:abcd::/64', 1],
      ['2001:db8:1:ab00::/56', 4],
      ['2001:db8:1::/48', 16],
    ]);
    expect(networks('2001:db8:1:12::1')).toContainEqual(['2001:db8:1:0::/56', 4]);
    expect(networks('::ffff:192.0.2.1')).toEqual([['192.0.2.1', 1]]);
  });
});

describe('a private address', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.1',
    '192.168.1.1',
    '169.254.1.1',
    '100.64.0.1',
    '100.127.0.1',
    '::1',
    'fd00::1',
    'fe80::1',
    '::ffff:10.0.0.1',
  ])('%s is that of a proxy or of the own network', (text) => expect(isPrivateAddress(ipAddress(text) ?? '')).toBe(true));
  it.each([
    '126.0.0.1',
    '11.0.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.167.1.1',
    '100.63.0.1',
    '100.128.0.1',
    '192.0.2.1',
    '2001:db8::1',
    '::2',
    'fe00::1',
    'fec0::1',
  ])('%s is that of a visitor', (text) => expect(isPrivateAddress(ipAddress(text) ?? '')).toBe(false));
});

describe('X-Forwarded-For', () => {
  /** The address determined by the guard; the connection itself comes from 198.51.100.7. */
  async function found(
    trustedProxies: number,
    forwarded: string | undefined,
    remote: string | undefined = '::ffff:198.51.100.7',
  ): Promise<string> {
    const app = new Hono<VoiceEnv>();
    app.use(clientAddress({ trustedProxies, remoteAddress: () => remote }));
    app.get('/', (c) => c.text(String(c.get('address'))));
    return (await app.request('/', { headers: forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded } })).text();
  }

  it('is ignored without proxies', async () => {
    expect(await found(0, '192.0.2.66')).toBe('198.51.100.7');
    expect(await found(0, undefined)).toBe('198.51.100.7');
  });

  it('is trusted for the n-th entry from the right with n proxies, whatever precedes it', async () => {
    expect(await found(1, '192.0.2.1')).toBe('192.0.2.1');
    expect(await found(1, '192.0.2.66, 192.0.2.67, 192.0.2.1')).toBe('192.0.2.1');
    expect(await found(2, '192.0.2.66,192.0.2.1 , 10.0.0.1')).toBe('192.0.2.1');
    expect(await found(2, ', , 192.0.2.1, 10.0.0.1')).toBe('192.0.2.1');
    expect(await found(1, '192.0.2.66, [2001:db8::1]:4711')).toBe('2001:db8:0:0:0:0:0:1');
  });

  it('is ignored if it has too few entries or no valid address', async () => {
    expect(await found(2, '192.0.2.66')).toBe('198.51.100.7');
    expect(await found(1, undefined)).toBe('198.51.100.7');
    expect(await found(1, '192.0.2.66, unknown')).toBe('198.51.100.7');
    expect(await found(1, '')).toBe('198.51.100.7');
    expect(await found(1, `192.0.2.1${' '.repeat(50)}x`)).toBe('198.51.100.7');
  });

  it('is not a replacement for an unknown remote address', async () => {
    expect(await found(0, '192.0.2.66', '')).toBe('undefined');
  });
});

it("the default reads the address of Node's socket and trusts no header", () => {
  const request = new Request('http://x/', { headers: { 'CF-Connecting-IP': '192.0.2.66' } });
  expect(remoteAddress(request, { incoming: { socket: { remoteAddress: '127.0.0.1' } } })).toBe('127.0.0.1');
  expect(remoteAddress(request, { server: { incoming: { socket: { remoteAddress: '127.0.0.2' } } } })).toBe('127.0.0.2');
  for (const env of [undefined, {}, { incoming: {} }, { incoming: { socket: {} } }]) expect(remoteAddress(request, env)).toBeUndefined();
});

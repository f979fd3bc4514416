/** The addresses on which the sandbox receives media, and a call through each of them. */
import type { Socket } from 'node:dgram';
import type { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { RTCPeerConnection } from 'werift';
import { createSandbox } from '../../../src/sandbox/index.js';
import { mediaHostsFor, ownAddresses } from '../../../src/sandbox/media/media-hosts.js';
import { call, closing } from './loopback-call.js';
import type { Call } from './loopback-call.js';

const HOSTS = ['127.0.0.1', '127.0.0.2'];
const candidates = (answer: string): { priority: number; host: string; port: string }[] =>
  [...answer.matchAll(/^a=candidate:\S+ 1 udp (\d+) (\S+) (\d+) typ host/gmu)].map(([, priority = '', host = '', port = '']) => ({
    priority: Number(priority),
    host,
    port,
  }));

interface Pair {
  readonly localCandidate: unknown;
  readonly remoteAddr: readonly [host: string, port: number];
  readonly protocol: {
    readonly transport: { readonly socket: Socket };
    request(request: unknown, address: readonly [string, number], integrityKey: Buffer, retransmissions: number): Promise<unknown>;
  };
}

/** What werift's ICE agent knows as the client. A browser decides by itself when it nominates another pair; here the test does. */
interface ClientIce {
  readonly checkList: readonly Pair[];
  nominated: Pair | undefined;
  readonly localUsername: string;
  readonly remoteUsername: string;
  readonly remotePassword: string;
  readonly iceControlling: boolean;
  buildRequest(parts: Record<string, unknown>): unknown;
}
const clientIce = (connection: RTCPeerConnection): ClientIce => connection.iceTransports[0]?.connection as unknown as ClientIce;

/** First byte of RTP and RTCP packets (RFC 7983). */
const isRtp = (data: Buffer): boolean => (data[0] ?? 0) >= 128 && (data[0] ?? 0) <= 191;

/** Exchanges a message in each direction, and audio. */
async function exchange({ visitor, peer, next }: Call): Promise<void> {
  await visitor.reached('open');
  const [asked, answered] = [next('message'), visitor.message()];
  visitor.channel.send('question');
  await asked;
  peer.send('answer');
  expect(await answered).toBe('answer');
  await visitor.received(visitor.packets.length + 2);
}

describe('media addresses', () => {
  it('include loopback and every other IPv4 address of this machine', () => {
    const address = (of: string, family: 'IPv4' | 'IPv6', internal: boolean) => ({
      address: of,
      family,
      internal,
      netmask: '',
      mac: '',
      cidr: null,
      scopeid: 0,
    });
    const interfaces = {
      lo: [address('127.0.0.1', 'IPv4', true), address('::1', 'IPv6', true)],
      eth0: [address('10.0.0.5', 'IPv4', false), address('fd00::2', 'IPv6', false)],
      wlan0: [address('192.168.1.7', 'IPv4', false)],
    };
    expect(ownAddresses(interfaces as ReturnType<typeof networkInterfaces>)).toEqual(['127.0.0.1', '10.0.0.5', '192.168.1.7']);
    expect(ownAddresses({})).toEqual(['127.0.0.1']);
  });

  it('default to the address of the API', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1', '0.0.0.0', '::']) expect(mediaHostsFor(host, undefined)()).toEqual(ownAddresses());
    expect(mediaHostsFor('10.0.0.5', undefined)()).toEqual(['10.0.0.5']);
    expect(mediaHostsFor('10.0.0.5', HOSTS)()).toEqual(HOSTS);
  });

  it('are all addresses of the machine by default, and can be restricted', async () => {
    expect(closing(await createSandbox()).mediaHosts).toEqual(ownAddresses());
    expect(closing(await createSandbox({ mediaHosts: ['127.0.0.1'] })).mediaHosts).toEqual(['127.0.0.1']);
    await expect(createSandbox({ mediaHosts: ['198.51.100.7'] })).rejects.toThrow('198.51.100.7');
  });
});

describe('an SDP answer', () => {
  it('lists each address, the preferred one first', async () => {
    const { peer } = await call({}, { hosts: () => HOSTS });
    const named = candidates(peer.answer);
    expect(named.map(({ host }) => host)).toEqual(HOSTS);
    expect(named[0]?.priority).toBeGreaterThan(named[1]?.priority ?? Infinity);
    expect(new Set(named.map(({ port }) => port)).size).toBe(2);
  });

  it.each(HOSTS)('connects a call through %s only', async (host) => {
    const made = await call({}, { hosts: () => HOSTS });
    const [other = ''] = HOSTS.filter((one) => one !== host);
    await made.visitor.accept(made.peer.answer.replace(new RegExp(`^a=candidate:.* ${other.replaceAll('.', '\\.')} .*\r\n`, 'mu'), ''));
    await exchange(made);
  });

  it('connects a call whose client switches between addresses', async () => {
    const made = await call({}, { hosts: () => HOSTS });
    await made.visitor.accept(made.peer.answer);
    await exchange(made);
    await made.visitor.received(made.visitor.packets.length + 20);
    await exchange(made);
  });

  it('leads to a call that continues at the other address when the client nominates it later', async () => {
    const made = await call({}, { hosts: () => HOSTS });
    await made.visitor.accept(made.peer.answer);
    await exchange(made);
    const ice = clientIce(made.visitor.connection);
    const other = ice.checkList.find(({ remoteAddr }) => remoteAddr[0] !== ice.nominated?.remoteAddr[0]);
    if (!other) throw new Error('The client has one pair only.');
    const { localUsername, remoteUsername, iceControlling, remotePassword } = ice;
    const request = ice.buildRequest({
      nominate: true,
      localUsername,
      remoteUsername,
      iceControlling,
      localCandidate: other.localCandidate,
    });
    const moved = new Promise<void>((resolve) => {
      other.protocol.transport.socket.on('message', (data, { address }) => isRtp(data) && address === other.remoteAddr[0] && resolve());
    });
    await other.protocol.request(request, other.remoteAddr, Buffer.from(remotePassword, 'utf8'), 4);
    ice.nominated = other;
    await moved;
    await exchange(made);
  });

  it('uses the addresses at the time of the call', async () => {
    const hosts = [...HOSTS];
    const { peer } = await call({}, { hosts: () => [hosts.shift() ?? ''] });
    expect(candidates(peer.answer).map(({ host }) => host)).toEqual(['127.0.0.1']);
    expect(hosts).toEqual(['127.0.0.2']);
  });
});

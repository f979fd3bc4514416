/** The addresses of this machine on which the sandbox receives media. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';

/** Reachable only from this machine. */
export const LOOPBACK = '127.0.0.1';
/** TCP addresses that media cannot use: other forms of loopback, and wildcards. */
const NO_MEDIA_ADDRESS = ['localhost', '::1', LOOPBACK, '0.0.0.0', '::'];

/** Thrown when media is to be served at an address that does not belong to this machine. */
export class MediaHostError extends Error {
  override readonly name = 'MediaHostError';

  constructor(host: string, cause: unknown) {
    super(`cannot serve calls at ${host}: not an IPv4 address of this machine`, { cause });
  }
}

/** Binds a socket to each address and closes it again. @throws MediaHostError */
export async function tryAddresses(hosts: readonly string[]): Promise<void> {
  for (const host of hosts) {
    const socket = createSocket('udp4');
    try {
      socket.bind({ address: host, port: 0 });
      await once(socket, 'listening');
    } catch (cause) {
      throw new MediaHostError(host, cause);
    } finally {
      socket.close();
    }
  }
}

/** Loopback first, then every other IPv4 address of this machine, because Firefox does not connect over loopback. */
export function ownAddresses(interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces()): string[] {
  const addresses = Object.values(interfaces).flatMap((all) => all ?? []);
  return [LOOPBACK, ...new Set(addresses.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address))];
}

/** The media addresses of a sandbox that listens on `host`, resolved for each call because a laptop may change networks. */
export function mediaHostsFor(host: string, chosen: readonly string[] | undefined): () => readonly string[] {
  if (chosen !== undefined) return () => chosen;
  return NO_MEDIA_ADDRESS.includes(host) ? () => ownAddresses() : () => [host];
}

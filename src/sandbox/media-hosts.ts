/** At which addresses of this machine the sandbox takes the media of calls. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';

/** Reached from this machine alone. */
export const LOOPBACK = '127.0.0.1';
/** Names of a TCP address that media cannot have: loopback in another form, or all addresses. */
const NO_MEDIA_ADDRESS = ['localhost', '::1', LOOPBACK, '0.0.0.0', '::'];

/** Thrown where calls are to be served at an address that is none of this machine's. */
export class MediaHostError extends Error {
  override readonly name = 'MediaHostError';

  constructor(host: string, cause: unknown) {
    super(`calls cannot be served at ${host}: not an IPv4 address of this machine`, { cause });
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

/** Loopback first, then every other IPv4 address of this machine: Firefox calls nothing over loopback. */
export function ownAddresses(interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces()): string[] {
  const addresses = Object.values(interfaces).flatMap((all) => all ?? []);
  return [LOOPBACK, ...new Set(addresses.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address))];
}

/** The addresses for media of a sandbox that listens at `host`, looked up when a call begins: a laptop changes its network. */
export function mediaHostsFor(host: string, chosen: readonly string[] | undefined): () => readonly string[] {
  if (chosen !== undefined) return () => chosen;
  return NO_MEDIA_ADDRESS.includes(host) ? () => ownAddresses() : () => [host];
}

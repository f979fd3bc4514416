/**
 * Caps the open connections of a Node HTTP server, in total and per address, so that slow clients cannot use up its memory and file
 * descriptors.
 *
 * At a cap, the connection that has waited longest for a complete request is closed to make room: an honest client sends a request
 * within milliseconds, and health checks and visitors get through while others hold connections open. A connection whose request is
 * being answered stays open, unless its client does not read the response. If no connection can be closed, the new one gets 503.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { systemClock } from '../../contract/clock.js';
import type { Clock } from '../../contract/clock.js';
import { ipAddress, subscriberNetwork } from '../../http/ip-address.js';

/** Connections that were closed at a cap since the last report. */
export interface ClosedConnections {
  readonly limit: 'address' | 'total';
  readonly count: number;
}

/** Options of `capConnections`. */
export interface ConnectionCaps {
  readonly total: number;
  /** Per IPv4 address and per /64 of IPv6; `false` for no cap. */
  readonly perAddress: number | false;
  /** Called at most every ten seconds for each cap at which connections were closed. */
  readonly onClosed?: ((closed: ClosedConnections) => void) | undefined;
  /** Called with true when more than half of the connections are open, and with false when fewer than a quarter are. */
  readonly onCrowded?: ((crowded: boolean) => void) | undefined;
  /** Replaces the system clock. */
  readonly clock?: Clock;
}

/** Connections under one cap, the one with the longest wait first. */
type Group = Set<Connection>;

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  readonly exchanges: Map<IncomingMessage, ServerResponse>;
}

/** Milliseconds between two reports. */
const REPORT_INTERVAL = 10_000;

const OVERLOADED = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 5\r\n\r\n';

/** Applies the caps to a server that does not listen yet. */
export function capConnections(server: Server, { total, perAddress, onClosed, onCrowded, clock = systemClock }: ConnectionCaps): void {
  const all: Group = new Set();
  const byAddress = new Map<string, Group>();
  const bySocket = new WeakMap<Socket, Connection>();
  const report = reporter(clock, onClosed);
  let crowded = false;

  const remove = (connection: Connection): void => {
    all.delete(connection);
    const group = byAddress.get(connection.address);
    group?.delete(connection);
    if (group?.size === 0) byAddress.delete(connection.address);
    if (crowded && all.size < total / 4) onCrowded?.((crowded = false));
  };

  /** Closes the connection with the longest wait. Returns false if all are in use. */
  const makeRoom = (group: Group): boolean => {
    let left = group.size;
    for (const connection of group) {
      if (left-- === 0) return false;
      if (!isInUse(connection)) {
        remove(connection);
        connection.socket.destroy();
        return true;
      }
      // Its next wait has not begun yet.
      group.delete(connection);
      group.add(connection);
    }
    return false;
  };

  server.on('connection', (socket) => {
    const address = subscriberNetwork(ipAddress(socket.remoteAddress ?? '') ?? 'unknown');
    const neighbours = byAddress.get(address) ?? new Set();
    for (const [limit, group, most] of [['address', neighbours, perAddress] as const, ['total', all, total] as const]) {
      if (most === false || group.size < most) continue;
      report(limit);
      if (!makeRoom(group)) return refuse(socket);
    }
    const connection: Connection = { socket, address, exchanges: new Map() };
    bySocket.set(socket, connection);
    all.add(connection);
    byAddress.set(address, neighbours.add(connection));
    if (!crowded && all.size > total / 2) onCrowded?.((crowded = true));
    socket.once('close', () => remove(connection));
  });

  server.on('request', (incoming, outgoing) => {
    const connection = bySocket.get(incoming.socket);
    if (!connection) return;
    connection.exchanges.set(incoming, outgoing);
    outgoing.once('close', () => {
      connection.exchanges.delete(incoming);
      // The wait for the next request begins.
      for (const group of [all, byAddress.get(connection.address)]) if (group?.delete(connection)) group.add(connection);
    });
  });
}

/** True while a complete request is being answered and its client reads the response. */
function isInUse({ socket, exchanges }: Connection): boolean {
  if (socket.writableNeedDrain) return false;
  for (const [incoming, outgoing] of exchanges) if (incoming.complete && !outgoing.writableFinished) return true;
  return false;
}

/** Does not wait until the client has read the response. */
function refuse(socket: Socket): void {
  if (socket.writable) socket.write(OVERLOADED);
  socket.destroy();
}

/** Collects what is to be reported, so that a flood of connections causes few reports. */
function reporter(clock: Clock, onClosed: ConnectionCaps['onClosed']): (limit: ClosedConnections['limit']) => void {
  const counts = new Map<ClosedConnections['limit'], number>();
  return (limit) => {
    if (!onClosed) return;
    const count = counts.get(limit);
    counts.set(limit, (count ?? 0) + 1);
    if (count !== undefined) return;
    clock.after(REPORT_INTERVAL, () => {
      onClosed({ limit, count: counts.get(limit) ?? 0 });
      counts.delete(limit);
    });
  };
}

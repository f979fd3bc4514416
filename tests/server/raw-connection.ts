/** A TCP connection to a server on which a test writes bytes, for requests that `fetch` cannot send. Closed after the test. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterTest } from './real-server.js';

/** One connection. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything received so far. */
  readonly text: () => string;
  /** Resolves with everything received so far as soon as it matches; rejects if the connection closes before. */
  received(pattern: RegExp): Promise<string>;
  /** Resolves with everything received when the connection is closed, by either side. */
  readonly closed: Promise<string>;
  send(bytes: string): void;
}

/**
 * Opens a connection and sends the first bytes.
 *
 * @param from local address, such as `127.0.0.2`
 */
export async function rawConnection(port: number, begin = '', from?: string): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', ...(from !== undefined && { localAddress: from }) });
  afterTest(() => socket.destroy());
  let text = '';
  const listeners = new Set<() => void>();
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    for (const listener of [...listeners]) listener();
  });
  // The server may reset a connection that it refuses.
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', resolve);
  });
  if (begin !== '') socket.write(begin);
  return {
    socket,
    text: () => text,
    received: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(text)) return;
          listeners.delete(look);
          resolve(text);
        };
        listeners.add(look);
        look();
        void closed.then(() => reject(new Error(`The connection was closed after: ${text}`)));
      }),
    closed,
    send: (bytes) => void socket.write(bytes),
  };
}

/**
 * Serves an app on a Unix domain socket that only the user of this process (and root) can use. Owns the socket's file: its permissions,
 * its removal, and the replacement of one that a killed process left behind.
 */
import { chmodSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { createPrivateFolder } from './create-private-folder.js';
import type { App } from './serve.js';

/** Milliseconds within which a client must send a request. */
const REQUEST_TIMEOUT = 10_000;

/** The socket cannot be created, or another process uses it. */
export class SocketPathError extends Error {
  override readonly name = 'SocketPathError';
  readonly path: string;

  constructor(path: string, problem: string, cause?: unknown) {
    super(`The socket ${path} ${problem}`, { cause });
    this.path = path;
  }
}

/** A socket that accepts connections. */
export interface ServedSocket {
  readonly path: string;
  /** Disconnects all clients and removes the file. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts to listen. Creates missing folders, readable only by this user.
 *
 * @param path at most about 100 bytes, a limit of the system
 * @throws SocketPathError
 */
export async function serveSocket(app: App, path: string): Promise<ServedSocket> {
  if (await isAnswered(path)) throw new SocketPathError(path, 'is used by another process.');
  const server = createAdaptorServer({
    fetch: (request, env) => app.fetch(request, env),
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: REQUEST_TIMEOUT, headersTimeout: REQUEST_TIMEOUT },
  }) as Server;
  try {
    await createPrivateFolder(dirname(path));
    // A killed process leaves its socket behind.
    removeFile(path);
    await listen(server, path);
    chmodSync(path, 0o600);
  } catch (cause) {
    server.close();
    throw new SocketPathError(path, `cannot be created (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}).`, cause);
  }
  let closing: Promise<void> | undefined;
  return { path, close: () => (closing ??= close(server)) };
}

/** Whether a process accepts connections at this path. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (answered: boolean) => (): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', answer(true)).once('error', answer(false));
  });
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** The file is created without permissions for others, because permissions that are set afterwards would leave a moment of access. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const before = process.umask(0o177);
    try {
      // Creates the file before it returns.
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

/** Node removes the file. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

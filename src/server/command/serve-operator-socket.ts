/** Serves the local socket of the operator's commands, and decides when the server runs without one. */
import { serveSocket, SocketPathError } from '../runtime/node/serve-socket.js';
import type { ServedSocket } from '../runtime/node/serve-socket.js';
import type { App } from '../runtime/node/serve.js';

/** The socket, or why there is none. */
export interface OperatorSocket {
  readonly socket?: ServedSocket;
  /** Why the default socket could not be created. The server runs without it; a configured socket is required. */
  readonly problem?: string;
}

/**
 * @param configured path of the socket; `false` for none
 * @param byDefault path if none is configured
 * @throws SocketPathError if the configured socket cannot be created
 */
export async function serveOperatorSocket(app: App, configured: string | false | undefined, byDefault: string): Promise<OperatorSocket> {
  if (configured === false) return {};
  try {
    return { socket: await serveSocket(app, configured ?? byDefault) };
  } catch (error) {
    if (configured !== undefined || !(error instanceof SocketPathError)) throw error;
    return { problem: error.message };
  }
}

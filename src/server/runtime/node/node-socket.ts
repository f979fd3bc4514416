/**
 * WebSockets to the Realtime API on Node, with the `ws` package: Node's own WebSocket cannot send an `Authorization` header.
 * Loaded on the first brokered or phone call.
 */
import { requirePackage, packageLoadError } from '../../../packages/optional-packages.js';
import { SocketRefused } from '../../contract/call-host.js';
import type { OpenServerSocket } from '../../contract/call-host.js';

/** Maximum message size; events can contain images. */
const MAX_BYTES = 16 * 1024 * 1024;
const FEATURE = 'A brokered or phone call';
/** Handshake timeout in milliseconds. */
const HANDSHAKE_TIMEOUT = 8_000;

/** See the head of the file. */
export const openNodeSocket: OpenServerSocket = async ({ url, headers, signal, onMessage, onClose }) => {
  requirePackage('ws', FEATURE);
  const { WebSocket } = await import('ws').catch(packageLoadError('ws', FEATURE));
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, {
      headers,
      handshakeTimeout: HANDSHAKE_TIMEOUT,
      maxPayload: MAX_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
    });
    let opened = false;
    const abort = (): void => socket.terminate();
    signal?.addEventListener('abort', abort, { once: true });
    socket.on('message', (data, isBinary) => {
      if (!isBinary) onMessage((data as Buffer).toString('utf8'));
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      reject(new SocketRefused(response.statusCode));
    });
    // A close event follows.
    socket.on('error', () => undefined);
    socket.on('open', () => {
      opened = true;
      resolve({
        send: (text) => {
          if (socket.readyState === WebSocket.OPEN) socket.send(text);
        },
        close: (code, reason) => socket.close(code, reason),
      });
    });
    socket.on('close', (code, reason) => {
      signal?.removeEventListener('abort', abort);
      if (opened) onClose(code, reason.toString('utf8'));
      else reject(new SocketRefused(undefined));
    });
  });
};

/**
 * Sockets to the Realtime API in workerd: a `fetch()` that asks for the upgrade, because the global WebSocket cannot send an
 * `Authorization` header.
 */
import { SocketRefused } from '../calls/call-host.js';
import type { OpenServerSocket } from '../calls/call-host.js';
import type { UpgradedSocket } from './workerd.js';

/** Milliseconds for the handshake. */
const HANDSHAKE = 8_000;

/** See the head of the file. */
export const openWorkerSocket: OpenServerSocket = async ({ url, headers, signal, onMessage, onClose }) => {
  const socket = await upgraded(url, headers, signal);
  let open = true;
  const closed = (code: number, reason: string): void => {
    if (!open) return;
    open = false;
    onClose(code, reason);
  };
  const close = (code?: number, reason?: string): void => {
    try {
      socket.close(code, reason);
    } catch {
      // It was closed before.
    }
  };
  socket.addEventListener('message', ({ data }) => {
    if (open && typeof data === 'string') onMessage(data);
  });
  socket.addEventListener('close', ({ code, reason }) => {
    // workerd leaves the answer to a closing handshake to the program; 1005 and 1006 are no codes to send.
    close(code === 1005 || code === 1006 ? undefined : code, reason);
    closed(code, reason);
  });
  // A connection that broke: a close event may not follow.
  socket.addEventListener('error', () => closed(1006, ''));
  signal?.addEventListener('abort', () => close(1000, 'done'), { once: true });
  socket.accept();
  return {
    send: (text) => {
      if (open) socket.send(text);
    },
    close,
  };
};

async function upgraded(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<UpgradedSocket> {
  // The request's signal is the socket's, too: time may only end the handshake.
  const handshake = new AbortController();
  const abort = (): void => handshake.abort();
  const timer = setTimeout(abort, HANDSHAKE);
  signal?.addEventListener('abort', abort, { once: true });
  let answer: Response & { readonly webSocket?: UpgradedSocket | null };
  try {
    answer = await fetch(url.replace(/^ws/, 'http'), { headers: { ...headers, Upgrade: 'websocket' }, redirect: 'manual', signal: handshake.signal });
  } catch {
    throw new SocketRefused(undefined);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
  if (answer.webSocket) return answer.webSocket;
  await answer.body?.cancel();
  throw new SocketRefused(answer.status);
}

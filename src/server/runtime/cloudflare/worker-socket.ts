/**
 * WebSockets to the Realtime API in workerd, by `fetch()` with an upgrade, because the global WebSocket cannot send an
 * `Authorization` header.
 */
import { SocketRefused } from '../../contract/call-host.js';
import type { OpenServerSocket } from '../../contract/call-host.js';
import type { UpgradedSocket } from './durable-context.js';

/** Handshake timeout in milliseconds. */
const HANDSHAKE_TIMEOUT = 8_000;

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
      // Already closed.
    }
  };
  socket.addEventListener('message', ({ data }) => {
    if (open && typeof data === 'string') onMessage(data);
  });
  socket.addEventListener('close', ({ code, reason }) => {
    // In workerd the program must reply to a closing handshake; the codes 1005 and 1006 cannot be sent.
    close(code === 1005 || code === 1006 ? undefined : code, reason);
    closed(code, reason);
  });
  // A lost connection may not emit a close event.
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
  // The signal of the request also applies to the socket, so the timeout must only abort the handshake.
  const handshake = new AbortController();
  const abort = (): void => handshake.abort();
  const timer = setTimeout(abort, HANDSHAKE_TIMEOUT);
  signal?.addEventListener('abort', abort, { once: true });
  let answer: Response & { readonly webSocket?: UpgradedSocket | null };
  try {
    answer = await fetch(url.replace(/^ws/, 'http'), {
      headers: { ...headers, Upgrade: 'websocket' },
      redirect: 'manual',
      signal: handshake.signal,
    });
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

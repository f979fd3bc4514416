/** Real HTTP servers on loopback for tests, each closed after the test. */
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { signalled } from './token-route-support.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Runs a cleanup function after the test, in reverse order of registration. */
export function afterTest(end: () => unknown): void {
  ends.push(end);
}

/** Starts a server with this listener; returns its URL without a trailing slash. */
export async function realServer(answer: RequestListener): Promise<string> {
  const listening = createServer(answer);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  afterTest(async () => {
    listening.closeAllConnections();
    await new Promise((resolve) => listening.close(resolve));
  });
  return `http://127.0.0.1:${String((listening.address() as AddressInfo).port)}`;
}

/** Starts a server that never responds: `asked` resolves when a request has arrived, `left` when its client has disconnected. */
export async function silentServer(): Promise<{ readonly url: string; readonly asked: Promise<void>; readonly left: Promise<void> }> {
  const asked = signalled();
  const left = signalled();
  const url = await realServer((request) => {
    request.socket.once('close', () => left.resolve());
    asked.resolve();
  });
  return { url, asked: asked.promise, left: left.promise };
}

/** Returns a URL on which no server listens. */
export async function closedAddress(): Promise<string> {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  return `http://127.0.0.1:${String(port)}`;
}

/** Reads the body of a request as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** What the tests of visitor checks share: a server whose keys need a proof, over a real socket, and real servers to ask. */
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import type { VoiceServerOptions } from '../../../src/server/index.js';
import { serve } from '../../../src/server/runtime/node.js';
import { PAGE, goodAnswer, server, upstream } from '../token-route-support.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

/** A real HTTP server; returns its address. */
export async function realServer(answer: RequestListener): Promise<string> {
  const listening = createServer(answer);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  cleanUp.push(async () => {
    listening.closeAllConnections();
    await new Promise((resolve) => listening.close(resolve));
  });
  return `http://127.0.0.1:${String((listening.address() as AddressInfo).port)}`;
}

/** An address where nobody listens any more. */
export async function closedAddress(): Promise<string> {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  return `http://127.0.0.1:${String(port)}/`;
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** A server on Node with this check, no rates, and what was minted and refused. */
export async function checkedServer(visitor: VoiceServerOptions['visitor'], options: Partial<VoiceServerOptions> = {}) {
  const { fetch: mint, asked } = upstream(goodAnswer);
  const { app, refusals } = server({
    fetch: mint,
    ...(visitor && { visitor }),
    rates: { perAddress: false, perVisitor: false, perProfile: false, inAll: false },
    budget: { callsPerDay: false, atOnce: false },
    ...options,
  });
  const running = await serve(app);
  cleanUp.push(() => running.close());
  const ask = async (headers: Record<string, string> = {}, init: RequestInit = {}) => {
    const answer = await fetch(`${running.url}/voice/token`, { method: 'POST', ...init, headers: { Origin: PAGE, ...headers } });
    const text = await answer.text();
    return { status: answer.status, code: (JSON.parse(text || '{}') as { code?: string }).code, text, headers: answer.headers };
  };
  const bearer = (token: string) => ask({ Authorization: `Bearer ${token}` });
  return { ask, bearer, asked, refusals, url: running.url };
}

/** A server that receives webhooks and handles them as the test specifies. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A received webhook. */
export interface Webhook {
  readonly headers: IncomingHttpHeaders;
  /** The body as sent, byte for byte. */
  readonly body: string;
}

export interface WebhookReceiver {
  readonly url: string;
  readonly webhooks: readonly Webhook[];
  close(): Promise<void>;
}

/** Listens on a free port; `take` returns the status, 200 by default. */
export async function receiveWebhooks(
  take: (webhook: Webhook) => number | void | Promise<number | void> = () => undefined,
): Promise<WebhookReceiver> {
  const webhooks: Webhook[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const webhook = { headers: request.headers, body: Buffer.concat(parts).toString() };
      webhooks.push(webhook);
      void Promise.resolve(take(webhook)).then((status) => response.writeHead(status ?? 200).end('taken'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/voice/sip`,
    webhooks,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

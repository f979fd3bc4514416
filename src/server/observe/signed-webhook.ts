/**
 * Sends budget levels to the owner's endpoint, signed as Standard Webhooks (https://www.standardwebhooks.com): the headers `webhook-id`,
 * `webhook-timestamp` and `webhook-signature`, with HMAC-SHA-256 over `id.timestamp.body`.
 *
 * Owns deliveries and their repetition. It is an observer, so it never delays a call. Deliveries are in memory: those that are pending when
 * the process ends are lost.
 */
import type { Clock } from '../contract/clock.js';
import type { ServerEvent, ServerObserver } from '../contract/server-events.js';
import type { WebhookOptions } from '../contract/webhook-options.js';

/** Dependencies of a webhook. */
export interface SignedWebhookSetup extends WebhookOptions {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Reports a delivery that was given up. */
  readonly emit: ServerObserver;
}

/** Milliseconds before each repetition. The last one is seven hours after the event. */
const REPEAT_AFTER = [5_000, 60_000, 300_000, 1_800_000, 7_200_000, 18_000_000];
/** Milliseconds for one attempt. */
const TIMEOUT = 10_000;
/** Maximum number of pending deliveries; further ones are given up, so that an unreachable receiver does not fill the memory. */
const MAX_PENDING = 100;
/** The receiver wants no more deliveries (RFC 9110 §15.5.11). */
const GONE = 410;

/** See the head of the file. */
export class SignedWebhook {
  readonly #setup: SignedWebhookSetup;
  readonly #keys: Promise<readonly CryptoKey[]>;
  /** Deliveries that no request waits for yet. */
  readonly #started: Promise<void>[] = [];
  #pending = 0;

  constructor(setup: SignedWebhookSetup) {
    this.#setup = setup;
    const secrets = typeof setup.secret === 'string' ? [setup.secret] : setup.secret;
    this.#keys = Promise.all(
      secrets.map((secret) => crypto.subtle.importKey('raw', webhookKey(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])),
    );
  }

  /** Sends the events that the owner has to know; ignores all others. */
  readonly observe = (event: ServerEvent): void => {
    if (event.type !== 'budget') return;
    const { profile, limit, percent } = event;
    const timestamp = new Date(this.#setup.clock.now()).toISOString();
    this.#send({ type: 'budget.level_reached', timestamp, data: { profile: profile ?? null, limit, percent } });
  };

  /**
   * Resolves when the deliveries since the last call are done. For runtimes that stop work after a response, and where a request must not
   * wait for the work of another one.
   */
  async settled(): Promise<void> {
    await Promise.all(this.#started.splice(0));
  }

  #send(message: object): void {
    this.#started.push(this.#sendOrGiveUp(message));
    // In a process that serves all requests, nothing waits for them.
    if (this.#started.length > MAX_PENDING) void this.#started.shift();
  }

  async #sendOrGiveUp(message: object): Promise<void> {
    this.#pending += 1;
    const delivered = this.#pending <= MAX_PENDING && (await this.#deliver(JSON.stringify(message)).catch(() => false));
    this.#pending -= 1;
    if (!delivered) this.#setup.emit({ type: 'webhook', delivered: false });
  }

  /** Returns whether the receiver accepted the message. */
  async #deliver(body: string): Promise<boolean> {
    const id = `msg_${crypto.randomUUID().replaceAll('-', '')}`;
    for (let attempt = 0; ; attempt++) {
      const status = await this.#attempt(id, body);
      if (status !== undefined && status >= 200 && status < 300) return true;
      const wait = REPEAT_AFTER[attempt];
      if (wait === undefined || status === GONE) return false;
      await new Promise<void>((resolve) => void this.#setup.clock.after(wait, resolve));
    }
  }

  /** Returns the status of the response; `undefined` without one. */
  async #attempt(id: string, body: string): Promise<number | undefined> {
    const { url, clock } = this.#setup;
    const timestamp = String(Math.floor(clock.now() / 1000));
    const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
    const signatures = await Promise.all(
      (await this.#keys).map(async (key) => {
        const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', key, signed));
        return `v1,${btoa(String.fromCharCode(...bytes))}`;
      }),
    );
    const giveUp = new AbortController();
    const cancelTimer = clock.after(TIMEOUT, () => giveUp.abort());
    try {
      const response = await this.#setup.fetch(url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': signatures.join(' '),
        },
        body,
        // A redirect could send the message elsewhere.
        redirect: 'manual',
        signal: giveUp.signal,
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      return undefined;
    } finally {
      cancelTimer();
    }
  }
}

/** The bytes of a secret. @throws if the text after `whsec_` is not base64 */
export function webhookKey(secret: string): Uint8Array<ArrayBuffer> {
  if (!secret.startsWith('whsec_')) return new TextEncoder().encode(secret);
  return Uint8Array.from(atob(secret.slice('whsec_'.length)), (char) => char.charCodeAt(0));
}

/** Shared helpers of the token route's tests: a scripted upstream, a manual clock and a request. */
import { createVoiceServer } from '../../src/server/index.js';
import type { Clock, Refusal, VoiceServerOptions } from '../../src/server/index.js';

/** A standard key that must appear only in the upstream request. */
export const CANARY_KEY = 'sk-canary-7f3a91d2';
export const PAGE = 'https://www.example.com';

/** A request that the upstream received. */
export interface Asked {
  url: string;
  init: RequestInit;
  body: Record<string, unknown>;
}

/** Returns a `fetch` that responds with the given function and records its requests. */
export function upstream(answer: (asked: Asked) => Response | Promise<Response>): { fetch: typeof fetch; asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    asked,
    fetch: async (input, init = {}) => {
      const one = {
        url: input instanceof Request ? input.url : String(input),
        init,
        body: JSON.parse(init.body as string) as Record<string, unknown>,
      };
      asked.push(one);
      return answer(one);
    },
  };
}

/** A GA response that contains more than a page may see. */
export const goodAnswer = (): Response =>
  Response.json({
    value: 'ek_123',
    expires_at: 1_800_000_060,
    session: { id: 'sess_secret', model: 'gpt-realtime-2.1', instructions: 'canary instructions' },
  });

/** A clock that is advanced manually. */
export class HandClock implements Clock {
  time = 1_800_000_000_000;
  readonly timers = new Set<{ at: number; fire: () => void }>();

  now(): number {
    return this.time;
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.time + ms, fire };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  advance(ms: number): void {
    this.time += ms;
    for (const timer of [...this.timers]) {
      if (timer.at <= this.time && this.timers.delete(timer)) timer.fire();
    }
  }
}

/** Creates a server with one allowed page, and collects the refusals that it reports. */
export function server(options: Partial<VoiceServerOptions> = {}) {
  const refusals: Refusal[] = [];
  const app = createVoiceServer({
    allowedOrigins: [PAGE],
    upstream: { baseUrl: 'https://api.test/v1', apiKey: CANARY_KEY },
    onRefusal: (refusal) => void refusals.push(refusal),
    ...options,
  });
  return { app, refusals };
}

/** Creates a request for a key from an allowed page; `null` removes a header. */
export function ask(headers: Record<string, string | null> = {}, init: RequestInit = {}): [string, RequestInit] {
  const all = Object.entries({ Origin: PAGE, ...headers }).filter((entry): entry is [string, string] => entry[1] !== null);
  return ['/voice/token', { method: 'POST', ...init, headers: Object.fromEntries(all) }];
}

/** Creates a promise and the function that resolves it. */
export function signalled<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}

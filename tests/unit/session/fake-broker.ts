/**
 * A scripted server that places calls: its requests, its answers, and a notices stream that the test controls. `MediaStream` is
 * stubbed in every test of a file that imports this.
 */
import { afterEach, beforeEach, vi } from 'vitest';
import type { CallOptions } from '../../../src/contract/options.js';
import { make } from './breakable-call.js';
import { settle, type World } from './fake-environment.js';

beforeEach(() => {
  vi.stubGlobal('MediaStream', class {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

export const CALL = '/voice/call';
/** The requests of the first call after its offer, in the form of `methods()`. */
export const NOTICES = `GET ${CALL}/call_1/notices`;
export const HANG_UP = `DELETE ${CALL}/call_1`;

/** One request as received by the server. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly keepalive: boolean;
}

/** The server's responses; the test may settle each one later. */
export interface Script {
  place?: () => Promise<Response>;
  notices?: () => Promise<Response>;
}

/** The answer to an offer. */
export const placed = (id = 'call_1', headers: Record<string, string> = {}): Response =>
  new Response('v=0\r\n', {
    status: 201,
    headers: { 'Content-Type': 'application/sdp', Location: `/voice/call/${id}`, 'Voice-Call-Limits': 'seconds=600, idle=60', ...headers },
  });

/** A rejection with problem details. */
export const problem = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify({ code, status, title: 'never to be shown', detail: 'never to be shown' }), {
    status,
    headers: { 'Content-Type': 'application/problem+json; charset=utf-8', ...headers },
  });

/** A session with `callUrl` in the fake environment. */
export function brokered(script: Script = {}, options: CallOptions = {}, world: World = {}) {
  const asked: Asked[] = [];
  const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  let live = 0;
  const open = (signal: AbortSignal | null | undefined): Response => {
    live++;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        streams.push(controller);
        signal?.addEventListener('abort', () => {
          live--;
          controller.error(signal.reason);
        });
      },
    });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  };
  const fetch = (url: string | URL, init: RequestInit): Promise<Response> => {
    const { pathname, search } = new URL(url);
    const { method = 'GET', keepalive = false, signal } = init;
    // Like in a browser: nothing is sent.
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    asked.push({ method, path: pathname + search, headers: { ...(init.headers as Record<string, string>) }, keepalive });
    const answer = (): Promise<Response> => {
      if (method === 'DELETE') return Promise.resolve(new Response(null, { status: 204 }));
      if (pathname.endsWith('/notices')) return script.notices?.() ?? Promise.resolve(open(signal));
      return script.place?.() ?? Promise.resolve(placed());
    };
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    });
    return Promise.race([answer(), aborted]);
  };
  const { tokenUrl, ...rest } = { tokenUrl: undefined, callUrl: CALL, ...options };
  const made = make(world, { ...rest, ...(tokenUrl === undefined ? {} : { tokenUrl }) }, { fetch });
  const endings: unknown[] = [];
  made.session.on('status', (status) => {
    if (status.state === 'connected' && status.ending !== endings.at(-1)) endings.push(status.ending);
  });
  return {
    ...made,
    script,
    asked,
    streams,
    endings,
    methods: () => asked.map(({ method, path }) => `${method} ${path}`),
    /** The open notices streams. */
    listening: () => live,
    /** Sends data on the latest stream, in chunks if given as such. */
    async sendNotices(...pieces: (object | string)[]): Promise<void> {
      const text = pieces.map((piece) => (typeof piece === 'string' ? piece : `data: ${JSON.stringify(piece)}\n\n`));
      for (const piece of text) {
        streams.at(-1)?.enqueue(new TextEncoder().encode(piece));
        await settle();
      }
    },
    /** Breaks the latest stream. */
    async breakStream(): Promise<void> {
      live--;
      streams.at(-1)?.close();
      await settle();
    },
  };
}

/** The same, connected. */
export async function live(...setup: Parameters<typeof brokered>) {
  const call = brokered(...setup);
  await call.session.connect();
  await settle();
  return call;
}

/**
 * The notices that the server of a brokered call sends during the call (`GET <call>/notices`, `text/event-stream`).
 *
 * Owns: the stream and its parsing. A broken stream is reopened, because the server treats the visitor as gone after 15 s without
 * one. Uses `fetch`, because `EventSource` cannot send custom headers.
 * Does not own: the meaning of a notice (`brokered-call.ts`).
 */
import { discard, sleep, until } from './http.js';
import type { Environment } from './environment.js';

/** Milliseconds before a broken stream is reopened; doubled after each failure, up to the second value. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 4_000;
/** Maximum milliseconds that a server may ask for with `retry`. A server that cannot keep a stream open closes it and states a time. */
const LONGEST_RETRY = 60_000;
/** Milliseconds without data after which a stream counts as broken; servers send a comment every few seconds. */
const SILENCE = 30_000;
/** Maximum characters of one notice. */
const LONGEST = 16_384;

/** Dependencies and callbacks of the notices stream. */
export interface CallNoticesSetup {
  readonly environment: Environment;
  readonly url: URL;
  /** Ends the stream. */
  readonly signal: AbortSignal;
  /** The headers of the next request; `refused`: the previous request was rejected with 401 or 403. */
  headers(refused: boolean): Promise<Record<string, string>>;
  /** One notice: any JSON value. */
  onNotice(notice: unknown): void;
  /** The server does not, or no longer, know the call. */
  onUnknown(): void;
}

/** Listens until `signal` is aborted or the call is unknown. Never rejects. */
export async function followNotices(setup: CallNoticesSetup): Promise<void> {
  const { environment, url, signal, headers, onNotice, onUnknown } = setup;
  let pause = FIRST_PAUSE;
  let refused = false;
  while (!signal.aborted) {
    // Each round has its own signal, which also ends a stream that stops sending data.
    const round = new AbortController();
    const stop = (): void => round.abort(signal.reason);
    signal.addEventListener('abort', stop);
    let timer: unknown;
    let retry: number | undefined;
    const alive = (): void => {
      environment.clearTimeout(timer);
      timer = environment.setTimeout(() => round.abort(), SILENCE);
    };
    try {
      alive();
      const response = await environment.fetch(url, {
        headers: { Accept: 'text/event-stream', ...(await until(headers(refused), round.signal)) },
        cache: 'no-store',
        signal: round.signal,
      });
      refused = response.status === 401 || response.status === 403;
      if (response.status === 404) {
        discard(response);
        return onUnknown();
      }
      if (response.ok && response.body) {
        pause = FIRST_PAUSE;
        await readEvents(response.body, alive, onNotice, (time) => (retry = Math.min(time, LONGEST_RETRY)));
      } else discard(response);
    } catch {
      // The stream broke: it is reopened unless `signal` was aborted.
    } finally {
      environment.clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
    await sleep(environment, retry ?? pause * (0.5 + environment.random()), signal).catch(() => undefined);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

/** The `data` of each event, parsed, and the milliseconds of `retry` (WHATWG HTML, "server-sent events"; `id` and `event` are ignored). */
async function readEvents(
  body: ReadableStream<Uint8Array>,
  alive: () => void,
  onData: (data: unknown) => void,
  onRetry: (milliseconds: number) => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let data = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    alive();
    // A CRLF may be split across two chunks.
    const text = rest + decoder.decode(value, { stream: true });
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const retry = /^retry: ?(\d{1,9})$/.exec(line)?.[1];
      if (retry) onRetry(Number(retry));
      else if (line.startsWith('data:')) data += line.slice(5);
      else if (line === '' && data) {
        const notice = parse(data);
        data = '';
        if (notice !== undefined) onData(notice);
      }
    }
    if (rest.length + data.length > LONGEST) {
      reader.cancel().catch(() => undefined);
      return;
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

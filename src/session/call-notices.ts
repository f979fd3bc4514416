/**
 * What the server of a brokered call tells while it runs (`GET <call>/notices`, `text/event-stream`).
 *
 * Owns: the stream, opened anew when it breaks, because a server that misses its listener takes the visitor for gone (after
 * 15 s); the reading of its lines. Read by `fetch`, because `EventSource` sends no header of ours.
 * Does not own: what a notice means for the call (`brokered-call.ts`).
 */
import { discard, sleep, until } from './http.js';
import type { Environment } from './environment.js';

/** Milliseconds before a broken stream is opened again; twice as many after each failure, up to the second figure. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 4_000;
/** Milliseconds without a byte after which a stream counts as broken: servers send a comment every few seconds. */
const SILENCE = 30_000;
/** Characters of one notice. */
const LONGEST = 16_384;

/** What the stream needs and whom it tells. */
export interface CallNoticesSetup {
  readonly environment: Environment;
  readonly url: URL;
  /** Ends the stream. */
  readonly signal: AbortSignal;
  /** The headers of the next request; `refused`: the last ones were not accepted. */
  headers(refused: boolean): Promise<Record<string, string>>;
  /** One notice, any JSON. */
  onNotice(notice: unknown): void;
  /** The server does not know the call (any more). */
  onUnknown(): void;
}

/** Listens until `signal` says stop or the call is unknown. Never rejects. */
export async function followNotices(setup: CallNoticesSetup): Promise<void> {
  const { environment, url, signal, headers, onNotice, onUnknown } = setup;
  let pause = FIRST_PAUSE;
  let refused = false;
  while (!signal.aborted) {
    // Each round has a signal of its own, which also ends a stream that fell silent.
    const round = new AbortController();
    const stop = (): void => round.abort(signal.reason);
    signal.addEventListener('abort', stop);
    let timer: unknown;
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
        await readEvents(response.body, alive, onNotice);
      } else discard(response);
    } catch {
      // Broken off: opened again below, or over.
    } finally {
      environment.clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
    await sleep(environment, pause * (0.5 + environment.random()), signal).catch(() => undefined);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

/** The `data` of each event, parsed (WHATWG HTML, "server-sent events"; `id`, `event` and `retry` mean nothing here). */
async function readEvents(body: ReadableStream<Uint8Array>, alive: () => void, onData: (data: unknown) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let data = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    alive();
    // A line break of two characters may come in two pieces.
    const text = rest + decoder.decode(value, { stream: true });
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data:')) data += line.slice(5);
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

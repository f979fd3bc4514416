/** Logs the HTTP requests to a sandbox, for tests. Keys are redacted, bodies are kept up to 64 KB. */

/** One request. */
export interface RecordedRequest {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** Path with query string. */
  readonly path: string;
  /** Headers with lower-case names; keys are redacted. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text, up to 64 KB. */
  body?: string;
  /** The response status; missing until there is a response. */
  status?: number;
}

const KEPT = 2_000;

/** The log of one sandbox. */
export class RequestLog {
  readonly entries: RecordedRequest[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Records a request; the caller sets the status. */
  record(method: string, url: string, headers: Iterable<[string, string]>): RecordedRequest {
    const { pathname, search } = new URL(url, 'http://sandbox');
    const entry: RecordedRequest = {
      at: this.#now(),
      method,
      path: pathname + search,
      headers: Object.fromEntries([...headers].map(([name, value]) => [name, shortened(name, value)])),
    };
    this.entries.push(entry);
    if (this.entries.length > KEPT) this.entries.shift();
    return entry;
  }
}

function shortened(name: string, value: string): string {
  if (name !== 'authorization' && name !== 'sec-websocket-protocol') return value;
  return value.replace(/((?:ek_|sk-)\w{0,4})[\w-]*/g, '$1…');
}

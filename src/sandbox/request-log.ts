/** The HTTP requests that reached a sandbox, for tests. Keys are shortened, bodies kept up to 64 KB. */

/** One request. */
export interface RecordedRequest {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** Headers in lower case; the key in `authorization` is shortened. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text, up to 64 KB. */
  body?: string;
  /** The answer's status; missing while the request is being handled, and for one that never is. */
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

  /** Notes a request; the caller fills in the status. */
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

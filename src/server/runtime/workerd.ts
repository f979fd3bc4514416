/**
 * What this server uses of workerd, as types of its own: the project's other code is written against Node's and the
 * browser's, which the official package would replace. Source: https://developers.cloudflare.com/workers/runtime-apis/ and
 * `@cloudflare/workers-types`.
 */

/** One Durable Object, as others reach it. */
export interface DurableStub {
  fetch(request: Request | string, init?: RequestInit): Promise<Response>;
}

/** A binding to a class of Durable Objects. */
export interface DurableNamespace {
  idFromName(name: string): object;
  get(id: object): DurableStub;
}

/** What SQLite takes and gives. */
export type SqlValue = string | number | null;

/** Rows of one statement. */
export interface SqlRows<Row> {
  toArray(): Row[];
  readonly rowsWritten: number;
}

/** The SQLite database of one Durable Object; synchronous. */
export interface Sql {
  exec<Row extends Record<string, SqlValue>>(statement: string, ...values: SqlValue[]): SqlRows<Row>;
}

/** What a Durable Object has beside its memory. */
export interface DurableContext {
  readonly storage: {
    readonly sql: Sql;
    /** All of it, or nothing. */
    transactionSync<T>(change: () => T): T;
    getAlarm(): Promise<number | null>;
    /** Milliseconds since the epoch; one alarm per object, kept over restarts. */
    setAlarm(at: number): Promise<void>;
    deleteAlarm(): Promise<void>;
    deleteAll(): Promise<void>;
  };
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
  waitUntil(work: Promise<unknown>): void;
}

/** A WebSocket made by `fetch()` with `Upgrade: websocket`. */
export interface UpgradedSocket {
  accept(): void;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', heard: (event: { readonly data: string | ArrayBuffer }) => void): void;
  addEventListener(type: 'close', heard: (event: { readonly code: number; readonly reason: string }) => void): void;
  addEventListener(type: 'error', heard: (event: unknown) => void): void;
}

/** The context of one request to a Worker. */
export interface WorkerContext {
  waitUntil(work: Promise<unknown>): void;
}

/**
 * Types of the workerd features that this server uses. The official package would replace the global types of Node and the
 * browser, which the rest of the project relies on. Source: https://developers.cloudflare.com/workers/runtime-apis/ and
 * `@cloudflare/workers-types`.
 */

/** A client for one Durable Object. */
export interface DurableStub {
  fetch(request: Request | string, init?: RequestInit): Promise<Response>;
}

/** A binding to a class of Durable Objects. */
export interface DurableNamespace {
  idFromName(name: string): object;
  get(id: object): DurableStub;
}

/** Values of SQLite. */
export type SqlValue = string | number | null;

/** Result of one statement. */
export interface SqlRows<Row> {
  toArray(): Row[];
  readonly rowsWritten: number;
}

/** The SQLite database of one Durable Object; synchronous. */
export interface Sql {
  exec<Row extends Record<string, SqlValue>>(statement: string, ...values: SqlValue[]): SqlRows<Row>;
}

/** The context of a Durable Object. */
export interface DurableContext {
  readonly storage: {
    readonly sql: Sql;
    /** Runs `change` in a transaction. */
    transactionSync<T>(change: () => T): T;
    getAlarm(): Promise<number | null>;
    /** Sets the object's only alarm, in milliseconds since the epoch. It survives restarts. */
    setAlarm(at: number): Promise<void>;
    deleteAlarm(): Promise<void>;
    deleteAll(): Promise<void>;
  };
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
  waitUntil(work: Promise<unknown>): void;
}

/** A WebSocket created by `fetch()` with `Upgrade: websocket`. */
export interface UpgradedSocket {
  accept(): void;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', listener: (event: { readonly data: string | ArrayBuffer }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  addEventListener(type: 'error', listener: (event: unknown) => void): void;
}

/** The context of one request to a Worker. */
export interface WorkerContext {
  waitUntil(work: Promise<unknown>): void;
}

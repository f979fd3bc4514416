/**
 * One connection to Redis. Owns reconnecting, and turns every failure into `StateUnavailable`: a command completes or fails within the
 * time limit, and fails at once while the connection is known to be lost. Nothing is queued.
 *
 * A Redis that hangs without closing the connection is detected when a command exceeds the time limit.
 */
import { requirePackage, packageLoadError } from '../../../packages/optional-packages.js';
import type { Cluster, Redis } from 'ioredis';
import type { IoredisClient } from './ioredis-client.js';
import { StateUnavailable } from '../../contract/shared-state.js';

/** Either kind of `ioredis` client. */
export type RedisClient = Redis | Cluster;

/** Maximum delay between connection attempts, in milliseconds. */
const MAX_BETWEEN_ATTEMPTS = 1_000;

/** Options of a connection. */
export interface RedisConnectionSetup {
  /** URL, or a client whose address and options are used for a separate connection. */
  readonly to: string | IoredisClient;
  /** Time limit for a command in milliseconds. */
  readonly timeout: number;
}

/** See the head of the file. */
export class RedisConnection {
  readonly #timeout: number;
  readonly #client: RedisClient;
  /** Resolves when the connection is first ready, has ended, or the time limit has passed. */
  readonly #opened: Promise<void>;
  #closed = false;
  /** A command failed because of the connection. The client may not have noticed yet, so further commands would fail too. */
  #broken = false;
  /** Why the connection is not ready, if known. */
  #problem = 'not connected';

  /** @param onReady called each time the connection becomes usable */
  static async open(setup: RedisConnectionSetup, prepare: (client: RedisClient) => void, onReady: () => void): Promise<RedisConnection> {
    return new RedisConnection(await clientFor(setup), setup.timeout, prepare, onReady);
  }

  private constructor(client: RedisClient, timeout: number, prepare: (client: RedisClient) => void, onReady: () => void) {
    this.#client = client;
    this.#timeout = timeout;
    prepare(client);
    this.#opened = new Promise((resolve) => {
      const timer = setTimeout(resolve, timeout);
      client.once('ready', () => {
        clearTimeout(timer);
        resolve();
      });
      client.once('end', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    client.on('error', (error: unknown) => {
      this.#problem = codeOf(error);
    });
    client.on('ready', () => {
      this.#broken = false;
      onReady();
    });
  }

  /**
   * Runs commands on the client.
   *
   * @throws StateUnavailable
   */
  async run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    if (this.#client.status !== 'ready') await this.#opened;
    if (this.#client.status !== 'ready' || this.#broken)
      throw new StateUnavailable(this.#closed ? 'The state is closed.' : `Redis is unavailable (${this.#problem}).`);
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await Promise.race([
        command(this.#client),
        new Promise<never>((_, reject) => {
          timer = setTimeout(
            () => reject(new StateUnavailable(`Redis did not respond within ${String(this.#timeout)} ms.`)),
            this.#timeout,
          );
        }),
      ]);
    } catch (error) {
      if ((error as Error).name !== 'ReplyError') this.#reconnect();
      throw error instanceof StateUnavailable ? error : new StateUnavailable(`Redis failed (${codeOf(error)}).`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reconnects after a failed command. Not for clusters: they have other nodes and detect failed ones themselves. */
  #reconnect(): void {
    if (this.#closed || this.#broken || 'nodes' in this.#client) return;
    this.#broken = true;
    // Whatever the cause, continue with a new connection.
    if (this.#client.status === 'ready') this.#client.disconnect(true);
  }

  /** Safe to call twice. */
  close(): void {
    this.#closed = true;
    this.#client.disconnect();
  }
}

async function clientFor({ to, timeout }: RedisConnectionSetup): Promise<RedisClient> {
  const options = {
    enableOfflineQueue: false,
    // Pipelined batches throw uncaught errors when the connection breaks (ioredis 6.0.0).
    enableAutoPipelining: false,
    // Pending commands fail at once when the connection breaks; they are not resent, because they may have been executed.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    connectTimeout: timeout,
    // The connection is closed if a response is due and nothing arrives for this long.
    socketTimeout: timeout,
    keyPrefix: '',
    retryStrategy: (attempt: number) => Math.min(50 * attempt, MAX_BETWEEN_ATTEMPTS),
    // After a failover, the old master responds with READONLY until the client reconnects.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  };
  if (typeof to === 'string') {
    const { Redis } = await ioredis();
    return new Redis(to, options);
  }
  const given = to as RedisClient;
  if (!('nodes' in given)) return given.duplicate(options);
  const { keyPrefix, retryStrategy, enableOfflineQueue, enableAutoPipelining, ...redisOptions } = options;
  return given.duplicate([], {
    keyPrefix,
    enableOfflineQueue,
    enableAutoPipelining,
    clusterRetryStrategy: retryStrategy,
    redisOptions: { ...given.options.redisOptions, ...redisOptions },
  } as NonNullable<Parameters<Cluster['duplicate']>[1]>);
}

async function ioredis(): Promise<typeof import('ioredis')> {
  const feature = 'State in Redis';
  requirePackage('ioredis', feature);
  return import('ioredis').catch(packageLoadError('ioredis', feature));
}

/** Returns a code such as `ECONNREFUSED` or `READONLY`, never text that could contain an address or password. */
function codeOf(error: unknown): string {
  const { code, message, name } = (error ?? {}) as { code?: unknown; message?: unknown; name?: unknown };
  if (typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code)) return code;
  const word = typeof message === 'string' ? /^[A-Z]{2,20}(?= )/.exec(message)?.[0] : undefined;
  return word ?? (typeof name === 'string' ? name : 'unknown');
}

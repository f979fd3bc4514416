/**
 * One connection to Redis. Owns when it is given up and opened again, and turns every failure into `StateUnavailable`:
 * whoever asks gets an answer within the time limit, at once while the connection is known to be lost, and nothing waits in
 * a queue. Knows no command.
 *
 * A Redis that hangs, without closing the connection, is noticed by a command that stays unanswered for the time limit.
 */
import { demandPackage, unloadable } from '../../packages/optional-packages.js';
import type { Cluster, Redis } from 'ioredis';
import type { IoredisClient } from './ioredis-client.js';
import { StateUnavailable } from './shared-state.js';

/** What both kinds of client have. */
export type RedisClient = Redis | Cluster;

/** Milliseconds between attempts to connect, at most. */
const MOST_BETWEEN_ATTEMPTS = 1_000;

/** What a connection is made of. */
export interface RedisConnectionSetup {
  /** Address, or a client whose address and options are used for a connection of our own. */
  readonly to: string | IoredisClient;
  /** Milliseconds. */
  readonly timeout: number;
}

/** See the head of the file. */
export class RedisConnection {
  readonly #timeout: number;
  readonly #client: RedisClient;
  /** Resolves when it was ready once, or could have been. */
  readonly #opened: Promise<void>;
  #closed = false;
  /** It broke under a command. The client may not have noticed yet, so that questions would be tried in vain. */
  #broken = false;
  /** Why it is not ready, as far as known. */
  #trouble = 'not connected';

  /** @param onReady called each time when it can be used (again) */
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
      this.#trouble = codeOf(error);
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
    if (this.#client.status !== 'ready' || this.#broken) throw new StateUnavailable(this.#closed ? 'The state is closed.' : `Redis is not there (${this.#trouble}).`);
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await Promise.race([
        command(this.#client),
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(new StateUnavailable(`Redis did not answer in ${String(this.#timeout)} ms.`)), this.#timeout);
        }),
      ]);
    } catch (error) {
      if ((error as Error).name !== 'ReplyError') this.#gaveUp();
      throw error instanceof StateUnavailable ? error : new StateUnavailable(`Redis failed (${codeOf(error)}).`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** No answer came. A cluster has other nodes, and finds out itself which of them is gone. */
  #gaveUp(): void {
    if (this.#closed || this.#broken || 'nodes' in this.#client) return;
    this.#broken = true;
    // Whatever it was: there is a new connection, or none.
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
    // Its batches throw out of nowhere when the connection breaks under them (ioredis 6.0.0).
    enableAutoPipelining: false,
    // Commands under way when the connection breaks fail at once; they are not sent again, because they may have been done.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    connectTimeout: timeout,
    // Nothing heard for so long while an answer is due: the connection is given up.
    socketTimeout: timeout,
    keyPrefix: '',
    retryStrategy: (attempt: number) => Math.min(50 * attempt, MOST_BETWEEN_ATTEMPTS),
    // After a failover, the old master says so until the connection is a new one.
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
  demandPackage('ioredis', feature);
  return import('ioredis').catch(unloadable('ioredis', feature));
}

/** `ECONNREFUSED`, `READONLY` and the like; no text that could name an address or hold a password. */
function codeOf(error: unknown): string {
  const { code, message, name } = (error ?? {}) as { code?: unknown; message?: unknown; name?: unknown };
  if (typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code)) return code;
  const word = typeof message === 'string' ? /^[A-Z]{2,20}(?= )/.exec(message)?.[0] : undefined;
  return word ?? (typeof name === 'string' ? name : 'unknown');
}

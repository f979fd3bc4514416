/**
 * State in Redis: any number of processes with one Redis keep every limit exactly.
 *
 * Owns the names of keys and what is asked of Redis. Does not own connections (`redis-connection.ts`), what happens inside
 * of Redis (`redis-scripts.ts`), or the call book. The day's spending is as safe as Redis itself: one that keeps nothing
 * on disk forgets it when it restarts.
 */
import RateLimiterRedis from 'rate-limiter-flexible/lib/RateLimiterRedis.js';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../clock.js';
import { keyedHash } from '../guards/keyed-hash.js';
import type { KeyedHash } from '../guards/keyed-hash.js';
import { AMOUNT_NAMES } from './amounts.js';
import { RedisConnection } from './redis-connection.js';
import type { IoredisClient } from './ioredis-client.js';
import type { RedisClient } from './redis-connection.js';
import { REDIS_SCRIPTS } from './redis-scripts.js';
import type { RedisScript } from './redis-scripts.js';
import { RedisCallBook } from './redis-call-book.js';
import { RedisNotices } from './redis-notices.js';
import type { Account, Amounts, BudgetAnswer, CallBook, RateAnswer, RateWant, Reservation, SharedState } from './shared-state.js';

/** Options of `redisState`. */
export interface RedisStateOptions {
  /**
   * Where Redis is: `redis://user:password@host:port/db`, `rediss:` with TLS. Or a client of the package `ioredis` (`Redis`, with
   * sentinels too, or `Cluster`), whose address and options are used for connections of our own (but not its `keyPrefix`); it is left alone itself.
   */
  readonly redis: string | IoredisClient;
  /** Begins every key, default `voice:`. Servers with the same prefix on the same Redis share everything. */
  readonly prefix?: string;
  /** Milliseconds until Redis has to have answered, 50–10000; default 1000. */
  readonly timeout?: number;
  /** Keys the hash of what must not be stored in plain; the same in every process. Default: made from the address. */
  readonly secret?: string;
  /** Replaces Redis's own time for budgets, leases and ended calls; for tests. */
  readonly clock?: Clock;
}

/** Keys that hold nothing personal: all, profiles, and what is a keyed hash already. Everything else is hashed here. */
const HARMLESS = /^(all|profile:[a-z0-9-]{1,64}|[a-z]{1,20}:[\w-]{43})$/;

/** Milliseconds until Redis has to have answered. */
const TIMEOUT = 1_000;

/** Full windows that a process remembers, so that a flood of refused requests costs Redis nothing. */
const MOST_FULL = 10_000;

/** See the head of the file. */
export class RedisState implements SharedState {
  readonly lasting = true;
  readonly calls: CallBook;
  readonly #options: RedisStateOptions;
  readonly #prefix: string;
  readonly #hash: KeyedHash;
  readonly #limiters = new Map<string, RateLimiterRedis>();
  /** Window → when it closes, by this process's time. */
  readonly #full = new Map<string, number>();
  readonly #notices: RedisNotices;
  #commands: Promise<RedisConnection> | undefined;

  constructor(options: RedisStateOptions) {
    this.#options = options;
    this.#prefix = options.prefix ?? 'voice:';
    this.#hash = keyedHash(options.secret ?? (typeof options.redis === 'string' ? options.redis : this.#prefix));
    this.#notices = new RedisNotices({
      to: options.redis,
      timeout: options.timeout ?? TIMEOUT,
      prefix: `${this.#prefix}notices:`,
      endOf: async (id) => (await this.calls.find(id))?.ended,
    });
    this.calls = new RedisCallBook({
      script: (name, args) => this.#script(name, '{calls}', args),
      count: () => this.#run((client) => client.zcard(`${this.#prefix}{calls}:leases`)),
      publish: (channel, text) => this.#run((client) => client.publish(channel, text)),
      notices: this.#notices,
    });
  }

  async take(wants: readonly RateWant[]): Promise<RateAnswer> {
    const now = Date.now();
    const named = await Promise.all(wants.map(async (want) => ({ ...want, stored: await this.#stored(want.key) })));
    for (const { key, count, seconds, stored } of named) {
      const until = this.#full.get(windowName(stored, count, seconds));
      // Redis need not be asked, but has to be there: otherwise this process may know a limit that nobody keeps any more.
      if (until !== undefined && until > now) return this.#run(async () => refused(key, until - now));
    }
    const answers = await this.#run((client) => Promise.all(named.map((want) => this.#takeOne(client, want))));
    return answers.find(({ ok }) => !ok) ?? { ok: true };
  }

  async reserve({ id, accounts, amounts, until }: Reservation): Promise<BudgetAnswer> {
    const ttl = until - (this.#options.clock?.now() ?? Date.now());
    const args = [id, ttl, ...AMOUNT_NAMES.map((name) => amounts[name]), ...accounts.flatMap(boundsOf)];
    const refusal = (await this.#script('voiceReserve', '{budget}', args)) as [] | [account: number, limit: keyof Amounts | 'atOnce', ms: number];
    if (refusal.length === 0) return { ok: true };
    const [account, limit, ms] = refusal;
    return { ok: false, account: accounts[account]?.name ?? '', limit, retryAfter: seconds(ms) };
  }

  async settle(id: string, spent: Amounts): Promise<void> {
    await this.#script('voiceSettle', '{budget}', [id, ...AMOUNT_NAMES.map((name) => spent[name])]);
  }

  async once(key: string, seconds: number): Promise<boolean> {
    const stored = `${this.#prefix}once:${await this.#stored(key)}`;
    return (await this.#run((client) => client.set(stored, '1', 'EX', seconds, 'NX'))) === 'OK';
  }

  async ready(): Promise<void> {
    await this.#run((client) => client.ping());
  }

  async close(): Promise<void> {
    await this.#notices.close();
    (await this.#commands?.catch(() => undefined))?.close();
  }

  async #takeOne(client: RedisClient, { key, stored, count, seconds }: RateWant & { readonly stored: string }): Promise<RateAnswer> {
    try {
      const { remainingPoints, msBeforeNext } = await this.#limiter(client, count, seconds).consume(stored);
      if (remainingPoints === 0) this.#isFull(windowName(stored, count, seconds), msBeforeNext);
      return { ok: true };
    } catch (refusal) {
      // By what it says: where modules are loaded in two ways, its class is not the one that we could import.
      const { msBeforeNext } = refusal as Partial<RateLimiterRes>;
      if (msBeforeNext === undefined) throw refusal;
      this.#isFull(windowName(stored, count, seconds), msBeforeNext);
      return refused(key, msBeforeNext);
    }
  }

  #isFull(window: string, ms: number): void {
    if (this.#full.size >= MOST_FULL) {
      for (const oldest of this.#full.keys()) {
        this.#full.delete(oldest);
        break;
      }
    }
    this.#full.delete(window);
    this.#full.set(window, Date.now() + ms);
  }

  #limiter(client: RedisClient, count: number, seconds: number): RateLimiterRedis {
    const name = `${String(count)}/${String(seconds)}`;
    let limiter = this.#limiters.get(name);
    if (!limiter) {
      limiter = new RateLimiterRedis({ storeClient: client, points: count, duration: seconds, keyPrefix: `${this.#prefix}rate:${name}` });
      this.#limiters.set(name, limiter);
    }
    return limiter;
  }

  async #stored(key: string): Promise<string> {
    return HARMLESS.test(key) ? key : this.#hash('state', key);
  }

  #script(name: RedisScript, tag: string, args: readonly (string | number)[]): Promise<unknown> {
    const { clock } = this.#options;
    return this.#run((client) => scriptOf(client, name)(1, this.#prefix + tag, clock ? clock.now() : '', ...args));
  }

  async #run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    const { redis, timeout = TIMEOUT } = this.#options;
    this.#commands ??= RedisConnection.open({ to: redis, timeout }, prepare, () => undefined);
    return (await this.#commands).run(command);
  }
}

/** State in Redis, for the option `state`. Connects when it is first used. */
export function redisState(options: RedisStateOptions): RedisState {
  return new RedisState(options);
}

const windowName = (stored: string, count: number, seconds: number): string => `${String(count)}/${String(seconds)} ${stored}`;

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

const refused = (key: string, ms: number): RateAnswer => ({ ok: false, key, retryAfter: seconds(ms) });

const boundsOf = ({ name, atOnce, perDay }: Account): (string | number)[] => [name, atOnce ?? '', ...AMOUNT_NAMES.map((each) => perDay[each] ?? '')];

type Script = (keys: number, ...args: (string | number)[]) => Promise<unknown>;

function prepare(client: RedisClient): void {
  for (const [name, lua] of Object.entries(REDIS_SCRIPTS)) client.defineCommand(name, { lua });
}

const scriptOf = (client: RedisClient, name: RedisScript): Script => (client as unknown as Record<RedisScript, Script>)[name].bind(client);

/**
 * State in Redis: any number of processes that share one Redis enforce every limit exactly.
 *
 * Owns key names and commands. Does not own connections (`redis-connection.ts`), scripts (`redis-scripts.ts`) or the call registry. The
 * day's spending is as durable as Redis itself: without persistence, it is lost when Redis restarts.
 */
import RateLimiterRedis from 'rate-limiter-flexible/lib/RateLimiterRedis.js';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import type { Calendar } from '../../contract/calendar.js';
import type { Clock } from '../../contract/clock.js';
import { keyedHash } from '../../crypto/keyed-hash.js';
import type { KeyedHash } from '../../crypto/keyed-hash.js';
import { AMOUNT_NAMES } from '../../contract/amounts.js';
import { RedisConnection } from './redis-connection.js';
import type { IoredisClient } from './ioredis-client.js';
import type { RedisClient } from './redis-connection.js';
import { REDIS_SCRIPTS } from './redis-scripts.js';
import type { RedisScript } from './redis-scripts.js';
import { RedisCallRegistry } from './redis-call-registry.js';
import { RedisNotices } from './redis-notices.js';
import { redisUsage } from './redis-usage.js';
import type {
  Account,
  AccountUsage,
  Amounts,
  BudgetAnswer,
  BudgetLevel,
  CallRegistry,
  RateAnswer,
  RateWant,
  Reservation,
  SharedState,
} from '../../contract/shared-state.js';

/** Options of `redisState`. */
export interface RedisStateOptions {
  /**
   * The Redis URL, `redis://user:password@host:port/db`, or `rediss:` for TLS. Or an `ioredis` client (`Redis`, also with Sentinel, or
   * `Cluster`): its address and options, except `keyPrefix`, are used for separate connections; the client itself is not used.
   */
  readonly redis: string | IoredisClient;
  /** Prefix of every key, default `voice:`. Servers with the same prefix on the same Redis share all state. */
  readonly prefix?: string;
  /** Time limit for a Redis command in milliseconds, 50–10000; default 1000. */
  readonly timeout?: number;
  /** Secret for hashing personal data in keys; must be the same in every process. Default: derived from `redis`. */
  readonly secret?: string;
  /** Replaces Redis's clock for budgets, leases and ended calls; for tests. */
  readonly clock?: Clock;
}

/** Keys without personal data: `all`, profiles and keyed hashes. All other keys are hashed here. */
const PLAIN_KEY = /^(all|profile:[a-z0-9-]{1,64}|[a-z]{1,20}:[\w-]{43})$/;

/** Default time limit for a Redis command in milliseconds. */
const TIMEOUT = 1_000;

/** Maximum number of full windows cached per process, so that a flood of refused requests does not load Redis. */
const MAX_FULL = 10_000;

/** See the head of the file. */
export class RedisState implements SharedState {
  readonly lasting = true;
  readonly calls: CallRegistry;
  readonly #options: RedisStateOptions;
  readonly #prefix: string;
  readonly #hash: KeyedHash;
  readonly #limiters = new Map<string, RateLimiterRedis>();
  /** Closing time of full windows, by this process's clock. */
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
    this.calls = new RedisCallRegistry({
      script: (name, args) => this.#script(name, '{calls}', args),
      count: () => this.#run((client) => client.zcard(`${this.#prefix}{calls}:leases`)),
      ids: () => this.#run((client) => client.zrange(`${this.#prefix}{calls}:leases`, '0', '-1')),
      publish: (channel, text) => this.#run((client) => client.publish(channel, text)),
      notices: this.#notices,
    });
  }

  async take(wants: readonly RateWant[]): Promise<RateAnswer> {
    const now = Date.now();
    const named = await Promise.all(wants.map(async (want) => ({ ...want, stored: await this.#storedKey(want.key) })));
    for (const { key, count, seconds, stored } of named) {
      const until = this.#full.get(windowName(stored, count, seconds));
      // No command is needed, but Redis must be connected: otherwise the cached limit may no longer apply.
      if (until !== undefined && until > now) return this.#run(async () => refused(key, until - now));
    }
    const answers = await this.#run((client) => Promise.all(named.map((want) => this.#takeOne(client, want))));
    return answers.find(({ ok }) => !ok) ?? { ok: true };
  }

  async reserve({ id, accounts, amounts, until, calendar }: Reservation): Promise<BudgetAnswer> {
    const ttl = until - (this.#options.clock?.now() ?? Date.now());
    const times = [calendar?.offset ?? '', calendar?.dayEnds ?? '', calendar?.monthEnds ?? ''];
    const args = [id, ttl, ...AMOUNT_NAMES.map((name) => amounts[name]), ...times, ...accounts.flatMap(boundsOf)];
    const answer = JSON.parse(String(await this.#script('voiceReserve', '{budget}', args))) as Reserved;
    const nameOf = (account: number): string => accounts[account]?.name ?? '';
    if (!('limit' in answer)) {
      const { replaced, reached } = answer;
      return {
        ok: true,
        ...(replaced && { replaced }),
        ...(reached && { reached: reached.map((level) => ({ ...level, account: nameOf(level.account) })) }),
      };
    }
    if (answer.limit === 'paused') return { ok: false, limit: answer.limit };
    const { account, limit, period, ms } = answer;
    return { ok: false, account: nameOf(account), limit, ...(period === 'month' && { period }), retryAfter: seconds(ms) };
  }

  async settle(id: string, spent: Amounts): Promise<void> {
    await this.#script('voiceSettle', '{budget}', [id, ...AMOUNT_NAMES.map((name) => spent[name])]);
  }

  async once(key: string, seconds: number): Promise<boolean> {
    const stored = `${this.#prefix}once:${await this.#storedKey(key)}`;
    return (await this.#run((client) => client.set(stored, '1', 'EX', seconds, 'NX'))) === 'OK';
  }

  async setPaused(paused: boolean): Promise<void> {
    await this.#run<unknown>((client) => (paused ? client.set(this.#pausedKey, '1') : client.del(this.#pausedKey)));
  }

  async paused(): Promise<boolean> {
    return (await this.#run((client) => client.exists(this.#pausedKey))) === 1;
  }

  usage(calendar?: Calendar): Promise<readonly AccountUsage[]> {
    return redisUsage((name, args) => this.#script(name, '{budget}', args), calendar?.offset ?? 0);
  }

  async ready(): Promise<void> {
    await this.#run((client) => client.ping());
  }

  async close(): Promise<void> {
    await this.#notices.close();
    (await this.#commands?.catch(() => undefined))?.close();
  }

  get #pausedKey(): string {
    return `${this.#prefix}{budget}:paused`;
  }

  async #takeOne(client: RedisClient, { key, stored, count, seconds }: RateWant & { readonly stored: string }): Promise<RateAnswer> {
    try {
      const { remainingPoints, msBeforeNext } = await this.#limiter(client, count, seconds).consume(stored);
      if (remainingPoints === 0) this.#markFull(windowName(stored, count, seconds), msBeforeNext);
      return { ok: true };
    } catch (refusal) {
      // Not `instanceof`: if the package is loaded both as ESM and CommonJS, its class differs from the imported one.
      const { msBeforeNext } = refusal as Partial<RateLimiterRes>;
      if (msBeforeNext === undefined) throw refusal;
      this.#markFull(windowName(stored, count, seconds), msBeforeNext);
      return refused(key, msBeforeNext);
    }
  }

  #markFull(window: string, ms: number): void {
    if (this.#full.size >= MAX_FULL) {
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

  async #storedKey(key: string): Promise<string> {
    return PLAIN_KEY.test(key) ? key : this.#hash('state', key);
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

/** State in Redis, for the option `state`. Connects on first use. */
export function redisState(options: RedisStateOptions): RedisState {
  return new RedisState(options);
}

const windowName = (stored: string, count: number, seconds: number): string => `${String(count)}/${String(seconds)} ${stored}`;

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

const refused = (key: string, ms: number): RateAnswer => ({ ok: false, key, retryAfter: seconds(ms) });

/** What the script for reservations returns. */
type Reserved =
  | { readonly replaced?: readonly string[]; readonly reached?: readonly (Omit<BudgetLevel, 'account'> & { readonly account: number })[] }
  | {
      readonly account: number;
      readonly limit: keyof Amounts | 'maxConcurrent';
      readonly period?: 'day' | 'month';
      readonly ms: number;
    }
  | { readonly limit: 'paused' };

const boundsOf = ({ name, maxConcurrent, replaces, perDay, perMonth, reports }: Account): (string | number)[] => [
  name,
  maxConcurrent ?? '',
  replaces === true ? 1 : '',
  ...AMOUNT_NAMES.map((each) => perDay[each] ?? ''),
  perMonth ? 1 : '',
  ...AMOUNT_NAMES.map((each) => perMonth?.[each] ?? ''),
  reports === true ? 1 : '',
];

type Script = (keys: number, ...args: (string | number)[]) => Promise<unknown>;

function prepare(client: RedisClient): void {
  for (const [name, lua] of Object.entries(REDIS_SCRIPTS)) client.defineCommand(name, { lua });
}

const scriptOf = (client: RedisClient, name: RedisScript): Script => (client as unknown as Record<RedisScript, Script>)[name].bind(client);

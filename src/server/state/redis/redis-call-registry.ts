/** The call registry in Redis. Owns the stored form of calls; atomic operations are in `redis-scripts.ts`. */
import { ZERO_AMOUNTS } from '../../contract/amounts.js';
import { RETENTION } from '../memory-call-registry.js';
import type { RedisNotices } from './redis-notices.js';
import type { RedisScript } from './redis-scripts.js';
import type { Amounts, CallRegistry, CallEndReason, CallMemory, CallNotice, CallRecord } from '../../contract/shared-state.js';

/** Maximum number of calls per script run, because Redis serves no other client while a script runs. */
const MAX_AT_ONCE = 500;

/** Prefix of the fields with the parts of a call's memory. */
const MEMORY = 'memory:';

/** Access to Redis. */
export interface RedisCallRegistrySetup {
  script(name: RedisScript, args: readonly (string | number)[]): Promise<unknown>;
  count(): Promise<number>;
  /** IDs of all live calls. */
  ids(): Promise<string[]>;
  publish(channel: string, text: string): Promise<unknown>;
  readonly notices: RedisNotices;
}

/** See the head of the file. */
export class RedisCallRegistry implements CallRegistry {
  readonly #setup: RedisCallRegistrySetup;

  constructor(setup: RedisCallRegistrySetup) {
    this.#setup = setup;
  }

  async add({ spent, memory = {}, ...call }: CallRecord, watcher: string, leaseMs: number): Promise<void> {
    await this.#setup.script('voiceAdd', [call.id, JSON.stringify(call), JSON.stringify(spent), watcher, leaseMs]);
    await this.remember(watcher, call.id, memory);
  }

  async find(id: string): Promise<{ call: CallRecord; ended: CallEndReason | undefined } | undefined> {
    const [record, spent, ended] = (await this.#setup.script('voiceFind', [id])) as [] | [string, string, CallEndReason | ''];
    return record === undefined ? undefined : { call: readCall(record, spent), ended: ended || undefined };
  }

  async renew(watcher: string, leaseMs: number, spent: ReadonlyMap<string, Amounts>): Promise<readonly string[]> {
    const all = [...spent].map(([id, amounts]) => [id, JSON.stringify(amounts)]);
    const steps: Promise<unknown>[] = [];
    for (let from = 0; from < all.length; from += MAX_AT_ONCE) {
      steps.push(this.#setup.script('voiceRenew', [watcher, leaseMs, ...all.slice(from, from + MAX_AT_ONCE).flat()]));
    }
    return ((await Promise.all(steps)) as string[][]).flat();
  }

  async adopt(watcher: string, leaseMs: number): Promise<readonly CallRecord[]> {
    const found = (await this.#setup.script('voiceAdopt', [watcher, leaseMs, MAX_AT_ONCE])) as string[][];
    return found.flatMap((fields) => adoptedCall(fields) ?? []);
  }

  async remember(watcher: string, id: string, memory: CallMemory): Promise<void> {
    const parts = Object.entries(memory).flatMap(([name, part]) => [name, JSON.stringify(part)]);
    if (parts.length > 0) await this.#setup.script('voiceRemember', [watcher, id, ...parts]);
  }

  async end(id: string, reason: CallEndReason): Promise<boolean> {
    const notice: CallNotice = { type: 'ended', reason };
    return (await this.#setup.script('voiceEnd', [id, reason, this.#setup.notices.channel(id), JSON.stringify(notice), RETENTION])) === 1;
  }

  count(): Promise<number> {
    return this.#setup.count();
  }

  async list(): Promise<readonly CallRecord[]> {
    const ids = await this.#setup.ids();
    const calls: CallRecord[] = [];
    for (let from = 0; from < ids.length; from += MAX_AT_ONCE)
      calls.push(...readCalls((await this.#setup.script('voiceList', ids.slice(from, from + MAX_AT_ONCE))) as string[]));
    return calls;
  }

  async tell(id: string, notice: CallNotice): Promise<void> {
    await this.#setup.publish(this.#setup.notices.channel(id), JSON.stringify(notice));
  }

  listen(id: string, onNotice: (notice: CallNotice) => void): Promise<() => void> {
    return this.#setup.notices.listen(id, onNotice);
  }
}

/** Reads records, each followed by its usage. */
const readCalls = (found: readonly string[]): readonly CallRecord[] =>
  found.flatMap((record, at) => (at % 2 === 0 ? [readCall(record, found[at + 1])] : []));

/** Restores the fields that JSON omits because they are `undefined`. */
function readCall(record: string, spent: string | undefined): CallRecord {
  const call = JSON.parse(record) as CallRecord;
  return {
    ...call,
    visitor: call.visitor,
    origin: call.origin,
    spent: spent === undefined ? ZERO_AMOUNTS : (JSON.parse(spent) as Amounts),
  };
}

/** Reads the hash of a call with its memory. Redis returns names and values in turn. */
function adoptedCall(hash: readonly string[]): CallRecord | undefined {
  const fields = new Map(hash.flatMap((name, at) => (at % 2 === 0 ? [[name, hash[at + 1] ?? ''] as const] : [])));
  const record = fields.get('record');
  if (record === undefined) return undefined;
  const parts = [...fields].filter(([name]) => name.startsWith(MEMORY));
  const memory = Object.fromEntries(parts.map(([name, part]) => [name.slice(MEMORY.length), JSON.parse(part) as unknown])) as CallMemory;
  return { ...readCall(record, fields.get('spent')), ...(parts.length > 0 && { memory }) };
}

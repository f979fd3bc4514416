/**
 * The operator's view of one server: reads the shared state, and ends calls through the host that watches them. Owns the reports and the
 * order in which they are sorted.
 */
import { AMOUNT_NAMES, ZERO_AMOUNTS } from '../contract/amounts.js';
import type { CallHost } from '../contract/call-host.js';
import type {
  BudgetReport,
  OperatedAccount,
  OperatedCall,
  OperatedPeriod,
  Operator,
  OperatorAmounts,
  VisitorData,
  VisitorName,
} from '../contract/operator.js';
import type { AccountUsage, Amounts, CallRecord, PeriodUsage } from '../contract/shared-state.js';
import { callAmounts } from '../guards/budget.js';
import { limitsOfVisitor } from '../guards/visitor-accounts.js';
import type { VisitorLimits } from '../guards/visitor-accounts.js';
import type { Budget, ResolvedOptions } from '../resolved-options.js';
import { visitorHash } from './visitor-hash.js';

/** Maximum number of accounts in a report besides `all` and the profiles. */
const MAX_OTHERS = 100;
/** Maximum number of simultaneous hang-up requests. */
const MAX_AT_ONCE = 50;
/** Calls may be added to the list after it was read; each further round ends those. */
const ROUNDS = 3;

const MICRO = 1_000_000;

/** See the head of the file. */
export class ServerOperator implements Operator {
  readonly #options: ResolvedOptions;
  readonly #host: CallHost;

  constructor(options: ResolvedOptions, host: CallHost) {
    this.#options = options;
    this.#host = host;
  }

  async calls(): Promise<readonly OperatedCall[]> {
    const live = [...(await this.#options.state.calls.list())].sort((one, other) => one.startedAt - other.startedAt);
    return Promise.all(live.map((call) => this.#operated(call)));
  }

  async end(ref: string): Promise<boolean> {
    const call = (await this.#options.state.calls.list()).find((one) => one.ref === ref);
    if (!call) return false;
    await this.#host.end(call, 'operator');
    this.#options.emit({ type: 'operator', action: 'end', ref });
    return true;
  }

  async endAll(): Promise<number> {
    const { state, upstream, emit } = this.#options;
    const began = upstream.clock.now();
    const ended = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const live = (await state.calls.list()).filter(({ id, startedAt }) => startedAt <= began && !ended.has(id));
      if (live.length === 0) break;
      for (let from = 0; from < live.length; from += MAX_AT_ONCE)
        await Promise.all(live.slice(from, from + MAX_AT_ONCE).map((call) => this.#host.end(call, 'operator')));
      for (const { id } of live) ended.add(id);
    }
    emit({ type: 'operator', action: 'end-all', calls: ended.size });
    return ended.size;
  }

  async pause(): Promise<void> {
    await this.#options.state.setPaused(true);
    this.#options.emit({ type: 'operator', action: 'pause' });
  }

  async resume(): Promise<void> {
    await this.#options.state.setPaused(false);
    this.#options.emit({ type: 'operator', action: 'resume' });
  }

  paused(): Promise<boolean> {
    return this.#options.state.paused();
  }

  async budget(): Promise<BudgetReport> {
    const { budget, profiles, timeZone } = this.#options;
    const used = new Map((await this.#usage()).map((usage) => [usage.account, usage]));
    const configured = new Map([['all', budget], ...[...profiles.values()].map((one) => [`profile:${one.name}`, one.budget] as const)]);
    const others = [...used.values()].filter(({ account }) => !configured.has(account)).sort(byCost);
    return {
      timeZone,
      accounts: [
        ...[...configured].map(([account, limits]) => operatedAccount(used.get(account) ?? unused(account), limits)),
        ...others.slice(0, MAX_OTHERS).map((usage) => operatedAccount(usage, this.#limitsOf(usage.account))),
      ],
      omitted: Math.max(0, others.length - MAX_OTHERS),
    };
  }

  visitorHash(name: VisitorName): Promise<string | undefined> {
    return visitorHash(name, this.#options.pepper);
  }

  async visitorData(visitor: string): Promise<VisitorData> {
    const [live, usage] = await Promise.all([this.#options.state.calls.list(), this.#usage()]);
    return {
      visitor,
      calls: await Promise.all(live.filter((call) => call.visitor === visitor).map((call) => this.#operated(call))),
      accounts: usage
        .filter(({ account }) => account.split(':').includes(visitor))
        .map((one) => operatedAccount(one, this.#limitsOf(one.account))),
    };
  }

  /** Use of today and this month in the owner's time zone. */
  #usage(): Promise<readonly AccountUsage[]> {
    const { state, calendar, upstream } = this.#options;
    return state.usage(calendar(upstream.clock.now()));
  }

  #limitsOf(account: string): VisitorLimits | undefined {
    const { visitorBudget, budget, profiles } = this.#options;
    const largest = [...profiles.values()].map(callAmounts).reduce(largerAmounts, ZERO_AMOUNTS);
    return limitsOfVisitor(account, visitorBudget, budget, largest);
  }

  async #operated(call: CallRecord): Promise<OperatedCall> {
    const { ref, kind, profile, visitor, startedAt } = call;
    return { ref, kind, profile, visitor, startedAt, spent: operatorAmounts(await this.#host.spent(call)) };
  }
}

const UNUSED: PeriodUsage = { spent: ZERO_AMOUNTS, reserved: ZERO_AMOUNTS };

const unused = (account: string): AccountUsage => ({ account, ...UNUSED, places: 0 });

const operatorAmounts = ({ calls, seconds, tokens, micros }: Amounts): OperatorAmounts => ({
  calls,
  seconds,
  tokens,
  money: micros / MICRO,
});

/** @param limits `perMonth` only for accounts that are counted by month */
function operatedAccount(usage: AccountUsage, limits?: VisitorLimits & Partial<Pick<Budget, 'perMonth'>>): OperatedAccount {
  const { account, places } = usage;
  const { perDay = {}, perMonth = {}, maxConcurrent } = limits ?? {};
  const day = operatedPeriod(usage, perDay);
  return {
    account,
    ...day,
    concurrent: places,
    limits: { ...day.limits, ...(maxConcurrent !== undefined && { concurrent: maxConcurrent }) },
    ...(Object.keys(perMonth).length > 0 && { month: operatedPeriod(usage.month ?? UNUSED, perMonth) }),
  };
}

function operatedPeriod({ spent, reserved }: PeriodUsage, { micros, ...others }: Partial<Amounts>): OperatedPeriod {
  return {
    spent: operatorAmounts(spent),
    reserved: operatorAmounts(reserved),
    limits: { ...others, ...(micros !== undefined && { money: micros / MICRO }) },
  };
}

const largerAmounts = (one: Amounts, other: Amounts): Amounts =>
  Object.fromEntries(AMOUNT_NAMES.map((name) => [name, Math.max(one[name], other[name])])) as unknown as Amounts;

/** Most expensive first: by money, then time, then number of calls. */
function byCost(one: AccountUsage, other: AccountUsage): number {
  const total = ({ spent, reserved }: AccountUsage, name: keyof Amounts): number => spent[name] + reserved[name];
  for (const name of ['micros', 'seconds', 'calls'] as const) {
    const difference = total(other, name) - total(one, name);
    if (difference !== 0) return difference;
  }
  return one.account < other.account ? -1 : 1;
}

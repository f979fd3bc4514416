/**
 * Reports how much of the budgets is used: when a reservation reaches 50, 80 or 100 % of a limit, or when a limit refuses a call. Each level
 * is reported once per day or month, by whichever process reaches it first.
 */
import type { Calendar } from '../contract/calendar.js';
import { localDay, monthOf } from '../contract/calendar.js';
import type { ServerObserver } from '../contract/server-events.js';
import { BUDGET_LEVELS } from '../contract/shared-state.js';
import type { Amounts, BudgetAnswer, BudgetLevel, SharedState } from '../contract/shared-state.js';

/** Dependencies of the reports. */
export interface BudgetReportsSetup {
  readonly state: Pick<SharedState, 'once'>;
  readonly emit: ServerObserver;
  /** Resolves when the observers that send messages have done so. */
  settled(): Promise<void>;
}

/** Reports the levels of an answer. Never rejects; do not wait for it before responding. */
export type ReportBudget = (answer: BudgetAnswer, calendar: Calendar, now: number) => Promise<void>;

/** Names of the limits in the configuration, without the period. */
const LIMITS = { calls: 'calls', seconds: 'minutes', tokens: 'tokens', micros: 'money' } as const satisfies Record<keyof Amounts, string>;

/** Maximum number of levels that a process remembers; a forgotten one is looked up again. */
const MAX_KNOWN = 1_000;

/** Creates the function that reports. */
export function budgetReports({ state, emit, settled }: BudgetReportsSetup): ReportBudget {
  /** Levels that were reported, as far as this process knows: a flood of refused requests must not load the state. */
  const known = new Set<string>();

  return async function reportBudget(answer, calendar, now) {
    const levels = levelsOf(answer);
    if (levels.length === 0) return;
    for (const level of levels) {
      // If the state is unavailable, a report is lost, but no call is refused.
      if (await isNew(level, calendar, now).catch(() => false)) emit(eventOf(level));
    }
    await settled();
  };

  /** Marks this level and those below it, which are not reported any more. */
  async function isNew({ account, limit, period, percent }: BudgetLevel, calendar: Calendar, now: number): Promise<boolean> {
    const day = localDay(now, calendar.offset);
    const [number, ends] = period === 'day' ? [day, calendar.dayEnds] : [monthOf(day), calendar.monthEnds];
    const keyOf = (level: number): string => `level:${period} ${String(number)} ${account} ${limit} ${String(level)}`;
    if (known.has(keyOf(percent))) return false;
    if (known.size >= MAX_KNOWN) known.clear();
    known.add(keyOf(percent));
    let fresh = false;
    for (const level of BUDGET_LEVELS.filter((each) => each <= percent))
      fresh = await state.once(keyOf(level), Math.ceil(ends / 1000) + 60);
    return fresh;
  }
}

/** Only the budgets of the server and of agents are reported, not those of single visitors. */
function levelsOf(answer: BudgetAnswer): readonly BudgetLevel[] {
  if (answer.ok) return answer.reached ?? [];
  if (answer.limit === 'paused') return [];
  const { account, limit, period = 'day' } = answer;
  const reported = account === 'all' || account.startsWith('profile:');
  return reported && limit !== 'maxConcurrent' ? [{ account, limit, period, percent: 100 }] : [];
}

function eventOf({ account, limit, period, percent }: BudgetLevel): Parameters<ServerObserver>[0] {
  const profile = account === 'all' ? undefined : account.slice('profile:'.length);
  return { type: 'budget', profile, limit: `${LIMITS[limit]}Per${period === 'day' ? 'Day' : 'Month'}`, percent };
}

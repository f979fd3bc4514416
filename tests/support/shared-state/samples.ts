/** Sample data for tests of a state: amounts, calls, listeners. */
import type { Amounts, CallNotice, CallRecord } from '../../../src/server/contract/shared-state.js';

/** Milliseconds. */
export const DAY = 86_400_000;
export const NONE: Amounts = { calls: 0, seconds: 0, tokens: 0, micros: 0 };
export const cost = (amounts: Partial<Amounts>): Amounts => ({ ...NONE, ...amounts });
export const CALL = cost({ calls: 1 });

/** A call that begins now. */
export function callRecord(id: string, now: number, rest: Partial<CallRecord> = {}): CallRecord {
  return {
    id,
    ref: `ref-${id}`,
    upstreamId: `rtc_${id}`,
    kind: 'browser',
    profile: 'default',
    visitor: 'v-1',
    origin: 'https://www.example.com',
    startedAt: now,
    deadline: now + 600_000,
    reservation: `reservation-${id}`,
    spent: NONE,
    ...rest,
  };
}

/** Collects notices, and resolves when there are enough. */
export function listener(): {
  all: CallNotice[];
  heard: (notice: CallNotice) => void;
  hears: (count: number) => Promise<readonly CallNotice[]>;
} {
  const all: CallNotice[] = [];
  let enough: (() => void) | undefined;
  return {
    all,
    heard: (notice) => {
      all.push(notice);
      enough?.();
    },
    hears: (count) =>
      new Promise((resolve) => {
        enough = () => {
          if (all.length >= count) resolve([...all]);
        };
        enough();
      }),
  };
}

/**
 * The calendar of a time zone. A day begins when the local date changes, also on days with 23 or 25 hours and where the clock is changed at
 * midnight. Owns offsets of time zones, which come from the runtime (IANA).
 */
import { DAY, localDay, nextMonth, utcCalendar } from '../contract/calendar.js';
import type { Calendar } from '../contract/calendar.js';

/** Time zones change their offset only at full quarters of an hour, so a calendar is computed once for each. */
const QUARTER = 900_000;

/** Whether the runtime knows this time zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Returns a function from milliseconds since the epoch to the calendar. @param timeZone IANA name, such as `Europe/Berlin` */
export function zoneCalendar(timeZone: string): (now: number) => Calendar {
  if (timeZone === 'UTC') return utcCalendar;
  const offsetAt = zoneOffset(timeZone);
  /** The instant at which a local day begins, seen from a time with this offset. */
  const begin = (day: number, offset: number): number => {
    const unchanged = day * DAY - offset;
    const changed = day * DAY - offsetAt(unchanged);
    // If the clock skips midnight, the day begins with the change itself.
    return offsetAt(changed) === offsetAt(unchanged) ? changed : unchanged;
  };
  let quarter: number | undefined;
  let known = { offset: 0, day: 0, month: 0 };
  return (now) => {
    const current = Math.floor(now / QUARTER);
    if (current !== quarter) {
      const offset = offsetAt(now);
      const day = localDay(now, offset);
      known = { offset, day: begin(day + 1, offset), month: begin(nextMonth(day), offset) };
      quarter = current;
    }
    return { offset: known.offset, dayEnds: known.day - now, monthEnds: known.month - now };
  };
}

/** Milliseconds by which local time is ahead of UTC at an instant. */
function zoneOffset(timeZone: string): (at: number) => number {
  const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23', ...fields });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
    const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
    return local - Math.floor(at / 1000) * 1000;
  };
}

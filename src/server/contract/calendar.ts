/** Days and months of a budget. Owns how a point in time becomes a day and a month; time zones are in `guards/zone-calendar.ts`. */

/** Milliseconds per day. */
export const DAY = 86_400_000;

/**
 * The owner's calendar when a reservation is made. Durations, so that a process whose clock is wrong has no effect on a state with a
 * clock of its own.
 */
export interface Calendar {
  /** Milliseconds by which local time is ahead of UTC. */
  readonly offset: number;
  /** Milliseconds until the local day ends. */
  readonly dayEnds: number;
  /** Milliseconds until the local month ends. */
  readonly monthEnds: number;
}

/** The calendar of UTC. @param now milliseconds since the epoch */
export function utcCalendar(now: number): Calendar {
  const day = localDay(now, 0);
  return { offset: 0, dayEnds: (day + 1) * DAY - now, monthEnds: nextMonth(day) * DAY - now };
}

/** Number of the local day. @param now milliseconds since the epoch */
export const localDay = (now: number, offset: number): number => Math.floor((now + offset) / DAY);

/** Number of the month of a day: twelve times the year, plus 0 for January. */
export function monthOf(day: number): number {
  const date = new Date(day * DAY);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** The first day of the month after that of a day. */
export function nextMonth(day: number): number {
  const month = monthOf(day) + 1;
  return Date.UTC(Math.floor(month / 12), month % 12) / DAY;
}

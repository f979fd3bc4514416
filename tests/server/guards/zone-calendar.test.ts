/** Days and months of a time zone, compared with the local date that the runtime prints. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localDay, monthOf, utcCalendar } from '../../../src/server/contract/calendar.js';
import { isTimeZone, zoneCalendar } from '../../../src/server/guards/zone-calendar.js';

const HOUR = 3_600_000;

/** The local date, such as `2027-03-28`. */
const dateIn = (timeZone: string): ((at: number) => string) => {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  return (at) => format.format(at);
};

describe('the calendar of a time zone', () => {
  it.each<[string, string, string, number]>([
    ['an ordinary day', 'Europe/Berlin', '2027-01-15T12:00:00Z', 11],
    ['a day of 23 hours', 'Europe/Berlin', '2027-03-27T23:00:00Z', 23],
    ['a day of 25 hours', 'Europe/Berlin', '2027-10-30T22:00:00Z', 25],
    ['a day that begins at 01:00', 'Africa/Cairo', '2027-04-29T22:00:00Z', 23],
    ['a day before one that begins at 01:00', 'Africa/Cairo', '2027-04-29T12:00:00Z', 10],
    ['a day whose last hour is repeated', 'America/Havana', '2027-11-07T04:00:00Z', 25],
    ['a quarter of an hour', 'Asia/Kathmandu', '2027-01-15T18:15:00Z', 24],
  ])('ends %s at local midnight', (_, timeZone, at, hours) => {
    const now = Date.parse(at);
    expect(zoneCalendar(timeZone)(now).dayEnds).toBe(hours * HOUR);
    expect(dateIn(timeZone)(now + hours * HOUR)).not.toBe(dateIn(timeZone)(now));
    expect(dateIn(timeZone)(now + hours * HOUR - 1)).toBe(dateIn(timeZone)(now));
  });

  it('agrees with the local date at any time, in any order', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'America/Havana',
      'Africa/Cairo',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Asia/Kolkata',
      'UTC',
    ];
    const calendars = new Map(zones.map((zone) => [zone, { calendar: zoneCalendar(zone), date: dateIn(zone) }]));
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2030, 0) }), (zone, now) => {
        const { calendar, date } = calendars.get(zone) as NonNullable<ReturnType<typeof calendars.get>>;
        const { offset, dayEnds, monthEnds } = calendar(now);
        const day = localDay(now, offset);
        expect(new Date(day * 24 * HOUR).toISOString().slice(0, 10)).toBe(date(now));
        expect(date(now + dayEnds - 1)).toBe(date(now));
        expect(date(now + dayEnds)).not.toBe(date(now));
        expect(date(now + monthEnds).slice(8)).toBe('01');
        expect(date(now + monthEnds - 1).slice(0, 7)).toBe(date(now).slice(0, 7));
        const [year = 0, month = 0] = date(now).split('-').map(Number);
        expect(monthOf(day)).toBe(year * 12 + month - 1);
      }),
      { numRuns: 3_000 },
    );
  });

  it('is that of UTC by name', () => {
    const now = Date.parse('2027-12-31T23:59:59.500Z');
    expect(zoneCalendar('UTC')(now)).toEqual({ offset: 0, dayEnds: 500, monthEnds: 500 });
    expect(utcCalendar(now)).toEqual(zoneCalendar('Etc/UTC')(now));
  });

  it('knows the names of time zones', () => {
    expect(['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires'].every(isTimeZone)).toBe(true);
    expect(['Berlin', 'Europe/Atlantis', '', '../etc'].some(isTimeZone)).toBe(false);
  });
});

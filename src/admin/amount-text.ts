/** Numbers and times as text, in the browser's language. */

const whole = new Intl.NumberFormat();
const decimal = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 4 });
const oneDigit = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** An amount of one kind. Seconds are shown as minutes. */
export function amountText(kind: 'calls' | 'seconds' | 'tokens' | 'money' | 'concurrent', value: number): string {
  if (kind === 'money') return decimal.format(value);
  return kind === 'seconds' ? oneDigit.format(value / 60) : whole.format(value);
}

/** A duration in seconds as `1:02:03` or `2:03`. */
export function durationText(seconds: number): string {
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${pad(seconds % 60)}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`;
}

/** The time of day of a point in time, in milliseconds since the epoch. */
export const hourText = (at: number): string => hour.format(at);

/** Date and time of a point in time, in milliseconds since the epoch. */
export const momentText = (at: number): string => dateAndTime.format(at);

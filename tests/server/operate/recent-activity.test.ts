/** What the operator's page counts in the last 24 hours. */
import { expect, it } from 'vitest';
import type { ServerEvent } from '../../../src/server/contract/server-events.js';
import { RecentActivity } from '../../../src/server/observe/recent-activity.js';
import { HandClock } from '../token-route-support.js';

const HOUR = 3_600_000;
const refused = { type: 'refused', requestId: 'q', route: '/voice/token', profile: undefined, reason: undefined } as const;
const call = { ref: 'r', kind: 'browser', profile: 'shop' } as const;
const spent = { calls: 0, seconds: 0, tokens: 10, micros: 250_000 };

function counted(...events: ServerEvent[]) {
  const clock = new HandClock();
  clock.time = Math.floor(clock.time / HOUR) * HOUR;
  const activity = new RecentActivity(clock);
  events.forEach(activity.observe);
  return { clock, activity };
}

it('counts calls, keys and money by hour, for 24 hours', () => {
  const { clock, activity } = counted(
    { type: 'call-started', requestId: 'q', visitor: undefined, ...call },
    { type: 'call-usage', ref: 'r', profile: 'shop', spent },
    { type: 'call-usage', ref: 'r', profile: 'shop', spent },
  );
  const start = clock.now();
  clock.advance(HOUR);
  activity.observe({ type: 'minted', requestId: 'q', profile: 'shop', visitor: undefined });
  const { since, hours } = activity.report();
  expect([since, hours.length]).toEqual([start, 24]);
  const none = { calls: 0, keys: 0, money: 0, refusals: 0, errors: 0 };
  expect(hours.slice(-3)).toEqual([
    { ...none, start: start - HOUR },
    { ...none, start, calls: 1, money: 0.5 },
    { ...none, start: start + HOUR, keys: 1 },
  ]);
  clock.advance(22 * HOUR);
  expect(activity.report().hours[0]).toMatchObject({ start, calls: 1 });
  clock.advance(HOUR);
  expect(activity.report().hours.reduce((sum, { calls }) => sum + calls, 0)).toBe(0);
});

it('separates refusals from errors, most frequent first', () => {
  const { clock, activity } = counted(
    { ...refused, code: 'origin_denied', status: 403 },
    { ...refused, code: 'rate_limited', status: 429 },
    { ...refused, code: 'rate_limited', status: 429 },
    { ...refused, code: 'paused', status: 503 },
    { type: 'phone', ref: 'p', step: 'rejected', profile: undefined, caller: 'h', reason: 'busy' },
    { type: 'tampered', ref: 'r', profile: 'shop', field: 'instructions' },
    { ...refused, code: 'upstream_failed', status: 502 },
    { type: 'tool', ref: 'r', profile: 'shop', name: 'find', ms: 1, failed: true },
    { type: 'sideband', ref: 'r', state: 'given-up' },
    { type: 'state', available: false },
    { type: 'api-key-rejected', position: 1, profile: undefined },
    { type: 'journal', state: 'taken-over' },
    { type: 'webhook', delivered: false },
    { type: 'connection-limit', limit: 'address', count: 40 },
    { type: 'upstream', operation: 'hangup', ms: 1, status: undefined },
    { type: 'upstream', operation: 'hangup', ms: 1, status: 500 },
    // No errors.
    { type: 'upstream', operation: 'hangup', ms: 1, status: 404 },
    { type: 'upstream', operation: 'hangup', ms: 1, status: 200 },
    { type: 'tool', ref: 'r', profile: 'shop', name: 'find', ms: 1, failed: false },
    { type: 'sideband', ref: 'r', state: 'lost' },
    { type: 'state', available: true },
    { type: 'journal', state: 'writable' },
    { type: 'budget', profile: undefined, limit: 'moneyPerMonth', percent: 100 },
    { type: 'phone', ref: 'p', step: 'accepted', profile: 'shop', caller: 'h' },
  );
  const { refusals, errors, hours } = activity.report();
  expect(Object.entries(refusals)[0]).toEqual(['rate_limited', 2]);
  expect(refusals).toEqual({ rate_limited: 2, origin_denied: 1, paused: 1, phone_busy: 1, tampered: 1, connection_limit: 1 });
  expect(errors).toEqual({
    hang_up_failed: 2,
    upstream_failed: 1,
    tool_failed: 1,
    call_unwatched: 1,
    state_lost: 1,
    api_key_rejected: 1,
    journal_taken_over: 1,
    webhook_lost: 1,
  });
  expect(hours.at(-1)).toMatchObject({ refusals: 7, errors: 9 });
  clock.advance(24 * HOUR);
  expect(activity.report()).toMatchObject({ refusals: {}, errors: {} });
});

it('continues if the clock is set back', () => {
  const { clock, activity } = counted();
  activity.observe({ ...refused, code: 'rate_limited', status: 429 });
  clock.time -= 2 * HOUR;
  activity.observe({ ...refused, code: 'rate_limited', status: 429 });
  expect(activity.report().refusals).toEqual({ rate_limited: 2 });
});

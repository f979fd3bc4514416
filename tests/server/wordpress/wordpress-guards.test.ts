/** The guards of the WordPress plug-in, in a real WordPress with MariaDB. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import type { Visitor } from '../../unit/sandbox-media/visitor.js';
import { CALL, refusal, wordPressCalls } from './wordpress-calls.js';
import type { WordPressCalls } from './wordpress-calls.js';

let site: WordPressCalls;
let peer: Visitor;
beforeAll(async () => {
  [site, peer] = await Promise.all([wordPressCalls(), createVisitor()]);
}, 120_000);
afterEach(async () => expect(await site.wordpress.pluginErrors()).toEqual([]));
afterAll(async () => {
  await peer.close();
  await site.close();
});

/** Requests that reached the voice service. */
const upstream = (): number => site.sandbox.requests.length;

describe('refuses before anything is sent to the voice service', () => {
  it('pages of other sites, programs without an origin, requests without a valid nonce', async () => {
    await site.configure();
    const visitor = await site.visitor();
    expect(await refusal(await visitor.offer(peer.offer, '', { Origin: null }))).toEqual([403, 'origin_missing']);
    expect(await refusal(await visitor.offer(peer.offer, '', { Origin: 'https://other.example' }))).toEqual([403, 'origin_denied']);
    const sdp = { method: 'POST', body: peer.offer };
    expect(await refusal(await visitor.send(CALL, sdp, { 'Content-Type': 'application/sdp' }))).toEqual([403, 'visitor_denied']);
    expect(await refusal(await visitor.send(`${CALL}?_wpnonce=0123456789`, sdp))).toEqual([403, 'visitor_denied']);
    const foreign = await visitor.send(
      '/wp-admin/admin-ajax.php?action=voice_agent_nonce',
      { method: 'POST' },
      { Origin: 'https://x.example' },
    );
    expect(await refusal(foreign)).toEqual([403, 'origin_denied']);
    expect(upstream()).toBe(0);
  });

  it('bodies that are not offers, unknown agents, keys while they are off', async () => {
    await site.configure();
    const visitor = await site.visitor();
    expect(await refusal(await visitor.offer('hello'))).toEqual([400, 'body_invalid']);
    expect(await refusal(await visitor.offer(`${peer.offer}a=${'x'.repeat(70_000)}`))).toEqual([413, 'body_too_large']);
    expect(await refusal(await visitor.offer(peer.offer, '', { 'Content-Type': 'text/plain' }))).toEqual([415, 'media_type_unsupported']);
    expect(await refusal(await visitor.offer(peer.offer, '&profile=nobody'))).toEqual([404, 'profile_unknown']);
    const key = await visitor.send(`/wp-json/voice-agent/v1/token?_wpnonce=${visitor.nonce}`, { method: 'POST' });
    expect(await refusal(key)).toEqual([404, 'not_found']);
    expect(upstream()).toBe(0);
  });

  it('requests above the rate of an address, with the time to wait', async () => {
    await site.configure({ rate_address: 3 });
    const visitor = await site.visitor();
    const answers = await Promise.all(Array.from({ length: 12 }, () => visitor.offer('hello', '&profile=default')));
    // A minute may begin between two requests.
    const accepted = answers.filter(({ status }) => status === 400).length;
    expect(accepted).toBeGreaterThanOrEqual(3);
    expect(accepted).toBeLessThanOrEqual(6);
    const limited = answers.find(({ status }) => status === 429);
    expect(Number(limited?.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(upstream()).toBe(0);
  });

  it('visitors who may not call the agent: 401 if logging in may help, otherwise 403', async () => {
    const agents = [{ name: 'default' }, { name: 'members', who: 'users' }, { name: 'staff', who: 'roles', roles: ['editor'] }];
    await site.configure({ agents, places: 20 });
    const [nobody, subscriber, editor] = await Promise.all([site.visitor(), site.visitor('subscriber'), site.visitor('editor')]);
    expect(await refusal(await nobody.offer(peer.offer, '&profile=members'))).toEqual([401, 'visitor_missing']);
    expect(await refusal(await nobody.offer(peer.offer, '&profile=staff'))).toEqual([401, 'visitor_missing']);
    expect(await refusal(await subscriber.offer(peer.offer, '&profile=staff'))).toEqual([403, 'visitor_denied']);
    expect(upstream()).toBe(0);
    expect((await subscriber.offer(peer.offer, '&profile=members')).status).toBe(201);
    expect((await editor.offer(peer.offer, '&profile=staff')).status).toBe(201);
  });
});

describe('50 parallel requests', () => {
  const parallel = async (): Promise<{ placed: number; codes: string[] }> => {
    const visitor = await site.visitor();
    const answers = await Promise.all(Array.from({ length: 50 }, () => visitor.offer(peer.offer)));
    const refused = await Promise.all(answers.filter(({ status }) => status !== 201).map(refusal));
    return { placed: answers.filter(({ status }) => status === 201).length, codes: [...new Set(refused.map(([, code]) => code))] };
  };

  it('at the last free place: exactly one call', async () => {
    await site.configure({ places: 1, calls_per_day: 1000, minutes_per_day: 10_000, minutes_per_visitor: 10_000, money_per_day: '' });
    expect(await parallel()).toEqual({ placed: 1, codes: ['all_busy'] });
    expect(site.sandbox.calls.length).toBe(1);
  });

  it('for the last call of the day: exactly one call', async () => {
    await site.configure({ places: 50, calls_per_day: 1, minutes_per_day: 10_000, minutes_per_visitor: 10_000, money_per_day: '' });
    expect(await parallel()).toEqual({ placed: 1, codes: ['budget_spent'] });
    expect(site.sandbox.calls.length).toBe(1);
  });

  it('for the last money of the day: exactly one call', async () => {
    // A call of 300 seconds reserves 1.024 dollars.
    await site.configure({ places: 50, calls_per_day: 1000, minutes_per_day: 10_000, minutes_per_visitor: 10_000, money_per_day: '2' });
    expect(await parallel()).toEqual({ placed: 1, codes: ['budget_spent'] });
    expect(await site.wordpress.php('return VoiceAgent\\Guards::today();')).toEqual({ calls: 1, seconds: 300, micros: 1_024_000 });
  });
});

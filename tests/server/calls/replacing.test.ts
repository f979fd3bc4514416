/** A visitor's newer call takes the place of the older one: with real WebRTC, with requests at once, and across processes. */
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { visitorToken } from '../../../src/server/index.js';
import { RedisState } from '../../../src/server/state/redis/redis-state.js';
import { redisServer } from '../../support/redis-server.js';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import { HandClock } from '../token-route-support.js';
import { Notices, broker, closing, connected, offered, sandboxed } from './support.js';
import type { Broker } from './support.js';

const SECRET = 'a secret of at least thirty-two bytes';
const proofOf = async (sub: string): Promise<{ Authorization: string }> => {
  const token = new SignJWT({ sub }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h');
  return { Authorization: `Bearer ${await token.sign(new TextEncoder().encode(SECRET))}` };
};

const identified = (options: Parameters<typeof broker>[1] = {}): Parameters<typeof broker>[1] => ({
  visitor: visitorToken({ secret: SECRET }),
  rates: { perAddress: false, perVisitor: false, perProfile: false, global: false },
  ...options,
});

/** Calls of the sandbox that have not ended. */
const open = (sandbox: Awaited<ReturnType<typeof sandboxed>>): number => sandbox.calls.filter(({ state }) => state !== 'ended').length;

/** Sends offers of one visitor at once, alternately to the given servers; nothing connects. */
async function offers(servers: readonly Broker[], count: number, headers: Record<string, string>): Promise<Response[]> {
  const { offer } = closing(await createVisitor());
  return Promise.all(
    Array.from({ length: count }, async (_, nth) => (servers[nth % servers.length] as Broker).app.request(...offered(offer, headers))),
  );
}

describe('a newer call of a visitor', () => {
  it('ends the older one and takes its place', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, identified({ budget: { maxConcurrent: 1 } }));
    const anna = await proofOf('anna');
    const first = await connected(server, sandbox, '', anna);
    const notices = await Notices.of(server, first.location, anna);
    const second = await connected(server, sandbox, '', anna);
    expect(await first.call.ended).toBe('hangup');
    expect(await notices.at(0)).toEqual({ type: 'ended', reason: 'replaced' });
    expect(await server.heard('call-ended')).toMatchObject({ reason: 'replaced' });
    expect(second.call.state).toBe('open');
    // The only place is taken, for others too.
    const refused = await server.app.request(...offered(second.visitor.offer, await proofOf('bert')));
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([429, 'all_busy']);
    expect((await second.end(anna)).status).toBe(204);
    await connected(server, sandbox, '', await proofOf('bert'));
  });

  it('is accepted right after the connection of the older one broke, before the server has noticed', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, identified({ budget: { maxConcurrent: 1 } }));
    const anna = await proofOf('anna');
    const first = await connected(server, sandbox, '', anna);
    // The visitor's network is gone: neither a hang-up nor a closed connection reaches anyone.
    first.call.setLoss(1);
    const second = await connected(server, sandbox, '', anna);
    expect(await first.call.ended).toBe('hangup');
    expect(second.call.state).toBe('open');
  });

  it('leaves one call and one place after 50 offers at once with one proof', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, identified({ budget: { maxConcurrent: 2, perVisitor: { moneyPerDay: false } } }));
    const answers = await offers([server], 50, await proofOf('anna'));
    const accepted = answers.filter(({ status }) => status === 201).length;
    expect(accepted).toBeGreaterThanOrEqual(1);
    await server.heard('call-ended', () => server.events.filter(({ type }) => type === 'call-ended').length === 49);
    expect(open(sandbox)).toBe(1);
    await connected(server, sandbox, '', await proofOf('bert'));
    const carl = await server.app.request(...offered(closing(await createVisitor()).offer, await proofOf('carl')));
    expect(carl.status).toBe(429);
  });

  it('leaves one call after 20 offers at once to two processes on one Redis', async () => {
    const sandbox = await sandboxed();
    const redis = closing(await redisServer());
    const clock = new HandClock();
    const servers = [1, 2].map(() => {
      const state = closing(new RedisState({ redis: redis.url, clock, timeout: 5_000 }));
      return broker(sandbox.url, identified({ state }), { clock });
    });
    await offers(servers, 20, await proofOf('anna'));
    const ended = (): number => servers.flatMap(({ events }) => events).filter(({ type }) => type === 'call-ended').length;
    await Promise.race(servers.map((server) => server.heard('call-ended', () => ended() === 19)));
    expect(open(sandbox)).toBe(1);
  });

  it('does not end calls of other visitors, or of visitors who are not identified', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, identified());
    const anna = await connected(server, sandbox, '', await proofOf('anna'));
    await connected(server, sandbox, '', await proofOf('bert'));
    expect(anna.call.state).toBe('open');
    const anyone = broker(sandbox.url, { remoteAddress: () => '192.0.2.1', budget: { maxConcurrentPerAddress: 2 } });
    const first = await connected(anyone, sandbox);
    const second = await connected(anyone, sandbox);
    const third = await anyone.app.request(...offered(second.visitor.offer));
    expect([third.status, ((await third.json()) as { code: string }).code]).toEqual([429, 'all_busy']);
    expect([first.call.state, second.call.state]).toEqual(['open', 'open']);
  });

  it('is refused if the owner chose so', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, identified({ budget: { onVisitorBusy: 'refuse' } }));
    const anna = await proofOf('anna');
    const first = await connected(server, sandbox, '', anna);
    const refused = await server.app.request(...offered(first.visitor.offer, anna));
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([429, 'all_busy']);
    expect(first.call.state).toBe('open');
    await first.end(anna);
    await connected(server, sandbox, '', anna);
  });

  it('ends a brokered call also if the visitor requests a key', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, identified());
    const anna = await proofOf('anna');
    const call = await connected(server, sandbox, '', anna);
    const headers = { Origin: 'https://www.example.com', ...anna };
    expect((await server.app.request('/voice/token', { method: 'POST', headers })).status).toBe(200);
    expect(await call.call.ended).toBe('hangup');
  });
});

import { describe, expect, it } from 'vitest';
import { SocketRefused } from '../../../src/server/contract/call-host.js';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { StateUnavailable } from '../../../src/server/contract/shared-state.js';
import { signalled } from '../token-route-support.js';
import { createVisitor } from '../../unit/sandbox-media/visitor.js';
import { Notices, broker, closing, connected, offered, pass, placed, sandboxed } from './support.js';

describe('a sideband that is lost', () => {
  it('is reattached, and the limits still apply', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, { limits: { maxSeconds: 100, maxIdleSeconds: 100, warningSeconds: 0 } });
    const call = await connected(server, sandbox);
    await pass(server.clock, 50_000);
    call.call.closeSidebands();
    await server.heard('sideband', ({ state }) => state === 'attached-again');
    await server.hears('session.created', 2);
    expect(call.call.sidebands).toBe(1);
    // Later events are received.
    call.say({ type: 'response.create' });
    await server.hears('response.done');
    await pass(server.clock, 49_000);
    expect(call.call.state).toBe('open');
    await pass(server.clock, 1_000);
    expect(await call.call.ended).toBe('hangup');
    const { reason, spent } = await server.heard('call-ended');
    expect([reason, spent.seconds]).toEqual(['duration', 100]);
    expect(spent.tokens).toBeGreaterThan(0);
  });

  it('in the middle of a response still counts the response', async () => {
    const sandbox = await sandboxed({ speed: 0.001 });
    const server = broker(sandbox.url, { limits: { maxSeconds: 600 } });
    const call = await connected(server, sandbox);
    call.say({ type: 'response.create' });
    await server.hears('response.created');
    call.call.closeSidebands();
    await server.heard('sideband', ({ state }) => state === 'lost');
    expect((await server.heard('call-usage')).spent.tokens).toBeGreaterThan(0);
    await call.end();
  });

  it('and cannot be reattached for ten seconds ends the call', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url);
    const call = await connected(server, sandbox);
    const notices = await Notices.of(server, call.location);
    sandbox.fault({ at: 'websocket', fault: 'status', status: 500 });
    call.call.closeSidebands();
    await server.heard('sideband', ({ state }) => state === 'lost');
    for (let passed = 0; passed < 9_500; passed += 500) await pass(server.clock, 500);
    expect(call.call.state).toBe('open');
    await pass(server.clock, 500);
    expect(await call.call.ended).toBe('hangup');
    expect((await server.heard('call-ended')).reason).toBe('unwatched');
    expect(await notices.at(0)).toEqual({ type: 'ended', reason: 'unwatched' });
    expect(server.events.filter((event) => event.type === 'sideband').map(({ state }) => state)).toEqual(['attached', 'lost', 'given-up']);
  });
});

describe('a call whose page is answered before the sideband is attached', () => {
  const early = { profiles: { default: { answerBeforeSideband: true } } };

  it('is hung up after ten seconds if the sideband is never attached', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, { ...early, openSocket: () => Promise.reject(new SocketRefused(404)) });
    const call = await placed(server, sandbox);
    for (let passed = 0; passed < 9_750; passed += 250) await pass(server.clock, 250);
    expect(call.call.state).toBe('open');
    await pass(server.clock, 250);
    expect(await call.call.ended).toBe('hangup');
    expect((await server.heard('call-ended')).reason).toBe('unwatched');
    expect((await call.end()).status).toBe(204);
  });

  it('can be ended by its page before the sideband is attached', async () => {
    const sandbox = await sandboxed();
    const attaching = signalled();
    const server = broker(sandbox.url, early, { attach: () => attaching.promise });
    const call = await placed(server, sandbox);
    expect((await call.end()).status).toBe(204);
    expect(await call.call.ended).toBe('hangup');
    attaching.resolve();
    await server.heard('call-ended');
    expect(server.events.filter(({ type }) => type === 'sideband')).toEqual([]);
  });
});

describe('a call that ends elsewhere', () => {
  it('at the API is not hung up, its page is notified and its unused budget is refunded', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, { budget: { minutesPerDay: 11 } });
    const call = await connected(server, sandbox);
    const notices = await Notices.of(server, call.location);
    await pass(server.clock, 5_000);
    call.call.hangUp();
    expect(await notices.at(0)).toEqual({ type: 'ended', reason: 'upstream' });
    expect((await server.heard('call-ended')).spent).toMatchObject({ calls: 1, seconds: 5 });
    expect(sandbox.requests.filter(({ path }) => path.endsWith('/hangup'))).toEqual([]);
    await connected(server, sandbox);
  });

  it('because the visitor disconnected is reported as upstream', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url);
    const call = await connected(server, sandbox);
    await call.visitor.close();
    await server.heard('sideband', ({ state }) => state === 'lost');
    await pass(server.clock, 500);
    expect((await server.heard('call-ended')).reason).toBe('upstream');
  });
});

describe('hanging up', () => {
  it('is retried until the API accepts it', async () => {
    const sandbox = await sandboxed();
    sandbox.fault({ at: 'hangup', fault: 'status', status: 500, times: 2 });
    const server = broker(sandbox.url);
    const call = await connected(server, sandbox);
    expect((await call.end()).status).toBe(204);
    expect(call.call.state).toBe('open');
    await pass(server.clock, 250);
    await server.heard('upstream', ({ operation, status }) => operation === 'hangup' && status === 500);
    while (call.call.state !== 'ended') await pass(server.clock, 250);
    await server.heard('upstream', ({ operation, status }) => operation === 'hangup' && status === 200);
    const attempts = server.events.filter((event) => event.type === 'upstream' && event.operation === 'hangup');
    expect(attempts.map((event) => event.type === 'upstream' && event.status)).toEqual([500, 500, 200]);
  });
});

it('a temporarily unavailable state ends no call, and every limit still applies', async () => {
  const sandbox = await sandboxed();
  const state = new MemoryState();
  const { calls } = state;
  const { tell, renew } = calls;
  const gone = (): Promise<never> => Promise.reject(new StateUnavailable('gone'));
  const server = broker(sandbox.url, { state, limits: { maxIdleSeconds: 120, warningSeconds: 0 } });
  const call = await connected(server, sandbox);
  const notices = await Notices.of(server, call.location);
  await pass(server.clock, 10_000);
  Object.assign(calls, { tell: gone, renew: gone });
  await pass(server.clock, 60_000);
  expect(call.call.state).toBe('open');
  Object.assign(calls, { tell, renew });
  await pass(server.clock, 30_000);
  expect(call.call.state).toBe('open');
  notices.leave();
  Object.assign(calls, { tell: gone, renew: gone });
  await pass(server.clock, 20_000);
  expect(await call.call.ended).toBe('hangup');
  expect((await server.heard('call-ended')).reason).toBe('idle');
});

describe('a server that shuts down', () => {
  it('hangs up calls that no other process could watch', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url);
    const first = await connected(server, sandbox);
    const second = await connected(server, sandbox);
    const notices = await Notices.of(server, first.location);
    await server.app.close();
    expect([await first.call.ended, await second.call.ended]).toEqual(['hangup', 'hangup']);
    expect(await notices.at(0)).toEqual({ type: 'ended', reason: 'shutdown' });
    await server.app.close();
    expect(server.events.filter(({ type }) => type === 'call-ended')).toHaveLength(2);
    // A later call is refused and leaves nothing behind at the API.
    const late = await server.app.request(...offered(closing(await createVisitor()).offer));
    expect([late.status, ((await late.json()) as { code: string }).code]).toEqual([503, 'state_unavailable']);
    expect(await sandbox.calls[2]?.ended).toBe('hangup');
  });
});

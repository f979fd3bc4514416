/** Brokered calls: the effect of the server's notices, and their stream. */
import { describe, expect, test } from 'vitest';
import { seconds } from './breakable-call.js';
import { NOTHING, settle } from './fake-environment.js';
import { CALL, HANG_UP, live, NOTICES, placed, problem } from './fake-broker.js';

describe('notices', () => {
  test('announce the end, retract it, announce it again, and end the call', async () => {
    const { session, sendNotices, endings, states, errors, time, methods, left } = await live();
    await sendNotices({ type: 'ending', reason: 'idle', seconds: 15 });
    expect(session.status).toMatchObject({ ending: { reason: 'idle', seconds: 15, at: time.now() + 15_000 } });
    await sendNotices({ type: 'continues' });
    expect(session.status).toMatchObject({ ending: null });
    await sendNotices({ type: 'ending', reason: 'duration', seconds: 10 }, { type: 'ended', reason: 'duration' });
    expect(endings.map((ending) => (ending as { reason: string } | null)?.reason)).toEqual(['idle', undefined, 'duration']);
    expect(session.status).toMatchObject({ state: 'disconnected', reason: 'duration' });
    expect(states).toEqual(['connecting', 'connected', 'disconnected']);
    expect(errors).toEqual([]);
    expect(methods(), 'no hang-up is needed').not.toContain(HANG_UP);
    expect(left()).toEqual(NOTHING);
  });

  test('rate-limit activity reports, except after an announced end or on request', async () => {
    const activity = `POST ${CALL}/call_1/activity`;
    const { session, sendNotices, methods, time, left } = await live();
    const reports = (): number => methods().filter((method) => method === activity).length;
    for (let key = 0; key < 20; key++) session.reportActivity();
    expect(reports()).toBe(1);
    await time.advance(4_999);
    session.reportActivity();
    expect(reports()).toBe(1);
    await time.advance(1);
    session.reportActivity();
    expect(reports()).toBe(2);
    session.reportActivity(true);
    expect(reports()).toBe(3);
    await sendNotices({ type: 'ending', reason: 'idle', seconds: 15 });
    session.reportActivity();
    expect(reports()).toBe(4);
    await session.close();
    session.reportActivity(true);
    expect(reports()).toBe(4);
    expect(left()).toEqual(NOTHING);
  });

  test.each<[string, object]>([
    ['duration', { state: 'disconnected', reason: 'duration' }],
    ['budget', { state: 'disconnected', reason: 'budget' }],
    ['flooded', { state: 'disconnected', reason: 'budget' }],
    ['idle', { state: 'disconnected', reason: 'idle' }],
    ['tampered', { state: 'failed', error: { code: 'session_rejected', recoverable: false } }],
    ['vanished', { state: 'failed', error: { code: 'connection_lost' } }],
    ['unwatched', { state: 'failed', error: { code: 'connection_lost' } }],
    ['shutdown', { state: 'failed', error: { code: 'connection_lost' } }],
    ['upstream', { state: 'disconnected', reason: 'server' }],
    ['agent', { state: 'disconnected', reason: 'server' }],
    ['an unknown reason', { state: 'disconnected', reason: 'server' }],
  ])('end the call by %s, whether the channel closes before, after, or not at all', async (reason, expected) => {
    const ends = [[], ['channel', 'word'], ['word', 'channel'], ['loss', 'word'], ['word', 'loss']];
    for (const order of ends) {
      const { session, last, lose, sendNotices, states, errors, left } = await live();
      for (const what of order.length ? order : ['word']) {
        if (what === 'channel') last().options.bus.emit('disconnected', 'server');
        else if (what === 'loss') lose();
        else await sendNotices({ type: 'ended', reason });
      }
      expect(session.status, order.join()).toMatchObject(expected);
      expect(states, 'no other state in between').toHaveLength(3);
      expect(errors).toHaveLength('error' in expected ? 1 : 0);
      await settle();
      expect(left()).toEqual(NOTHING);
    }
  });

  test('use the end of the connection after a short wait if the server sends none', async () => {
    for (const [how, expected] of [
      ['lose', { state: 'failed', error: { code: 'connection_lost' } }],
      ['server', { state: 'disconnected', reason: 'server' }],
    ] as const) {
      const { session, last, lose, time, methods, left } = await live();
      if (how === 'lose') lose();
      else last().options.bus.emit('disconnected', 'server');
      await time.advance(seconds(1.9));
      expect(session.status.state).toBe('connected');
      await time.advance(seconds(0.2));
      expect(session.status).toMatchObject(expected);
      expect(methods()).toContain(HANG_UP);
      await settle();
      expect(left()).toEqual(NOTHING);
    }
  });

  test('are no longer awaited when the visitor hangs up', async () => {
    const { session, lose, time, left, states, errors } = await live();
    lose();
    await session.close('user');
    await time.advance(seconds(5));
    expect(states.at(-1)).toBe('disconnected');
    expect(errors).toEqual([]);
    expect(left()).toEqual(NOTHING);
  });

  test('end an unknown call, and a call that exceeds its maximum duration ends locally', async () => {
    const forgotten = await live();
    forgotten.script.notices = () => Promise.resolve(problem(404, 'call_unknown'));
    await forgotten.breakStream();
    await forgotten.time.advance(seconds(1));
    expect(forgotten.session.status).toMatchObject({ state: 'failed', error: { code: 'connection_lost' } });
    expect(forgotten.left()).toEqual(NOTHING);

    const { session, time, methods, left } = await live({
      place: () => Promise.resolve(placed('call_1', { 'Voice-Call-Limits': 'seconds=30, idle=10' })),
    });
    await time.advance(seconds(34));
    expect(session.status.state).toBe('connected');
    await time.advance(seconds(2));
    expect(session.status).toMatchObject({ state: 'disconnected', reason: 'duration' });
    expect(methods().at(-1)).toBe(HANG_UP);
    await settle();
    expect(left()).toEqual(NOTHING);
  });

  test('are parsed from split chunks, and comments, other fields and invalid data are ignored', async () => {
    const { session, sendNotices } = await live();
    await sendNotices(': hello\r\n\r', '\nid: 7\r\nevent: x\r\ndata: {"type":"ending",\r', '\ndata: "reason":"idle","seconds":15}\r\n\r\n');
    expect(session.status).toMatchObject({ ending: { reason: 'idle', seconds: 15 } });
    await sendNotices(
      'data: {nonsense\n\n',
      'data: null\n\n',
      'data: 7\n\n',
      { type: 'ending', reason: 'mood', seconds: 3 },
      { type: 'ending', reason: 'idle', seconds: '3' },
      { type: 'ending', reason: 'idle', seconds: 1e9 },
      { type: 'other' },
    );
    expect(session.status).toMatchObject({ state: 'connected', ending: { reason: 'idle', seconds: 15 } });
    await sendNotices({ type: 'continues' });
    expect(session.status).toMatchObject({ ending: null });
    await session.close();
  });

  test('repeat an announced end on a new stream without a second report', async () => {
    const { session, sendNotices, breakStream, time, endings, methods } = await live();
    await sendNotices({ type: 'ending', reason: 'duration', seconds: 15 });
    await time.advance(seconds(3));
    await breakStream();
    await time.advance(seconds(1));
    expect(methods().filter((one) => one === NOTICES)).toHaveLength(2);
    await sendNotices({ type: 'ending', reason: 'duration', seconds: 11 });
    expect(endings).toHaveLength(1);
    await session.close();
  });
});

describe('the stream of notices', () => {
  test('is reopened with a growing pause when it breaks, as long as the call lives', async () => {
    const { session, script, breakStream, time, methods, left } = await live();
    const opened = (): number => methods().filter((one) => one === NOTICES).length;
    await breakStream();
    await time.advance(seconds(1));
    expect(opened()).toBe(2);
    script.notices = () => Promise.resolve(new Response('bad gateway', { status: 502 }));
    await breakStream();
    await time.advance(seconds(30));
    expect(opened()).toBeGreaterThan(7);
    expect(opened()).toBeLessThan(15);
    expect(session.status.state).toBe('connected');
    await session.close();
    const then = opened();
    await time.advance(seconds(30));
    expect(opened()).toBe(then);
    expect(left()).toEqual(NOTHING);
  });

  test('is reopened after 30 s without data, and comments count as data', async () => {
    const { session, sendNotices, time, methods, listening } = await live();
    for (let round = 0; round < 5; round++) {
      await time.advance(seconds(20));
      await sendNotices(': ping\n\n');
    }
    expect(methods().filter((one) => one === NOTICES)).toHaveLength(1);
    await time.advance(seconds(31));
    expect(methods().filter((one) => one === NOTICES)).toHaveLength(2);
    expect(listening()).toBe(1);
    await session.close();
  });

  test('that ends at once is reopened when its `retry` says, after a minute at most', async () => {
    const { session, script, breakStream, time, methods, left } = await live();
    const opened = (): number => methods().filter((one) => one === NOTICES).length;
    let retry = 'retry: 20000\n\n';
    script.notices = () => Promise.resolve(new Response(retry, { headers: { 'Content-Type': 'text/event-stream' } }));
    await breakStream();
    await time.advance(seconds(1));
    expect(opened()).toBe(2);
    await time.advance(seconds(18.9));
    expect(opened()).toBe(2);
    retry = 'retry: 3600000\n\n';
    await time.advance(seconds(1.2));
    expect(opened()).toBe(3);
    retry = 'retry: soon\n\n';
    await time.advance(seconds(58.5));
    expect(opened()).toBe(3);
    await time.advance(seconds(4));
    expect(opened(), 'an invalid time counts as none').toBeGreaterThan(4);
    await session.close();
    expect(left()).toEqual(NOTHING);
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AgentSession } from '../../../src/contract/call.js';
import { CallBus } from '../../../src/contract/call-bus.js';
import type { Approval, ApprovalQuestion } from '../../../src/contract/messages.js';
import type { CallOptions } from '../../../src/contract/options.js';
import { Approvals } from '../../../src/session/approvals.js';
import { VoiceSession } from '../../../src/session/voice-session.js';
import type { AgentSetup } from '../../../src/transport/transport.js';
import { fakeEnvironment, FakeTime, NOTHING, settle } from './fake-environment.js';

const question = (id: string): ApprovalQuestion => ({ id, kind: 'function', name: 'pay', arguments: '{"sum":5}' });

function open(timeout?: number, decideAtOnce?: (request: { approve(): void; reject(): void }) => void) {
  const time = new FakeTime();
  const asked: Approval[] = [];
  const changes: string[][] = [];
  const bus = new CallBus();
  bus.on('approval-request', (request) => {
    asked.push(request.approval);
    decideAtOnce?.(request);
  });
  bus.on('approvals', (list) => changes.push(list.map(({ id }) => id)));
  const approvals = new Approvals({ timers: time, timeout, bus });
  /** The decision; `undefined` while the question is open. */
  const follow = (id: string, onLapse?: () => void): { answer?: boolean } => {
    const result: { answer?: boolean } = {};
    void approvals.ask(question(id), onLapse).then((answer) => (result.answer = answer));
    return result;
  };
  return { time, approvals, asked, changes, follow };
}

describe('open questions', () => {
  test('several questions wait together, oldest first, and are decided separately', async () => {
    const { approvals, changes, follow, time } = open();
    const answers = [follow('a'), follow('b'), follow('c')];
    expect(approvals.open.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    approvals.decide('b', true);
    approvals.decide('a', false);
    await settle();
    expect(answers).toEqual([{ answer: false }, { answer: true }, {}]);
    approvals.decide('c', true);
    await settle();
    expect(answers[2]).toEqual({ answer: true });
    expect(changes).toEqual([['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'c'], ['c'], []]);
    expect(time.pending).toBe(0);
  });

  test('decisions about closed or unknown questions have no effect', async () => {
    const { approvals, changes, follow } = open();
    const answer = follow('a');
    approvals.decide('a', false);
    approvals.decide('a', true);
    approvals.decide('other', true);
    await settle();
    expect(answer).toEqual({ answer: false });
    expect(changes).toEqual([['a'], []]);
  });

  test('extending a question restarts its time limit, as often as requested', async () => {
    const { approvals, follow, time } = open(10_000);
    const answer = follow('a');
    const [first] = approvals.open;
    for (let extended = 0; extended < 12; extended++) {
      await time.advance(9_000);
      approvals.extend('a');
    }
    await settle();
    expect(answer).toEqual({});
    expect(approvals.open[0]?.expires).toBe((first?.expires ?? 0) + 108_000);
    approvals.extend('other');
    await time.advance(10_000);
    await settle();
    expect(answer).toEqual({ answer: false });
    approvals.extend('a');
    expect(time.pending).toBe(0);
  });

  test('a repeated id is the same question', async () => {
    const { approvals, asked, follow } = open();
    const answers = [follow('a'), follow('a')];
    approvals.decide('a', true);
    await settle();
    expect(answers).toEqual([{ answer: true }, { answer: true }]);
    expect(asked).toHaveLength(1);
  });

  test('a question that the page decides inside the event is not reported to the panel', async () => {
    const { approvals, changes, follow, time } = open(undefined, ({ approve, reject }) => {
      approve();
      reject();
    });
    const answer = follow('a');
    await settle();
    expect(answer).toEqual({ answer: true });
    expect(changes).toEqual([]);
    expect(approvals.open).toEqual([]);
    expect(time.pending).toBe(0);
  });
});

describe('time limits', () => {
  test.each([
    [undefined, 60_000],
    [2_000, 2_000],
  ])('an undecided question is denied after the limit (%s)', async (timeout, limit) => {
    const { asked, changes, follow, time } = open(timeout);
    const lapsed = vi.fn();
    const answer = follow('a', lapsed);
    expect(asked[0]?.expires).toBe(time.at + limit);
    await time.advance(limit - 1);
    expect(answer).toEqual({});
    await time.advance(1);
    expect(answer).toEqual({ answer: false });
    expect(lapsed).toHaveBeenCalledTimes(1);
    expect(changes).toEqual([['a'], []]);
  });

  test('a limit above the maximum timer delay does not fire at once', async () => {
    const { follow, time } = open(Infinity);
    const answer = follow('a');
    await time.advance(1e9);
    expect(answer).toEqual({});
  });

  test('each question has its own time limit', async () => {
    const { follow, time } = open(1_000);
    const first = follow('a');
    await time.advance(600);
    const second = follow('b');
    await time.advance(600);
    expect([first, second]).toEqual([{ answer: false }, {}]);
  });

  test('the end of the call drops open questions without a decision', async () => {
    const { approvals, changes, follow, time } = open();
    const lapsed = vi.fn();
    const answers = [follow('a', lapsed), follow('b')];
    approvals.release();
    approvals.decide('a', true);
    const late = follow('c');
    await time.advance(100_000);
    expect([...answers, late]).toEqual([{}, {}, {}]);
    expect(lapsed).not.toHaveBeenCalled();
    expect(changes.at(-1)).toEqual([]);
    expect(time.pending).toBe(0);
  });
});

describe('in a call', () => {
  beforeEach(() => {
    vi.stubGlobal('MediaStream', class {});
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  async function live(options: CallOptions = {}) {
    let ask: AgentSetup['approve'] = () => Promise.resolve(false);
    const fake = fakeEnvironment(
      {},
      {
        loadAgent: () =>
          Promise.resolve({
            startAgent({ approve, open, session }) {
              ask = approve;
              return { session: {} as AgentSession, connect: () => open(session), owns: () => false, release: () => undefined };
            },
          }),
      },
    );
    const agent = { getSystemPrompt: () => '' } as NonNullable<CallOptions['agent']>;
    const session = new VoiceSession({ tokenUrl: '/token', agent, ...options }, fake.environment);
    const lists: string[][] = [];
    session.on('approvals', (list) => lists.push(list.map(({ id }) => id)));
    await session.connect();
    return { ...fake, session, ask, lists };
  }

  test('a question of an agent is reported by the call and decided through it', async () => {
    const { session, ask, lists } = await live();
    const asked: string[] = [];
    session.on('approval-request', ({ approval }) => asked.push(`${approval.kind} ${approval.name}`));
    const answer = ask(question('a'));
    await vi.waitFor(() => expect(session.approvals.map(({ id }) => id)).toEqual(['a']));
    session.decide('a', true);
    expect(await answer).toBe(true);
    expect(asked).toEqual(['function pay']);
    expect(session.approvals).toEqual([]);
    expect(lists).toEqual([['a'], []]);
  });

  test('the end of the call leaves no question and no timer', async () => {
    const { session, ask, left, lists } = await live({ approvalTimeout: 5_000 });
    void ask(question('a'));
    await vi.waitFor(() => expect(session.approvals).toHaveLength(1));
    await session.close();
    expect(session.approvals).toEqual([]);
    expect(lists).toEqual([['a'], []]);
    expect(left()).toEqual(NOTHING);
    session.decide('a', true);
  });
});

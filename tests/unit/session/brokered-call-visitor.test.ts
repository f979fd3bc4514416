/** Brokered calls: the visitor token. */
import { describe, expect, test, vi } from 'vitest';
import { VoiceAgentError } from '../../../src/contract/errors.js';
import { seconds } from './breakable-call.js';
import { NOTHING, settle } from './fake-environment.js';
import { brokered, live, problem } from './fake-broker.js';

describe('the visitor token', () => {
  test('is sent with every request, and a function is called once per call', async () => {
    const provide = vi.fn(({ signal }: { signal: AbortSignal }) =>
      Promise.resolve(signal.aborted ? '' : `proof-${provide.mock.calls.length}`),
    );
    for (const [visitorToken, proofs] of [
      ['proof', ['proof', 'proof']],
      [provide, ['proof-1', 'proof-2']],
    ] as const) {
      const { session, asked } = brokered({}, { visitorToken });
      for (const proof of proofs) {
        const from = asked.length;
        await session.connect();
        await settle();
        await session.close();
        expect(asked.slice(from).map(({ method, headers }) => `${method} ${headers['Authorization'] ?? ''}`)).toEqual([
          `POST Bearer ${proof}`,
          `GET Bearer ${proof}`,
          `DELETE Bearer ${proof}`,
        ]);
      }
    }
    expect(provide).toHaveBeenCalledTimes(2);
  });

  test('is renewed if the notices stream rejects it', async () => {
    let asked = 0;
    const call = brokered({ notices: () => Promise.resolve(problem(401, 'visitor_missing')) }, { visitorToken: () => `proof-${++asked}` });
    await call.session.connect();
    await settle();
    delete call.script.notices;
    await call.time.advance(seconds(1));
    expect(call.asked.map(({ headers }) => headers['Authorization'])).toEqual(['Bearer proof-1', 'Bearer proof-1', 'Bearer proof-2']);
    await call.session.close();
  });

  test.each<[string, unknown, string]>([
    ['a line break', () => 'a\nb', 'invalid_request'],
    ['a value that is not a string', () => ({ token: 'x' }), 'invalid_request'],
    ['a failure', () => Promise.reject(new Error('secret-in-error')), 'network'],
    ['a rejection with a VoiceAgentError', () => Promise.reject(new VoiceAgentError('token_unauthorized')), 'token_unauthorized'],
  ])('fails the call before any request with %s', async (_, visitorToken, code) => {
    const { session, methods, left } = brokered({}, { visitorToken: visitorToken as () => string });
    const error = await session.connect().then(
      () => undefined,
      (reason: unknown) => reason as VoiceAgentError,
    );
    expect(error?.code).toBe(code);
    expect(error?.message).not.toContain('secret-in-error');
    expect(methods()).toEqual([]);
    expect(left()).toEqual(NOTHING);
  });

  test('is omitted if it is undefined, and a function that never resolves ends with the attempt', async () => {
    for (const nothing of ['', () => '', () => undefined]) {
      const { session, asked } = await live({}, { visitorToken: nothing });
      expect(asked.every(({ headers }) => !('Authorization' in headers))).toBe(true);
      await session.close();
    }
    let signal: AbortSignal | undefined;
    const { session, methods, left } = brokered(
      {},
      {
        visitorToken: (options) => {
          ({ signal } = options);
          return new Promise(() => undefined);
        },
      },
    );
    const connecting = session.connect();
    connecting.catch(() => undefined);
    await settle();
    await session.close();
    await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
    expect(signal?.aborted).toBe(true);
    expect(methods()).toEqual([]);
    expect(left()).toEqual(NOTHING);
  });
});

import { describe, expect, it } from 'vitest';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { Notices, broker, connected, expectAnswered, expectEnded, pass, sandboxed } from './support.js';
import { PAGE } from '../token-route-support.js';

describe('a brokered call', () => {
  it('connects without a key in the browser, is monitored, and ends when its page requests it', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, { session: { model: 'gpt-realtime-2.1', voice: 'cedar', instructions: 'Be kind.' } });
    const made = await connected(server, sandbox);
    const { answer, call } = made;
    expectAnswered(made);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('Location');
    expect(call.sessionConfig).toMatchObject({
      model: 'gpt-realtime-2.1',
      instructions: 'Be kind.',
      audio: { output: { voice: 'cedar' } },
    });
    await expectEnded(made);
    expect(await server.heard('call-ended')).toMatchObject({ reason: 'visitor', kind: 'browser', profile: 'default', spent: { calls: 1 } });
    expect(server.events.filter(({ type }) => type === 'call-ended')).toHaveLength(1);
    await server.app.close();
    // No timer is left that would keep the process alive.
    expect(server.clock.timers.size).toBe(0);
  });

  it('cannot be ended with a guessed ID or by a page of another origin', async () => {
    const sandbox = await sandboxed();
    const other = 'https://shop.example.com';
    const server = broker(sandbox.url, { allowedOrigins: [PAGE, other] });
    const { call, end, location } = await connected(server, sandbox);
    const stranger = await server.app.request(`/voice/call/${'A'.repeat(32)}`, { method: 'DELETE', headers: { Origin: PAGE } });
    expect([stranger.status, ((await stranger.json()) as { code: string }).code]).toEqual([404, 'call_unknown']);
    expect((await server.app.request(`/voice/call/${call.id}`, { method: 'DELETE', headers: { Origin: PAGE } })).status).toBe(404);
    expect((await end({ Origin: other })).status).toBe(404);
    expect((await end({ Origin: 'https://evil.example' })).status).toBe(403);
    expect((await server.app.request(`${location}/notices`, { headers: { Origin: other } })).status).toBe(404);
    expect(call.state).toBe('open');
    // Events do not contain the call's ID.
    expect(JSON.stringify(server.events)).not.toContain(location.split('/').at(-1));
  });

  it('limits requests about calls per network address', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, { rates: { perAddress: { count: 1, seconds: 60 } } });
    const answers: number[] = [];
    for (let each = 10; each < 23; each++)
      answers.push(
        (await server.app.request(`/voice/call/${'A'.repeat(30)}${String(each)}/notices`, { headers: { Origin: PAGE } })).status,
      );
    expect(answers).toEqual([...Array<number>(12).fill(404), 429]);
  });

  it('ends at its maximum duration and notifies the page before and after', async () => {
    const sandbox = await sandboxed();
    const server = broker(sandbox.url, { limits: { maxSeconds: 60, maxIdleSeconds: 60, warningSeconds: 10 } });
    const { call, location } = await connected(server, sandbox);
    const notices = await Notices.of(server, location);
    const speak = (): void => call.sendEvent({ type: 'input_audio_buffer.speech_started', item_id: 'item_1', audio_start_ms: 0 });
    await pass(server.clock, 45_000);
    speak();
    await pass(server.clock, 5_000);
    expect(await notices.at(0)).toEqual({ type: 'ending', reason: 'duration', seconds: 10 });
    await pass(server.clock, 9_999);
    expect(call.state).toBe('open');
    server.clock.advance(1);
    expect(await notices.at(1)).toEqual({ type: 'ended', reason: 'duration' });
    expect(await call.ended).toBe('hangup');
    await notices.over;
  });

  it('releases the unused part of its reservation', async () => {
    const sandbox = await sandboxed();
    const state = new MemoryState();
    const server = broker(sandbox.url, { state, budget: { minutesPerDay: 11, maxConcurrent: 1 }, limits: { maxSeconds: 600 } });
    const first = await connected(server, sandbox);
    const busy = await server.app.request('/voice/call', {
      method: 'POST',
      body: first.visitor.offer,
      headers: { Origin: PAGE, 'Content-Type': 'application/sdp' },
    });
    expect([busy.status, ((await busy.json()) as { code: string }).code]).toEqual([429, 'all_busy']);
    server.clock.advance(30_000);
    await first.end();
    // 30 s of 11 minutes are used: the next call still fits.
    await (await connected(server, sandbox)).end();
  });

  it('of a checked visitor is only accessible to that visitor', async () => {
    const sandbox = await sandboxed();
    // Each proof is valid once, like a challenge; `ann/2` is another proof of the same visitor.
    const shown = new Set<string>();
    const visitor = (request: Request) => {
      const proof = request.headers.get('Authorization')?.slice(7) ?? '';
      if (proof === '' || shown.has(proof)) return { ok: false as const, reason: 'no new proof' };
      shown.add(proof);
      return { ok: true as const, subject: proof.split('/')[0] ?? '' };
    };
    const server = broker(sandbox.url, { visitor });
    const call = await connected(server, sandbox, '', { Authorization: 'Bearer ann/1' });
    for (const proof of [undefined, 'Bearer bob/1', 'Bearer bob/1', 'Bearer unknown']) {
      expect((await call.end(proof === undefined ? {} : { Authorization: proof })).status).toBe(404);
    }
    const listening = async (proof: string): Promise<Response> =>
      server.app.request(`${call.location}/notices`, { headers: { Origin: PAGE, Authorization: proof } });
    expect((await listening('Bearer bob/2')).status).toBe(404);
    // The original proof, and a new one of the same visitor.
    for (const proof of ['Bearer ann/1', 'Bearer ann/2']) {
      const answer = await listening(proof);
      expect(answer.status).toBe(200);
      await answer.body?.cancel();
    }
    expect(call.call.state).toBe('open');
    expect((await call.end({ Authorization: 'Bearer ann/1' })).status).toBe(204);
  });
});

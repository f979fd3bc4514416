/** Webhook verification and rejected phone calls. Real webhooks over HTTP, forged by the sandbox. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createVoiceServer } from '../../../src/server/index.js';
import type { VoiceServerOptions } from '../../../src/server/index.js';
import { MemoryState } from '../../../src/server/state/memory-state.js';
import { StateUnavailable } from '../../../src/server/contract/shared-state.js';
import type { WebhookForgery } from '../../../src/sandbox/index.js';
import { CANARY_KEY, HandClock, PAGE } from '../token-route-support.js';
import { CALLER, NUMBER, OTHER_SECRET, SECRET, dial, phoneSandbox, phoneServer, posted, steps } from './support.js';
import type { PhoneServer } from './support.js';

const codeOf = (body: string): unknown => (JSON.parse(body) as { code: unknown }).code;
const refusals = (server: PhoneServer): unknown[] => server.events.flatMap((event) => (event.type === 'refused' ? [event.reason] : []));

/** Starts a server and returns its response to this webhook. */
async function delivered(webhook: WebhookForgery) {
  const sandbox = await phoneSandbox();
  const server = await phoneServer(sandbox);
  return { sandbox, server, answer: await dial(sandbox, server, { webhook }).delivered };
}

describe('a webhook', { timeout: 30_000 }, () => {
  it.each<[string, WebhookForgery, string]>([
    ['signed with another secret', { signedWith: [OTHER_SECRET] }, 'the signature does not match'],
    ['without a signature', { signedWith: [] }, 'a webhook header is missing'],
    ['with a changed byte', { alter: (body) => body.replace(NUMBER, `${NUMBER.slice(0, -1)}7`) }, 'the signature does not match'],
    ['with an extra byte', { alter: (body) => `${body} ` }, 'the signature does not match'],
    ['ten minutes late', { skewSeconds: -600 }, 'the webhook is more than five minutes old'],
    [
      'ten minutes early',
      { skewSeconds: 600 },
      'the webhook is dated more than five minutes in the future; check the clock of this server',
    ],
    ['with an ID that was not signed', { headers: { 'webhook-id': 'wh_other' } }, 'the signature does not match'],
    ['without an ID', { id: '' }, 'webhook-id is missing or not valid'],
    ['with an invalid timestamp', { headers: { 'webhook-timestamp': 'soon' } }, 'the signature does not match'],
  ])('%s is refused', async (_, webhook, reason) => {
    const sandbox = await phoneSandbox();
    const server = await phoneServer(sandbox);
    const caller = dial(sandbox, server, { webhook });
    const { status, body } = await caller.delivered;
    expect([status, codeOf(body), refusals(server), steps(server)]).toEqual([401, 'signature_invalid', [reason], []]);
    expect([caller.state, sandbox.requests]).toEqual(['ringing', []]);
    // The same call with a valid signature is accepted: the refused webhook used nothing up.
    expect((await caller.deliver()).status).toBe(200);
    await caller.answered;
  });

  it('is accepted with one valid signature of several, as during a secret rotation', async () => {
    const sandbox = await phoneSandbox();
    const server = await phoneServer(sandbox);
    const caller = dial(sandbox, server, { webhook: { signedWith: [OTHER_SECRET, SECRET], skewSeconds: -280 } });
    expect((await caller.delivered).status).toBe(200);
    await caller.answered;
  });

  it('that is repeated has no effect in any process', async () => {
    const sandbox = await phoneSandbox();
    const state = new MemoryState();
    const [one, other] = [await phoneServer(sandbox, { state }), await phoneServer(sandbox, { state })];
    const caller = dial(sandbox, one);
    await caller.answered;
    await one.heard('sideband');
    // Repeated by the sender with a new timestamp, then replayed unchanged by an attacker.
    for (const url of [one.url, other.url]) expect(await caller.deliver({ url })).toEqual({ status: 200, body: '' });
    expect([steps(one), steps(other)]).toEqual([['incoming', 'accepted', 'replayed'], ['replayed']]);
    caller.hangUp();
    await one.heard('call-ended');
    expect((await caller.deliver({ url: other.url, skewSeconds: -200 })).status).toBe(200);
    expect([steps(other), posted(sandbox, 'accept').length, posted(sandbox, 'reject')]).toEqual([['replayed', 'replayed'], 1, []]);
  });

  it('that is sent to two processes at once is handled by one', async () => {
    const sandbox = await phoneSandbox();
    const state = new MemoryState();
    const servers = [await phoneServer(sandbox, { state }), await phoneServer(sandbox, { state })];
    const [first, second] = servers.map(({ url }) => url);
    const caller = dial(sandbox, servers[0] as PhoneServer, { webhook: { url: first as string } });
    const answers = await Promise.all([caller.delivered, caller.deliver({ url: second as string })]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await caller.answered;
    await Promise.any(servers.map((server) => server.heard('sideband')));
    expect(servers.flatMap(steps).sort()).toEqual(['accepted', 'incoming', 'replayed']);
    expect(posted(sandbox, 'accept')).toHaveLength(1);
  });

  it('with another ID for the same call has no effect in any process, also after the call and much later', async () => {
    const sandbox = await phoneSandbox();
    const clock = new HandClock();
    clock.time = Date.now();
    const state = new MemoryState({ clock });
    const [one, other] = [await phoneServer(sandbox, { state }), await phoneServer(sandbox, { state })];
    const caller = dial(sandbox, one, { webhook: { id: 'wh_first' } });
    await caller.answered;
    await one.heard('sideband');
    for (const { url } of [one, other, one]) expect((await caller.deliver({ url, id: `wh_${randomUUID()}` })).status).toBe(200);
    // The IDs of webhooks are forgotten by now.
    clock.advance(3_600_000);
    expect((await caller.deliver({ url: other.url, id: 'wh_first' })).status).toBe(200);
    expect((await caller.deliver({ url: other.url, id: 'wh_last' })).status).toBe(200);
    expect(caller.state).toBe('talking');
    caller.hangUp();
    await one.heard('call-ended');
    expect((await caller.deliver({ url: other.url, id: 'wh_after' })).status).toBe(200);
    expect([...steps(one), ...steps(other)].sort()).toEqual([
      'accepted',
      'ended: visitor',
      'incoming',
      ...Array<string>(6).fill('replayed'),
    ]);
    expect([posted(sandbox, 'accept').length, posted(sandbox, 'reject'), posted(sandbox, 'hangup')]).toEqual([1, [], []]);
  });

  it('with another ID for the same call, sent to two processes at once, is handled by one', async () => {
    const sandbox = await phoneSandbox();
    const state = new MemoryState();
    const servers = [await phoneServer(sandbox, { state }), await phoneServer(sandbox, { state })];
    const caller = dial(sandbox, servers[0] as PhoneServer);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, each) => caller.deliver({ url: servers[each % 2]?.url as string, id: `wh_${String(each)}` })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await caller.answered;
    await Promise.any(servers.map((server) => server.heard('sideband')));
    expect(servers.flatMap(steps).sort()).toEqual(['accepted', 'incoming', ...Array<string>(6).fill('replayed')]);
    expect(posted(sandbox, 'accept')).toHaveLength(1);
  });

  it('of another type is reported and ignored', async () => {
    const { answer, server, sandbox } = await delivered({ type: 'live.call.incoming' });
    expect(answer).toEqual({ status: 200, body: '' });
    expect([steps(server), sandbox.requests]).toEqual([['ignored'], []]);
  });

  it.each<[string, string]>([
    ['is not valid JSON', '{"type":'],
    ['has no call ID', '{"type":"realtime.call.incoming","data":{}}'],
    ['has a path as call ID', '{"type":"realtime.call.incoming","data":{"call_id":"../client_secrets"}}'],
    ['has no data', '{"type":"realtime.call.incoming","data":null}'],
  ])('that is signed but %s is refused', async (_, body) => {
    const { answer, sandbox } = await delivered({ body });
    expect([answer.status, codeOf(answer.body), sandbox.requests]).toEqual([400, 'body_invalid', []]);
  });

  it.each<[string, string]>([
    ['null', 'null'],
    ['a list', '[]'],
    ['with a prototype', '{"type":"batch.completed","__proto__":{"type":"realtime.call.incoming"}}'],
  ])('that is signed but %s is ignored', async (_, body) => {
    const { answer, server, sandbox } = await delivered({ body });
    expect(answer.status).toBe(200);
    expect([steps(server), sandbox.requests]).toEqual([['ignored'], []]);
  });

  it('is accepted with unusual SIP headers', async () => {
    const sandbox = await phoneSandbox();
    const seen: unknown[] = [];
    const server = await phoneServer(sandbox, {
      rates: { perVisitor: false },
      budget: { perVisitor: { moneyPerDay: false } },
      phone: {
        numbers: { '*': 'reception' },
        accept: (call: { to: unknown; from: unknown }) => seen.push([call.to, call.from]) > 0,
      } as never,
    });
    const values: [string, string | undefined][] = [
      ['"Shop, <sip:fake@x>" <sip:+4930123456@host;user=phone>;tag=1', '+4930123456'],
      ['<sip:+4930123456;ext=2:pass@host>', '+4930123456'],
      ['sip:+4930123456@host;ext=2', '+4930123456'],
      ['tel:+49-30-123.456;phone-context=x', '+4930123456'],
      ['<SIPS:shop@host>', 'shop'],
      ['sip:__proto__@host', '__proto__'],
      ['sip:%E0%A4%A@host', undefined],
      ['sip:host', undefined],
      ['javascript:alert(1)', undefined],
      [`sip:${'9'.repeat(5_000)}@host`, undefined],
      ['', undefined],
    ];
    for (const [value] of values) {
      await dial(sandbox, server, {
        headers: [
          { name: 'tO', value },
          { name: 'From', value: 'Anonymous <sip:anonymous@anonymous.invalid>' },
        ],
      }).answered;
    }
    expect(seen).toEqual(values.map(([, number]) => [number, 'anonymous']));
  });

  it('is refused with a wrong method, an oversized body or an empty body', async () => {
    const sandbox = await phoneSandbox();
    const server = await phoneServer(sandbox);
    for (const method of ['GET', 'OPTIONS', 'PUT'])
      expect((await fetch(server.url, { method, headers: { Origin: PAGE } })).status).toBe(405);
    const huge = await fetch(server.url, { method: 'POST', body: 'x'.repeat(65_537) });
    expect([huge.status, huge.headers.get('access-control-allow-origin')]).toEqual([413, null]);
    const empty = await fetch(server.url, { method: 'POST' });
    expect([empty.status, empty.headers.get('cache-control')]).toEqual([401, 'no-store']);
  });

  it('has no route if phone calls are not configured', async () => {
    const app = createVoiceServer({ allowedOrigins: [PAGE], upstream: { apiKey: CANARY_KEY } });
    expect((await app.request('/voice/sip', { method: 'POST' })).status).toBe(404);
  });
});

describe('a phone call is rejected', { timeout: 30_000 }, () => {
  const rejected = async (options: Partial<VoiceServerOptions>, status: number, reason: string, to = NUMBER) => {
    const sandbox = await phoneSandbox();
    const server = await phoneServer(sandbox, options);
    const caller = dial(sandbox, server, { to });
    expect((await caller.delivered).status).toBe(200);
    expect(await caller.ended).toEqual({ by: 'rejected', status });
    expect(steps(server)).toEqual(['incoming', `rejected: ${reason}`]);
    expect(posted(sandbox, 'accept')).toEqual([]);
  };

  it('if the number has no profile', () => rejected({}, 603, 'number', '+49309999'));
  it('with the configured status', () => rejected({ phone: { rejectStatus: 404 } as never }, 404, 'number', '__proto__'));
  it('if the owner’s check rejects it', () => rejected({ phone: { accept: () => false } as never }, 603, 'owner'));
  it('if the owner’s check fails', () =>
    rejected({ phone: { accept: () => Promise.reject(new Error('broken')) } as never }, 480, 'failed'));
  it('if the budget is spent', () => rejected({ budget: { callsPerDay: 0 } }, 480, 'budget'));
  it('if the server is paused', async () => {
    const state = new MemoryState();
    await state.setPaused(true);
    await rejected({ state }, 480, 'paused');
  });
  it('if the maximum number of concurrent calls is reached', () => rejected({ budget: { maxConcurrent: 0 } }, 486, 'busy'));

  it('if one caller calls too often, without affecting other callers', async () => {
    const sandbox = await phoneSandbox();
    const server = await phoneServer(sandbox, { rates: { perVisitor: { count: 1, seconds: 60 } } });
    await dial(sandbox, server).answered;
    expect(await dial(sandbox, server).ended).toEqual({ by: 'rejected', status: 480 });
    await dial(sandbox, server, { from: '+4915100000000' }).answered;
    expect(steps(server).filter((step) => step.startsWith('rejected'))).toEqual(['rejected: rate']);
  });

  it('while another call uses the only slot, and accepted afterwards', async () => {
    const sandbox = await phoneSandbox();
    const server = await phoneServer(sandbox, { budget: { maxConcurrent: 1 } });
    const first = dial(sandbox, server);
    await first.answered;
    expect(await dial(sandbox, server).ended).toEqual({ by: 'rejected', status: 486 });
    first.hangUp();
    await server.heard('call-ended');
    await dial(sandbox, server).answered;
  });

  it('if the API does not accept it, without using budget', async () => {
    const sandbox = await phoneSandbox({ script: { faults: [{ at: 'accept', fault: 'status', status: 400, times: 1 }] } });
    const server = await phoneServer(sandbox, { budget: { callsPerDay: 1 } });
    expect(await dial(sandbox, server).ended).toEqual({ by: 'rejected', status: 480 });
    expect(steps(server)).toEqual(['incoming', 'rejected: upstream']);
    await dial(sandbox, server).answered;
  });

  it('only if accepting it fails twice', async () => {
    const sandbox = await phoneSandbox({ script: { faults: [{ at: 'accept', fault: 'status', status: 503, times: 1 }] } });
    const server = await phoneServer(sandbox);
    await dial(sandbox, server).answered;
    await server.heard('call-started');
    expect(server.events.flatMap((event) => (event.type === 'upstream' && event.operation === 'accept' ? [event.status] : []))).toEqual([
      503, 200,
    ]);
  });

  it('and hung up if the outcome of accepting it is unknown', async () => {
    const sandbox = await phoneSandbox({ script: { faults: [{ at: 'accept', fault: 'disconnect' }] } });
    const server = await phoneServer(sandbox);
    expect(await dial(sandbox, server).ended).toEqual({ by: 'rejected', status: 480 });
    expect(sandbox.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['accept', 'hangup', 'reject']);
  });

  it('if the state is unavailable; a webhook that could not be recorded gets 503', async () => {
    const broken = new Set(['once']);
    class Broken extends MemoryState {
      override once(...args: Parameters<MemoryState['once']>) {
        return broken.has('once') ? Promise.reject(new StateUnavailable('gone')) : super.once(...args);
      }
      override reserve(...args: Parameters<MemoryState['reserve']>) {
        return broken.has('reserve') ? Promise.reject(new StateUnavailable('gone')) : super.reserve(...args);
      }
    }
    const sandbox = await phoneSandbox();
    const server = await phoneServer(sandbox, { state: new Broken() });
    const caller = dial(sandbox, server);
    const { status, body } = await caller.delivered;
    expect([status, codeOf(body), caller.state]).toEqual([503, 'state_unavailable', 'ringing']);
    broken.clear();
    expect((await caller.deliver()).status).toBe(200);
    await caller.answered;
    broken.add('reserve');
    expect(await dial(sandbox, server).ended).toEqual({ by: 'rejected', status: 480 });
  });

  it('and hung up if it cannot be watched, without using budget', async () => {
    const sandbox = await phoneSandbox();
    const state = new MemoryState();
    let broken = true;
    const calls = new Proxy(state.calls, {
      get: (book, name) => {
        const member: unknown = Reflect.get(book, name);
        if (name === 'add' && broken) return () => Promise.reject(new StateUnavailable('gone'));
        return typeof member === 'function' ? (member.bind(book) as unknown) : member;
      },
    });
    const server = await phoneServer(sandbox, { state: Object.assign(state, { calls }), budget: { callsPerDay: 1 } });
    const caller = dial(sandbox, server);
    expect(await caller.ended).toEqual({ by: 'hangup' });
    await server.heard('phone', ({ step }) => step === 'rejected');
    expect([steps(server), server.events.filter(({ type }) => type === 'call-started')]).toEqual([['incoming', 'rejected: failed'], []]);
    broken = false;
    await dial(sandbox, server).answered;
  });

  it('without a key or a number in the events', async () => {
    const sandbox = await phoneSandbox();
    const server = await phoneServer(sandbox, { budget: { callsPerDay: 1 } });
    await dial(sandbox, server).answered;
    await dial(sandbox, server).ended;
    await server.heard('sideband');
    const told = JSON.stringify(server.events);
    for (const secret of ['sk-sandbox', 'whsec_', CALLER.slice(1), NUMBER.slice(1), ...sandbox.calls.map(({ id }) => id)])
      expect(told).not.toContain(secret);
  });
});

describe('options of phone calls', () => {
  const made = (phone: unknown, session?: unknown) => () =>
    createVoiceServer({
      allowedOrigins: [PAGE],
      upstream: { apiKey: CANARY_KEY },
      profiles: { reception: { access: ['phone'], ...(session !== undefined && { session }) } },
      phone,
      clock: new HandClock(),
    } as VoiceServerOptions);
  const phone = { webhookSecret: SECRET, numbers: { '*': 'reception' } };

  it('are accepted if valid', () => {
    expect(made(phone)).not.toThrow();
    expect(
      made({ ...phone, webhookSecret: 'a plain secret'.replaceAll(' ', '-'), greeting: false, human: 'sip:desk@example.com' }),
    ).not.toThrow();
  });

  it.each<[string, unknown, unknown, string]>([
    ['an invalid secret', { ...phone, webhookSecret: 'whsec_abc-d' }, undefined, 'phone.webhookSecret: is not a valid webhook secret'],
    ['a missing secret', { ...phone, webhookSecret: undefined }, undefined, 'phone.webhookSecret: is missing'],
    ['a number with spaces', { ...phone, numbers: { '+49 30 123456': 'reception' } }, undefined, 'must be written as in the SIP address'],
    ['an invalid greeting', { ...phone, greeting: true }, undefined, 'phone.greeting: must be a non-empty string or false.'],
    [
      'turn detection by threshold',
      phone,
      { turnDetection: { type: 'server_vad', threshold: 0.4 } },
      'sets audio.input.turn_detection.threshold, which the API does not support in phone calls',
    ],
    [
      'turn detection by silence',
      phone,
      { config: { audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 300 } } } } },
      'sets audio.input.turn_detection.silence_duration_ms',
    ],
  ])('are rejected with %s', (_, given, session, sentence) => {
    expect(made(given, session)).toThrow(sentence);
  });
});

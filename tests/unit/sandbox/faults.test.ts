import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../src/sandbox/index.js';
import { FakeClock, settle } from './fake-clock.js';
import { OFFER, SocketClient, connect, post, start, type } from './harness.js';

const sdp = { 'content-type': 'application/sdp' };

describe('HTTP faults', () => {
  it('respond with a status, body and headers as often as configured', async () => {
    const { sandbox } = await start();
    const armed = sandbox.fault({ at: 'client_secrets', fault: 'status', status: 429, headers: { 'retry-after': '7' }, skip: 1, times: 2 });
    const statuses = [];
    for (let index = 0; index < 4; index++) {
      const response = await post(sandbox, '/realtime/client_secrets', {});
      statuses.push(response.status);
      if (response.status === 429) {
        expect(response.headers.get('retry-after')).toBe('7');
        expect(response.headers.get('access-control-allow-origin')).toBe('*');
        expect(await response.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
      }
    }
    expect(statuses).toEqual([200, 429, 429, 200]);
    expect(armed.hits).toBe(2);
  });

  it('can be removed', async () => {
    const { sandbox } = await start();
    const armed = sandbox.fault({ at: 'calls', fault: 'status', status: 503, body: 'down' });
    const broken = await post(sandbox, '/realtime/calls', OFFER, 'sk-sandbox', sdp);
    expect([broken.status, await broken.text()]).toEqual([503, 'down']);
    armed.remove();
    expect((await post(sandbox, '/realtime/calls', OFFER, 'sk-sandbox', sdp)).status).toBe(201);
  });

  it.each<[Fault, (response: Response, text: string) => void]>([
    [
      { at: 'client_secrets', fault: 'garbage' },
      (response, text) => {
        expect(response.status).toBe(200);
        expect(() => {
          JSON.parse(text);
        }).toThrow();
      },
    ],
    [
      { at: 'client_secrets', fault: 'html' },
      (response, text) => {
        expect(response.headers.get('content-type')).toContain('text/html');
        expect(text).toContain('<script>');
      },
    ],
    [
      { at: 'client_secrets', fault: 'oversize', bytes: 100_000 },
      (_, text) => {
        expect(text.length).toBeGreaterThan(100_000);
        expect((JSON.parse(text) as { value: string }).value).toMatch(/^ek_/);
      },
    ],
    [
      { at: 'client_secrets', fault: 'redirect', to: 'http://127.0.0.1:9/elsewhere' },
      (response) => {
        expect([response.status, response.headers.get('location')]).toEqual([307, 'http://127.0.0.1:9/elsewhere']);
      },
    ],
    [
      { at: 'client_secrets', fault: 'status', status: 200, body: { value: 'sk-oops', expires_at: 1 } },
      (_, text) => {
        expect(text).toContain('sk-oops');
      },
    ],
  ])('%j', async (fault, check) => {
    const { sandbox } = await start({ script: { faults: [fault] } });
    const response = await post(sandbox, '/realtime/client_secrets', {});
    check(response, await response.text());
  });

  it('hang until the client disconnects, and do not prevent the sandbox from closing', async () => {
    const { sandbox } = await start({ script: { faults: [{ at: 'calls', fault: 'hang' }] } });
    const controller = new AbortController();
    const given = fetch(`${sandbox.url}/realtime/calls`, { method: 'POST', body: OFFER, signal: controller.signal }).catch(
      (error: unknown) => error,
    );
    await expect.poll(() => sandbox.requests.length).toBe(1);
    controller.abort();
    expect(await given).toMatchObject({ name: 'AbortError' });
    const pending = post(sandbox, '/realtime/calls', OFFER, 'sk-sandbox', sdp).catch((error: unknown) => error);
    await expect.poll(() => sandbox.requests.length).toBe(2);
    await sandbox.close();
    expect(await pending).toBeInstanceOf(Error);
  });

  it('delay the response', async () => {
    const clock = new FakeClock();
    const { sandbox } = await start({ clock, script: { faults: [{ at: 'client_secrets', fault: 'delay', ms: 4_000 }] } });
    let done = false;
    const answer = post(sandbox, '/realtime/client_secrets', {}).finally(() => {
      done = true;
    });
    await expect.poll(() => clock.pending).toBe(1);
    await clock.pass(3_999);
    expect(done).toBe(false);
    await clock.pass(1);
    expect((await answer).status).toBe(200);
  });

  it('disconnect, and omit Location', async () => {
    const { sandbox } = await start({
      script: {
        faults: [
          { at: 'calls', fault: 'disconnect', times: 1 },
          { at: 'calls', fault: 'no-location' },
        ],
      },
    });
    await expect(post(sandbox, '/realtime/calls', OFFER, 'sk-sandbox', sdp)).rejects.toThrow();
    const response = await post(sandbox, '/realtime/calls', OFFER, 'sk-sandbox', sdp);
    expect([response.status, response.headers.get('location')]).toEqual([201, null]);
  });

  it('apply to the WebSocket handshake too', async () => {
    const { sandbox } = await start({
      script: {
        faults: [
          { at: 'websocket', fault: 'status', status: 503, times: 1 },
          { at: 'websocket', fault: 'disconnect', times: 1 },
        ],
      },
    });
    const url = `${sandbox.url}/realtime?model=gpt-realtime-2.1`;
    const headers = { authorization: 'Bearer sk-sandbox' };
    await expect(new SocketClient(url, [], headers).opened).rejects.toMatchObject({
      status: 503,
      body: expect.stringContaining('server_error'),
    });
    await expect(new SocketClient(url, [], headers).opened).resolves.toBeUndefined();
  });

  it('apply only to keys of their scenario', async () => {
    const started = await start();
    const { sandbox } = started;
    sandbox.script({ faults: [{ at: 'calls', fault: 'status', status: 500 }], replies: ['never'] }, 'broken');
    sandbox.script({ replies: ['From the scenario.'] }, 'kind');
    const broken = sandbox.mintKey({ scenario: 'broken' });
    expect((await post(sandbox, '/realtime/calls', OFFER, broken.value, sdp)).status).toBe(500);
    const kind = await connect(started, undefined, sandbox.mintKey({ scenario: 'kind' }).value);
    kind.say({ type: 'response.create' });
    expect((await kind.next('response.done'))['response'].output[0].content[0].transcript).toBe('From the scenario.');
    const plain = await connect(started);
    plain.say({ type: 'response.create' });
    expect((await plain.next('response.done'))['response'].output[0].content[0].transcript).toContain('sandbox');
    sandbox.bindKey('sk-sandbox-worker', 'broken');
    sandbox.fault({ at: 'client_secrets', fault: 'status', status: 403 }, 'broken');
    expect((await post(sandbox, '/realtime/client_secrets', {}, 'sk-sandbox-worker')).status).toBe(403);
    expect((await post(sandbox, '/realtime/client_secrets', {})).status).toBe(200);
  });

  it('apply to keys minted by an API key that is bound to their scenario', async () => {
    const { sandbox } = await start();
    sandbox.script({}, 'mine');
    sandbox.bindKey('sk-sandbox-mine', 'mine');
    await post(sandbox, '/realtime/client_secrets', {}, 'sk-sandbox-mine');
    expect(sandbox.keys[0]?.scenario).toBe('mine');
  });

  it('redirect to another origin', async () => {
    const other = createServer((_, response) => response.end('{"value":"ek_stolen"}')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const to = `http://127.0.0.1:${String((other.address() as AddressInfo).port)}/`;
    const { sandbox } = await start({ script: { faults: [{ at: 'client_secrets', fault: 'redirect', to }] } });
    const response = await fetch(`${sandbox.url}/realtime/client_secrets`, { method: 'POST' });
    expect(await response.json()).toEqual({ value: 'ek_stolen' });
    other.close();
    other.closeAllConnections();
  });
});

describe('media faults', () => {
  it('ice-never answers with unreachable addresses', async () => {
    const { sandbox, peers } = await start({ script: { faults: [{ at: 'media', fault: 'ice-never', times: 1 }] } });
    const answer = await (await post(sandbox, '/realtime/calls', OFFER, 'sk-sandbox', sdp)).text();
    expect(answer).toContain('a=candidate:1 1 udp 2122252543 192.0.2.1 9 typ host\r\n');
    expect(answer).not.toContain('0123456789abcdef');
    expect(/a=ice-pwd:(.*)\r\n/.exec(answer)?.[1]?.length).toBeGreaterThanOrEqual(22);
    expect(await (await post(sandbox, '/realtime/calls', OFFER, 'sk-sandbox', sdp)).text()).toBe(peers[1]?.answer);
  });

  it('channel-never makes both ends wait for the DTLS handshake', async () => {
    const { sandbox } = await start({ script: { faults: [{ at: 'media', fault: 'channel-never' }] } });
    expect(await (await post(sandbox, '/realtime/calls', OFFER, 'sk-sandbox', sdp)).text()).toContain('a=setup:active\r\n');
  });

  it('silence reports an answer that is not sent as audio; loss is applied by the peer', async () => {
    const started = await start({
      script: {
        faults: [
          { at: 'media', fault: 'silence' },
          { at: 'media', fault: 'loss', share: 0.3 },
        ],
      },
    });
    const connected = await connect(started);
    connected.say({ type: 'response.create' });
    await connected.next('response.done');
    expect(connected.peer.play(500).every((frame) => frame === undefined)).toBe(true);
    expect(connected.peer.types).toContain('output_audio_buffer.started');
    expect(connected.call.frames).toMatchObject({ sounding: 0, sent: 25 });
    expect(connected.peer.loss).toBe(0.3);
  });
});

describe('event faults', () => {
  it.each<[Fault, string[]]>([
    [{ at: 'event', type: 'session.created', fault: 'drop' }, ['session.updated']],
    [{ at: 'event', type: 'session.updated', fault: 'drop' }, ['session.created']],
    [{ at: 'event', type: 'session.created', fault: 'duplicate' }, ['session.created', 'session.created', 'session.updated']],
    [{ at: 'event', type: 'session.created', fault: 'reorder' }, ['session.updated', 'session.created']],
    [{ at: 'event', type: 'session.*', fault: 'drop' }, []],
    [
      { at: 'event', type: ['session.created', 'session.updated'], fault: 'duplicate', times: 1 },
      ['session.created', 'session.created', 'session.updated'],
    ],
    [{ at: 'event', type: 'session.created', fault: 'replace', with: { type: 'beta.thing' } }, ['beta.thing', 'session.updated']],
  ])('%j', async (fault, expected) => {
    const connected = await connect(await start({ script: { faults: [fault] } }));
    connected.say({ type: 'session.update', session: { type: 'realtime' } });
    expect(connected.peer.types).toEqual(expected);
  });

  it('duplicate events with the same event_id', async () => {
    const { peer } = await connect(await start({ script: { faults: [{ at: 'event', type: 'session.created', fault: 'duplicate' }] } }));
    expect(peer.received[0]?.['event_id']).toBe(peer.received[1]?.['event_id']);
  });

  it('delay events, and drop delayed events when the call ends', async () => {
    const clock = new FakeClock();
    const { peer, call } = await connect(
      await start({ clock, script: { faults: [{ at: 'event', type: 'session.created', fault: 'delay', ms: 700 }] } }),
    );
    expect(peer.types).toEqual([]);
    await clock.pass(700);
    expect(peer.types).toEqual(['session.created']);
    const other = await connect(await start({ clock, script: { faults: [{ at: 'event', fault: 'delay', ms: 700 }] } }));
    other.peer.leave();
    await clock.pass(1_000);
    expect(other.peer.types).toEqual([]);
    call.hangUp();
    expect(clock.pending).toBe(0);
  });

  it('send oversize, non-JSON and binary messages', async () => {
    const { peer, call } = await connect(
      await start({
        script: {
          faults: [
            { at: 'event', type: 'session.created', fault: 'oversize', bytes: 300_000 },
            { at: 'event', type: 'session.updated', fault: 'non-json' },
            { at: 'event', type: 'session.updated', fault: 'binary' },
          ],
        },
      }),
    );
    expect(JSON.stringify(peer.received[0])).toHaveLength(300_000);
    peer.say({ type: 'session.update', session: { type: 'realtime' } });
    expect(peer.received[1]?.['raw']).toContain('not JSON');
    expect(peer.received[2]?.['type']).toBe('session.updated');
    expect(peer.binary).toHaveLength(1);
    expect(call.state).toBe('open');
  });

  it('are logged as undeliverable if a message is too large for the client', async () => {
    const started = await start({ script: { faults: [{ at: 'event', type: 'session.updated', fault: 'oversize', bytes: 300_000 }] } });
    const connected = await connect(started);
    connected.peer.mostBytes = 262_144;
    connected.say({ type: 'session.update', session: { type: 'realtime' } });
    expect(connected.call.events.at(-1)).toMatchObject({ type: 'undeliverable', event: { event_type: 'session.updated' } });
    expect(connected.peer.types).toEqual(['session.created']);
  });
});

describe('client event faults', () => {
  it('reject or ignore client events', async () => {
    const connected = await connect(
      await start({
        script: {
          faults: [
            {
              at: 'client-event',
              type: 'session.update',
              fault: 'reject',
              times: 1,
              error: { code: 'invalid_value', message: 'No.', param: 'session.instructions' },
            },
            { at: 'client-event', type: 'response.create', fault: 'ignore', times: 1 },
          ],
        },
      }),
    );
    connected.say({ type: 'session.update', event_id: 'u1', session: { type: 'realtime' } });
    expect(connected.peer.received.at(-1)).toMatchObject({
      type: 'error',
      error: { code: 'invalid_value', message: 'No.', event_id: 'u1' },
    });
    connected.say({ type: 'session.update', session: { type: 'realtime', tracing: 'auto' } });
    expect(connected.peer.types.at(-1)).toBe('session.updated');
    connected.say({ type: 'response.create' });
    await settle();
    expect(connected.peer.types.at(-1)).toBe('session.updated');
    expect(connected.call.events.filter(({ direction }) => direction === 'in')).toHaveLength(3);
  });
});

describe('call faults', () => {
  it('close the channel, end the call and inject events at the configured moment', async () => {
    const clock = new FakeClock();
    const faults: Fault[] = [
      {
        at: 'call',
        fault: 'inject',
        when: { event: 'session.updated' },
        event: { type: 'response.output_text.delta', delta: '<img src=x onerror=alert(1)>' },
        repeat: 2,
      },
      { at: 'call', fault: 'raw', when: { event: 'session.updated' }, text: 'hello' },
      { at: 'call', fault: 'close-channel', when: { event: 'response.created', ms: 300 } },
      { at: 'call', fault: 'hang-up', when: { ms: 5_000 } },
    ];
    const connected = await connect(await start({ clock, script: { faults } }));
    connected.say({ type: 'session.update', session: { type: 'realtime' } });
    expect(connected.peer.types).toEqual([
      'session.created',
      'session.updated',
      'response.output_text.delta',
      'response.output_text.delta',
      'undefined',
    ]);
    expect(connected.peer.received[2]).toMatchObject({ event_id: expect.stringMatching(/^event_/) });
    connected.say({ type: 'response.create' });
    await clock.pass(299);
    expect(connected.peer.channelClosed).toBe(false);
    await clock.pass(1);
    expect(connected.peer.channelClosed).toBe(true);
    expect(connected.call.state).toBe('open');
    await clock.pass(4_700);
    expect(await connected.call.ended).toBe('scripted');
  });

  it('send bursts of deltas at the configured rate', async () => {
    const clock = new FakeClock();
    const connected = await connect(
      await start({ clock, script: { faults: [{ at: 'call', fault: 'burst', count: 5_000, perSecond: 10_000 }] } }),
    );
    const count = (): number => connected.peer.types.filter((name) => name.endsWith('transcript.delta')).length;
    await clock.pass(250);
    expect(count()).toBeGreaterThan(2_400);
    expect(count()).toBeLessThan(2_700);
    await clock.pass(300);
    expect(count()).toBe(5_000);
  });

  it('start silence or loss during a call', async () => {
    const connected = await connect(
      await start({
        script: {
          faults: [
            { at: 'call', fault: 'silence', when: { event: 'response.created' } },
            { at: 'call', fault: 'loss', share: 1, when: { event: 'response.created' } },
          ],
        },
      }),
    );
    type(connected, 'hi');
    await connected.next('response.done');
    expect(connected.peer.loss).toBe(1);
    expect(connected.peer.play(100).every((frame) => frame === undefined)).toBe(true);
  });
});

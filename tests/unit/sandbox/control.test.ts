import { describe, expect, it } from 'vitest';
import { pcmFromWav } from '../../../src/sandbox/media/wav.js';
import type { Sandbox } from '../../../src/sandbox/index.js';
import { OFFER, connect, post, start, tone } from './harness.js';
import type { Json } from './fake-peers.js';

async function control(
  sandbox: Sandbox,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Json[string] }> {
  const response = await fetch(`${sandbox.controlUrl}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

describe('the control endpoint', () => {
  it('sets scripts, mints keys for scenarios and resets', async () => {
    const started = await start();
    const { sandbox } = started;
    expect(
      await control(sandbox, 'PUT', '/scenarios/mine', {
        replies: ['Scripted.'],
        faults: [{ at: 'event', type: 'rate_limits.updated', fault: 'drop' }],
      }),
    ).toMatchObject({ status: 200, body: { ok: true } });
    const { body } = await control(sandbox, 'POST', '/keys', {
      scenario: 'mine',
      seconds: 30,
      session: { type: 'realtime', instructions: 'x' },
    });
    const connected = await connect(started, undefined, body.value as string);
    connected.say({ type: 'response.create' });
    expect((await connected.next('response.done'))['response'].output[0].content[0].transcript).toBe('Scripted.');
    expect(connected.peer.types).not.toContain('rate_limits.updated');
    expect((await control(sandbox, 'GET', '/keys')).body).toMatchObject([{ value: body.value, scenario: 'mine', uses: 1 }]);
    expect(await control(sandbox, 'POST', '/keys', { api_key: 'sk-sandbox-w1', scenario: 'mine' })).toMatchObject({ status: 200 });
    expect(await control(sandbox, 'POST', '/keys', { api_key: 'sk-sandbox-w1' })).toMatchObject({ status: 400 });
    expect((await control(sandbox, 'DELETE', '/scenarios/mine')).status).toBe(200);
    expect((await control(sandbox, 'DELETE', '/scenarios/mine')).status).toBe(404);
    await control(sandbox, 'POST', '/reset', {});
    expect(connected.call.state).toBe('ended');
    expect((await control(sandbox, 'GET', '/')).body).toEqual({ ok: true, profile: 'ga', calls: 0, live: 0 });
  });

  it('arms faults and clears scripts', async () => {
    const { sandbox } = await start();
    await control(sandbox, 'POST', '/faults', { at: 'client_secrets', fault: 'status', status: 500, times: 1 });
    expect((await post(sandbox, '/realtime/client_secrets', {})).status).toBe(500);
    expect((await post(sandbox, '/realtime/client_secrets', {})).status).toBe(200);
    await control(sandbox, 'PUT', '/script', { faults: [{ at: 'client_secrets', fault: 'status', status: 500 }] });
    expect((await post(sandbox, '/realtime/client_secrets', {})).status).toBe(500);
    await control(sandbox, 'DELETE', '/script');
    expect((await post(sandbox, '/realtime/client_secrets', {})).status).toBe(200);
  });

  it.each([
    [{ replys: [] }, 'replys'],
    [{ replies: [{}] }, 'replies[0].items'],
    [{ replies: [{ items: [{ sing: 'la' }] }] }, 'replies[0].items[0].(say|message|text|call|mcpCall|mcpApproval)'],
    [{ faults: [{ at: 'calls', fault: 'teapot' }] }, 'faults[0].fault'],
    [{ faults: [{ at: 'moon', fault: 'status' }] }, 'faults[0].at'],
    [{ faults: [{ at: 'calls', fault: 'status' }] }, 'faults[0].status'],
    [{ faults: [{ at: 'media', fault: 'loss', share: 2 }] }, 'faults[0].share'],
    [{ faults: [{ at: 'event', fault: 'drop', kind: 'x' }] }, 'faults[0].kind'],
    [{ transcripts: [{ afterMs: 1 }] }, 'transcripts[0].text'],
    [{ mcp: [] }, 'mcp'],
  ])('rejects the script %j', async (script, param) => {
    const { sandbox } = await start();
    expect(await control(sandbox, 'PUT', '/script', script)).toMatchObject({ status: 400, body: { error: { param } } });
  });

  it('accepts every kind of fault and reply', async () => {
    const { sandbox } = await start();
    const http = ['hang', 'garbage', 'html', 'oversize', 'disconnect'].map((fault) => ({ at: 'hangup', fault }));
    const script = {
      replies: [
        null,
        'Hi.',
        {
          thinkMs: 5,
          items: [
            { say: 'a', tone: { hz: 440, ms: 100 } },
            { say: 'a', pcm: [1, 2] },
            { message: [{ say: 'b' }] },
            { text: 'c' },
            { call: 'd', arguments: { x: 1 } },
            { mcpCall: 'e', server: 's' },
            { mcpApproval: 'f', server: 's' },
          ],
          end: { status: 'incomplete', reason: 'content_filter' },
        },
      ],
      transcripts: ['x', { text: 'y', afterMs: 1, deltas: ['y'] }, { fail: { code: 'z' } }],
      mcp: { s: { tools: [{ name: 'e' }] }, t: { fail: true } },
      faults: [
        ...http,
        { at: 'calls', fault: 'no-location', skip: 1 },
        { at: 'calls', fault: 'redirect', to: '/x' },
        { at: 'calls', fault: 'delay', ms: 5 },
        ...['ice-never', 'channel-never', 'silence'].map((fault) => ({ at: 'media', fault })),
        ...['drop', 'duplicate', 'reorder', 'oversize', 'non-json', 'binary'].map((fault) => ({ at: 'event', type: ['never'], fault })),
        { at: 'event', type: 'never', fault: 'replace', with: 'text' },
        { at: 'client-event', type: 'never', fault: 'ignore' },
        { at: 'call', fault: 'burst', count: 1, perSecond: 1, when: { event: 'never', ms: 1 } },
        { at: 'call', fault: 'close-channel', when: { event: 'never' } },
      ],
    };
    expect(await control(sandbox, 'PUT', '/script', script)).toMatchObject({ status: 200 });
  });

  it('returns state, events, levels and audio of calls', async () => {
    const started = await start();
    const { sandbox } = started;
    const next = control(sandbox, 'GET', '/calls/next?timeout_ms=2000');
    await post(sandbox, '/realtime/calls', OFFER, 'sk-sandbox', { 'content-type': 'application/sdp' });
    const { id } = (await next).body as { id: string };
    const peer = started.peers[0];
    peer?.open();
    peer?.hear(tone(400, -20));
    const waiting = control(sandbox, 'GET', `/calls/${id}/wait?type=session.update&timeout_ms=2000`);
    peer?.say({ type: 'session.update', session: { type: 'realtime', instructions: 'seen' } });
    expect((await waiting).body).toMatchObject({ direction: 'in', event: { session: { instructions: 'seen' } } });
    expect((await control(sandbox, 'GET', `/calls/${id}`)).body).toMatchObject({
      id,
      state: 'open',
      kind: 'webrtc',
      frames: { received: 20 },
      session: { instructions: 'seen' },
      silence_since: null,
    });
    expect((await control(sandbox, 'GET', `/calls/${id}/events?direction=out&type=session.updated`)).body).toHaveLength(1);
    expect((await control(sandbox, 'GET', `/calls/${id}/input-level`)).body.dbfs).toBeCloseTo(-20, 0);
    const wav = new Uint8Array(await (await fetch(`${sandbox.controlUrl}/calls/${id}/input.wav`)).arrayBuffer());
    expect(pcmFromWav(wav)).toHaveLength(9_600);
    expect(await control(sandbox, 'GET', `/calls/${id}/wait?type=never&timeout_ms=10`)).toMatchObject({
      status: 408,
      body: { seen: ['session.update'] },
    });
    expect((await control(sandbox, 'GET', '/requests')).body).toMatchObject([{ path: '/v1/realtime/calls', status: 201 }]);
    expect((await control(sandbox, 'GET', '/calls')).body).toHaveLength(1);
    expect((await control(sandbox, 'GET', '/calls/none')).status).toBe(404);
  });

  it('controls calls', async () => {
    const started = await start();
    const connected = await connect(started);
    const act = (path: string, body: unknown): Promise<{ status: number }> =>
      control(started.sandbox, 'POST', `/calls/${connected.call.id}/${path}`, body);
    await act('send', { event: { type: 'something.new', x: 1 } });
    await act('send', { raw: 'text' });
    await act('send', { binary: 'AAEC' });
    expect(connected.peer.received.slice(1)).toEqual([{ type: 'something.new', x: 1, event_id: expect.any(String) }, { raw: 'text' }]);
    expect(connected.peer.binary[0]).toHaveLength(3);
    await act('reply', { reply: 'Next words.' });
    connected.say({ type: 'response.create' });
    expect((await connected.next('response.done'))['response'].output[0].content[0].transcript).toBe('Next words.');
    await act('loss', { share: 0.5 });
    expect(connected.peer.loss).toBe(0.5);
    await act('silence', { on: true });
    await act('close-channel', {});
    expect(connected.peer.channelClosed).toBe(true);
    await act('hang-up', {});
    expect(await connected.call.ended).toBe('scripted');
    expect((await act('loss', { share: 5 })).status).toBe(400);
  });

  it('rejects web pages, other host names and bodies that are not JSON', async () => {
    const { sandbox } = await start();
    expect((await control(sandbox, 'POST', '/reset', {}, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await fetch(`${sandbox.controlUrl}/script`, { method: 'PUT', body: '{}' })).status).toBe(415);
    expect((await control(sandbox, 'GET', '/nowhere')).status).toBe(404);
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      request({ port: sandbox.port, path: '/sandbox/calls', headers: { host: 'rebound.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(403);
  });
});

import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';
import { OFFER, connect, post, start } from './harness.js';
import type { Json } from './fake-peers.js';

const sdp = { 'content-type': 'application/sdp' };

async function errorOf(response: Response): Promise<{ status: number; code: unknown; type: unknown; param: unknown; message: string }> {
  const { error } = (await response.json()) as { error: Record<string, unknown> };
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
  return { status: response.status, code: error['code'], type: error['type'], param: error['param'], message: String(error['message']) };
}

describe('client_secrets', () => {
  it('mints a key bound to a session', async () => {
    const { sandbox } = await start();
    const before = Math.floor(Date.now() / 1000);
    const response = await post(sandbox, '/realtime/client_secrets', {
      expires_after: { anchor: 'created_at', seconds: 30 },
      session: { type: 'realtime', model: 'gpt-realtime-2.1', instructions: 'Be brief.', audio: { output: { voice: 'ash' } } },
    });
    expect(response.status).toBe(200);
    const body = (await response.json()) as Json;
    expect(body['value']).toMatch(/^ek_\w{32}$/);
    expect(body['expires_at'] - before).toBeGreaterThanOrEqual(30);
    expect(body['expires_at'] - before).toBeLessThanOrEqual(31);
    expect(body['session']).toMatchObject({
      type: 'realtime',
      object: 'realtime.session',
      model: 'gpt-realtime-2.1',
      instructions: 'Be brief.',
    });
    expect(body['session'].audio.output).toMatchObject({ voice: 'ash', speed: 1, format: { type: 'audio/pcm', rate: 24_000 } });
  });

  it('mints a key for ten minutes by default, also with an empty body', async () => {
    const clock = new FakeClock();
    const { sandbox } = await start({ clock });
    const body = (await (await post(sandbox, '/realtime/client_secrets', '')).json()) as { expires_at: number };
    expect(body.expires_at).toBe(Math.floor(clock.now() / 1000) + 600);
  });

  it.each([
    [{ expires_after: { anchor: 'created_at', seconds: 9 } }, 'integer_below_min_value', 'expires_after.seconds'],
    [{ expires_after: { anchor: 'created_at', seconds: 7201 } }, 'integer_above_max_value', 'expires_after.seconds'],
    [{ expires_after: { anchor: 'later' } }, 'invalid_value', 'expires_after.anchor'],
    [{ expires_after: { seconds: 'soon' } }, 'invalid_type', 'expires_after.seconds'],
    [{ session: {} }, 'missing_required_parameter', 'session.type'],
    [{ session: { type: 'realtime', voice: 'ash' } }, 'unknown_parameter', 'session.voice'],
    [{ session: { type: 'realtime', audio: { output: { voice: 'unknown' } } } }, 'invalid_value', 'session.audio.output.voice'],
    [{ sessions: {} }, 'unknown_parameter', 'sessions'],
  ])('rejects %j', async (body, code, param) => {
    const { sandbox } = await start();
    expect(await errorOf(await post(sandbox, '/realtime/client_secrets', body))).toMatchObject({
      status: 400,
      code,
      param,
      type: 'invalid_request_error',
    });
  });

  it('rejects invalid JSON, a body that is too large, and ephemeral keys', async () => {
    const { sandbox } = await start();
    expect(await errorOf(await post(sandbox, '/realtime/client_secrets', '{'))).toMatchObject({ status: 400 });
    expect(await errorOf(await post(sandbox, '/realtime/client_secrets', `"${'x'.repeat(1_100_000)}"`))).toMatchObject({ status: 413 });
    expect(await errorOf(await post(sandbox, '/realtime/client_secrets', {}, sandbox.mintKey().value))).toMatchObject({ status: 401 });
  });
});

describe('keys', () => {
  it('are rejected if missing, wrong or expired', async () => {
    const clock = new FakeClock();
    const { sandbox } = await start({ clock });
    expect(await errorOf(await fetch(`${sandbox.url}/realtime/calls`, { method: 'POST' }))).toMatchObject({ status: 401, code: null });
    const wrong = await errorOf(await post(sandbox, '/realtime/calls', OFFER, 'sk-wrong-1234567890', sdp));
    expect(wrong).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(wrong.message).not.toContain('sk-wrong-1234567890');
    expect(await errorOf(await post(sandbox, '/realtime/calls', OFFER, 'ek_unknown', sdp))).toMatchObject({
      status: 401,
      code: 'invalid_api_key',
    });
    const { value } = sandbox.mintKey({ seconds: 10 });
    await clock.pass(9_999);
    expect((await post(sandbox, '/realtime/calls', OFFER, value, sdp)).status).toBe(201);
    await clock.pass(1_001);
    const expired = await errorOf(await post(sandbox, '/realtime/calls', OFFER, value, sdp));
    expect(expired).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(expired.message).toContain('expired');
    // The call that began earlier continues.
    expect(sandbox.calls[0]?.state).toBe('connecting');
    expect(sandbox.keys[0]?.uses).toBe(1);
  });

  it('can be restricted to a list', async () => {
    const { sandbox } = await start({ apiKeys: ['sk-mine'] });
    expect((await post(sandbox, '/realtime/client_secrets', {}, 'sk-mine')).status).toBe(200);
    expect((await post(sandbox, '/realtime/client_secrets', {}, 'sk-sandbox')).status).toBe(401);
  });

  it('are redacted in the log', async () => {
    const { sandbox } = await start();
    const { value } = sandbox.mintKey();
    await post(sandbox, '/realtime/calls', OFFER, value, sdp);
    expect(JSON.stringify(sandbox.requests)).not.toContain(value);
    expect(sandbox.requests[0]).toMatchObject({ method: 'POST', path: '/v1/realtime/calls', status: 201, body: OFFER });
  });
});

describe('calls', () => {
  it('answer raw SDP with 201, SDP and Location', async () => {
    const { sandbox, peers } = await start();
    const response = await post(sandbox, '/realtime/calls', OFFER, 'sk-sandbox', sdp);
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/sdp');
    expect(await response.text()).toBe(peers[0]?.answer);
    const location = response.headers.get('location');
    expect(location).toMatch(/^\/v1\/realtime\/calls\/rtc_\w+$/);
    expect(location).toContain((await sandbox.nextCall()).id);
  });

  it('answer a form with sdp and session, as text or as files', async () => {
    const { sandbox } = await start();
    for (const asFile of [false, true]) {
      const form = new FormData();
      const session = JSON.stringify({ type: 'realtime', model: 'gpt-realtime-2.1', instructions: 'From the form.' });
      form.set('sdp', asFile ? new Blob([OFFER], { type: 'application/sdp' }) : OFFER);
      form.set('session', asFile ? new Blob([session], { type: 'application/json' }) : session);
      const response = await fetch(`${sandbox.url}/realtime/calls`, {
        method: 'POST',
        headers: { authorization: 'Bearer sk-sandbox' },
        body: form,
      });
      expect(response.status).toBe(201);
      expect((await sandbox.nextCall()).sessionConfig.instructions).toBe('From the form.');
    }
  });

  it('let the request override the session bound to the key', async () => {
    const { sandbox } = await start();
    const { value } = sandbox.mintKey({ session: { type: 'realtime', instructions: 'bound', output_modalities: ['text'] } });
    const form = new FormData();
    form.set('sdp', OFFER);
    form.set('session', JSON.stringify({ type: 'realtime', instructions: 'asked' }));
    await fetch(`${sandbox.url}/realtime/calls`, { method: 'POST', headers: { authorization: `Bearer ${value}` }, body: form });
    expect((await sandbox.nextCall()).sessionConfig).toMatchObject({ instructions: 'asked', output_modalities: ['text'] });
  });

  it.each([
    ['hello', sdp, { status: 400, code: 'invalid_offer' }],
    ['v=0\r\ns=-\r\n', sdp, { status: 400, code: 'invalid_offer' }],
    ['', sdp, { status: 400, code: 'invalid_offer' }],
    [OFFER, { 'content-type': 'text/plain' }, { status: 415 }],
    [OFFER, { 'content-type': 'multipart/form-data' }, { status: 400 }],
    [`${OFFER}${'a=x\r\n'.repeat(300_000)}`, sdp, { status: 413 }],
    [OFFER, { ...sdp, 'openai-beta': 'realtime=v1' }, { status: 400, code: 'beta_api_shape_disabled' }],
  ])('reject %.20j as %j', async (body, headers, expected) => {
    const { sandbox } = await start();
    expect(await errorOf(await post(sandbox, '/realtime/calls', body, 'sk-sandbox', headers))).toMatchObject(expected);
    expect(sandbox.calls).toHaveLength(0);
  });

  it('reject unknown models from any source', async () => {
    const { sandbox } = await start();
    const { value } = sandbox.mintKey({ session: { type: 'realtime', model: 'gpt-5' } });
    for (const [path, key] of [
      ['/realtime/calls', value],
      ['/realtime/calls?model=whatever', 'sk-sandbox'],
    ] as const) {
      expect(await errorOf(await post(sandbox, path, OFFER, key, sdp))).toMatchObject({ status: 400, code: 'invalid_model' });
    }
    expect((await post(sandbox, '/realtime/calls?model=gpt-realtime-2.1-mini', OFFER, 'sk-sandbox', sdp)).status).toBe(201);
  });

  it('reject the beta interface and unknown paths', async () => {
    const { sandbox } = await start();
    expect(await errorOf(await post(sandbox, '/realtime?model=gpt-realtime-2.1', OFFER, 'sk-sandbox', sdp))).toMatchObject({
      status: 400,
      code: 'beta_api_shape_disabled',
    });
    expect(await errorOf(await post(sandbox, '/realtime/sessions', {}))).toMatchObject({ status: 400, code: 'beta_api_shape_disabled' });
    expect(await errorOf(await post(sandbox, '/chat/completions', {}))).toMatchObject({ status: 404 });
    expect(await errorOf(await fetch(`${sandbox.url}/realtime/calls`))).toMatchObject({ status: 404 });
  });
});

describe('browsers on other origins', () => {
  it('pass the preflight with the API’s known headers, and can read Location', async () => {
    const { sandbox } = await start();
    const response = await fetch(`${sandbox.url}/realtime/calls`, { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    const allowed = (response.headers.get('access-control-allow-headers') ?? '').split(', ');
    expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', 'x-openai-agents-sdk']));
    expect(allowed).not.toContain('*');
    const refused = await post(sandbox, '/realtime/calls', 'x', 'sk-sandbox', sdp);
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
    expect(refused.headers.get('access-control-expose-headers')).toContain('Location');
  });
});

describe('hang-up', () => {
  it('ends the call only once', async () => {
    const started = await start();
    const { call, peer } = await connect(started);
    expect((await post(started.sandbox, `/realtime/calls/${call.id}/hangup`, '')).status).toBe(200);
    expect(await call.ended).toBe('hangup');
    expect(peer.closed).toBe(true);
    expect(call.pendingTimers).toBe(0);
    expect(await errorOf(await post(started.sandbox, `/realtime/calls/${call.id}/hangup`, ''))).toMatchObject({
      status: 404,
      code: 'call_id_not_found',
    });
    expect(await errorOf(await post(started.sandbox, '/realtime/calls/rtc_none/hangup', ''))).toMatchObject({ status: 404 });
    expect((await post(started.sandbox, `/realtime/calls/${call.id}/hangup`, '', 'sk-other')).status).toBe(401);
  });
});

import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { writeWav } from '../../../src/sandbox/media/wav.js';
import type { PhoneCall, PhoneCallOptions, Sandbox, WebhookForgery } from '../../../src/sandbox/index.js';
import { receiveWebhooks } from '../../support/webhook-receiver.js';
import type { Webhook, WebhookReceiver } from '../../support/webhook-receiver.js';
import { FakeClock, settle } from './fake-clock.js';
import { SocketClient, connect, post, start, tone } from './harness.js';

const SECRET = `whsec_${Buffer.from('a secret of the webhook, 32 bytes').toString('base64')}`;
const OTHER = `whsec_${Buffer.from('another secret of a webhook....').toString('base64')}`;
const SESSION = { type: 'realtime', model: 'gpt-realtime-2.1', instructions: 'Answer the phone.' };

let receiver: WebhookReceiver | undefined;
afterEach(() => receiver?.close());

/** A ringing call at a receiver; `take` handles its webhook. */
async function ring(
  sandbox: Sandbox,
  options: Partial<PhoneCallOptions> = {},
  take?: (webhook: Webhook) => number | void,
): Promise<PhoneCall> {
  receiver = await receiveWebhooks(take);
  return sandbox.phone.call({ to: '+4930123456', webhookUrl: receiver.url, secret: SECRET, ...options });
}

const act = (sandbox: Sandbox, call: Pick<PhoneCall, 'id'>, what: string, body: unknown = {}, key?: string): Promise<Response> =>
  post(sandbox, `/realtime/calls/${call.id}/${what}`, body, key);

const refusal = async (response: Response): Promise<unknown> => [
  response.status,
  ((await response.json()) as { error: { code: unknown } }).error.code,
];

/** The sideband of a call. */
async function attach(sandbox: Sandbox, call: Pick<PhoneCall, 'id'>): Promise<SocketClient> {
  const socket = new SocketClient(`${sandbox.url}/realtime?call_id=${call.id}`, [], { authorization: 'Bearer sk-sandbox' });
  await socket.opened;
  return socket;
}

const unwrap = ({ body, headers }: Webhook, secret = SECRET) => new OpenAI({ apiKey: 'sk-sandbox' }).webhooks.unwrap(body, headers, secret);

describe('the webhook of a phone call', () => {
  it('has a signature that the provider’s package accepts', async () => {
    const { sandbox } = await start();
    const call = await ring(sandbox, {
      from: '"A. Caller" <sip:+4915100000001@sip.example.com>;tag=1',
      headers: [
        { name: 'X-Shop', value: 'north' },
        { name: 'call-id', value: 'mine' },
      ],
    });
    expect(await call.delivered).toEqual({ status: 200, body: 'taken' });
    const [webhook] = receiver?.webhooks ?? [];
    expect(webhook?.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': expect.stringMatching(/^wh_\w{32}$/) });
    expect(await unwrap(webhook as Webhook)).toMatchObject({
      object: 'event',
      id: expect.stringMatching(/^evt_/),
      type: 'realtime.call.incoming',
      data: {
        call_id: call.id,
        sip_headers: [
          { name: 'From', value: '"A. Caller" <sip:+4915100000001@sip.example.com>;tag=1' },
          { name: 'To', value: '<sip:+4930123456@sip.example.com>' },
          { name: 'X-Shop', value: 'north' },
          { name: 'call-id', value: 'mine' },
        ],
      },
    });
    expect(call.state).toBe('ringing');
  });

  it('can be forged in every way that a receiver must detect', async () => {
    const { sandbox } = await start();
    const call = await ring(sandbox);
    const good: WebhookForgery[] = [{}, { skewSeconds: 290 }, { skewSeconds: -290 }, { signedWith: [OTHER, SECRET] }];
    const bad: WebhookForgery[] = [
      { signedWith: [OTHER] },
      { signedWith: [] },
      { skewSeconds: 600 },
      { skewSeconds: -600 },
      { alter: (body) => body.replace('+4930123456', '+4930123457') },
      { alter: (body) => `${body} ` },
      { headers: { 'webhook-id': 'wh_other' } },
      { headers: { 'webhook-timestamp': '1' } },
    ];
    for (const forgery of [...good, ...bad]) expect((await call.deliver(forgery)).status).toBe(200);
    const sent = receiver?.webhooks.slice(1) ?? [];
    for (const webhook of sent.slice(0, good.length)) await expect(unwrap(webhook)).resolves.toMatchObject({ data: { call_id: call.id } });
    for (const webhook of sent.slice(good.length)) await expect(unwrap(webhook)).rejects.toThrow(/[Ww]ebhook/);
    expect(new Set(receiver?.webhooks.slice(0, 5).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await call.deliver({ id: 'wh_fresh', type: 'batch.completed' });
    await call.deliver({ body: '[1,2' });
    expect(JSON.parse(receiver?.webhooks.at(-2)?.body ?? '')).toMatchObject({ type: 'batch.completed' });
    expect([receiver?.webhooks.at(-2)?.headers['webhook-id'], receiver?.webhooks.at(-1)?.body]).toEqual(['wh_fresh', '[1,2']);
  });

  it('reports a receiver that fails or cannot be reached', async () => {
    const { sandbox } = await start();
    const refused = await ring(sandbox, {}, () => 500);
    expect(await refused.delivered).toMatchObject({ status: 500 });
    await receiver?.close();
    expect(await refused.deliver()).toEqual({ status: undefined, body: 'ECONNREFUSED' });
  });
});

describe('a phone call', () => {
  it('is accepted with a session, carries audio both ways, and ends when the caller hangs up', async () => {
    const { sandbox } = await start({ script: { replies: ['Good day, this is the shop.', 'Right.'] } });
    const call = await ring(sandbox, { audio: [300, tone(900), 900] });
    expect(
      (
        await act(sandbox, call, 'accept', {
          ...SESSION,
          audio: { input: { turn_detection: { type: 'server_vad' }, transcription: { model: 'gpt-transcribe' } } },
        })
      ).status,
    ).toBe(200);
    const session = await call.answered;
    expect([call.state, session.id, session.kind, session.sessionConfig.instructions]).toEqual([
      'talking',
      call.id,
      'sip',
      'Answer the phone.',
    ]);
    expect(await sandbox.nextCall()).toBe(session);
    const sideband = await attach(sandbox, call);
    expect(await sideband.next('session.created')).toMatchObject({ session: { model: 'gpt-realtime-2.1' } });
    sideband.say({ type: 'response.create' });
    await sideband.next('output_audio_buffer.started');
    const heardAt = await call.waitForSound();
    await sideband.next('input_audio_buffer.speech_started');
    // The caller's speech interrupts the greeting and is answered.
    await sideband.next('output_audio_buffer.cleared');
    expect(await sideband.next('conversation.item.input_audio_transcription.completed')).toMatchObject({
      transcript: expect.stringMatching(/speech, 0\.\d s/),
    });
    await sideband.next('output_audio_buffer.stopped');
    await call.waitForSilence({ after: heardAt });
    expect(call.heardLevel({ since: heardAt })).toBeGreaterThan(-40);
    expect(call.heard().length).toBe(call.levels.length * 480);
    expect(session.inputLevel()).toBeGreaterThan(-40);
    call.hangUp();
    expect([await call.ended, await session.ended, call.state, session.pendingTimers]).toEqual([
      { by: 'caller' },
      'client-closed',
      'ended',
      0,
    ]);
    expect((await sideband.closed).code).toBe(1000);
    await expect(call.say(tone(100))).resolves.toBeUndefined();
  });

  it('plays files and pauses, speaks on demand and presses keys', async () => {
    const { sandbox } = await start();
    const call = await ring(sandbox, { audio: writeWav(tone(200), 24_000), keys: '12' });
    await act(sandbox, call, 'accept', SESSION);
    const session = await call.answered;
    const dtmf = (key: string) =>
      session.waitForServerEvent(({ type, event }) => type === 'input_audio_buffer.dtmf_event_received' && event['event'] === key);
    expect((await dtmf('2')).event).toEqual({
      type: 'input_audio_buffer.dtmf_event_received',
      event: '2',
      received_at: expect.any(Number),
    });
    const before = session.frames.received;
    await call.say(['words', 100]);
    expect(session.frames.received - before).toBeGreaterThanOrEqual(20);
    call.press('#*0A');
    expect(call.pressed).toBe('12#*0A');
    expect(() => {
      call.press('5x');
    }).toThrow('keys that a phone does not have');
    expect(() => sandbox.phone.call({ to: '1', webhookUrl: 'http://127.0.0.1:1', secret: SECRET, audio: new Uint8Array(40) })).toThrow(
      'not a RIFF/WAVE file',
    );
    expect(() => sandbox.phone.call({ to: '1', webhookUrl: 'http://127.0.0.1:1', secret: SECRET, keys: 'E' })).toThrow(TypeError);
  });

  it('can be rejected with a status', async () => {
    const { sandbox } = await start();
    const busy = await ring(sandbox);
    expect((await act(sandbox, busy, 'reject', { status_code: 486 })).status).toBe(200);
    expect([await busy.ended, busy.state]).toEqual([{ by: 'rejected', status: 486 }, 'ended']);
    await expect(busy.answered).rejects.toThrow('The call was not accepted');
    expect(await refusal(await act(sandbox, busy, 'accept', SESSION))).toEqual([404, 'call_id_not_found']);
    const declined = await ring(sandbox);
    expect(await refusal(await act(sandbox, declined, 'reject', { status_code: 200 }))).toEqual([400, 'integer_below_min_value']);
    await act(sandbox, declined, 'reject');
    expect(await declined.ended).toEqual({ by: 'rejected', status: 603 });
  });

  it('can be referred and hung up', async () => {
    const { sandbox } = await start();
    const [first, second] = [await ring(sandbox), await ring(sandbox)];
    for (const call of [first, second]) await act(sandbox, call, 'accept', SESSION);
    expect(await refusal(await act(sandbox, first, 'refer', {}))).toEqual([400, 'missing_required_parameter']);
    expect(await refusal(await act(sandbox, first, 'refer', { target_uri: 'http://example.com' }))).toEqual([400, 'invalid_value']);
    expect((await act(sandbox, first, 'refer', { target_uri: 'tel:+4930999' })).status).toBe(200);
    expect(await first.ended).toEqual({ by: 'referred', target: 'tel:+4930999' });
    expect((await first.answered).endReason).toBe('referred');
    expect((await act(sandbox, second, 'hangup')).status).toBe(200);
    expect(await second.ended).toEqual({ by: 'hangup' });
    expect(await refusal(await act(sandbox, second, 'hangup'))).toEqual([404, 'call_id_not_found']);
  });

  it('stops ringing at its timeout or on hang-up, and ends when the sandbox resets', async () => {
    const clock = new FakeClock();
    const { sandbox } = await start({ clock });
    const [patient, brief, gone] = [await ring(sandbox, { ringSeconds: 60 }), await ring(sandbox, { ringSeconds: 5 }), await ring(sandbox)];
    gone.hangUp();
    await clock.pass(5_000);
    expect([patient.state, brief.end, gone.end]).toEqual(['ringing', { by: 'unanswered' }, { by: 'caller' }]);
    await act(sandbox, patient, 'accept', SESSION);
    await clock.pass(60_000);
    expect(patient.state).toBe('talking');
    sandbox.reset();
    await settle();
    expect([patient.end, sandbox.phone.calls.length, clock.pending]).toEqual([{ by: 'scripted' }, 0, 0]);
  });

  it('rejects the documented invalid requests', async () => {
    const { sandbox } = await start();
    const call = await ring(sandbox);
    const { value } = sandbox.mintKey();
    expect(await refusal(await act(sandbox, { id: 'rtc_none' }, 'accept', SESSION))).toEqual([404, 'call_id_not_found']);
    expect(await refusal(await act(sandbox, call, 'accept', SESSION, value))).toEqual([401, 'invalid_api_key']);
    expect(await refusal(await act(sandbox, call, 'reject', {}, value))).toEqual([401, 'invalid_api_key']);
    expect(await refusal(await act(sandbox, call, 'accept', { model: 'gpt-realtime-2.1' }))).toEqual([400, 'missing_required_parameter']);
    expect(await refusal(await act(sandbox, call, 'accept', { ...SESSION, model: 'gpt-5' }))).toEqual([400, 'invalid_model']);
    expect(await refusal(await act(sandbox, call, 'accept', { type: 'transcription' }))).toEqual([400, 'invalid_value']);
    for (const field of ['threshold', 'prefix_padding_ms', 'silence_duration_ms']) {
      const session = { ...SESSION, audio: { input: { turn_detection: { type: 'server_vad', [field]: 1 } } } };
      expect(await refusal(await act(sandbox, call, 'accept', session))).toEqual([400, 'unknown_parameter']);
    }
    for (const what of ['refer', 'hangup'])
      expect(await refusal(await act(sandbox, call, what, { target_uri: 'tel:1' }))).toEqual([404, 'call_id_not_found']);
    await expect(attach(sandbox, call)).rejects.toMatchObject({ status: 404 });
    expect((await act(sandbox, call, 'accept', SESSION)).status).toBe(200);
    for (const what of ['accept', 'reject'])
      expect(await refusal(await act(sandbox, call, what, what === 'accept' ? SESSION : {}))).toEqual([409, 'call_already_accepted']);
    sandbox.play('azure');
    expect((await act(sandbox, call, 'refer', { target_uri: 'tel:1' })).status).toBe(404);
    expect(() => sandbox.phone.call({ to: '1', webhookUrl: 'http://127.0.0.1:1', secret: SECRET })).toThrow('Only the profile ga');
  });

  it('outlives its sidebands, and ends at its maximum duration or when the sandbox closes', async () => {
    const clock = new FakeClock();
    const { sandbox } = await start({ clock, capMinutes: 1 });
    const [long, other] = [await ring(sandbox, { ringSeconds: 600 }), await ring(sandbox, { ringSeconds: 600 })];
    await act(sandbox, long, 'accept', SESSION);
    const sideband = await attach(sandbox, long);
    const session = await long.answered;
    expect(session.sidebands).toBe(1);
    session.closeSidebands();
    expect((await sideband.closed).code).toBe(1011);
    const again = await attach(sandbox, long);
    expect([session.state, session.sidebands]).toEqual(['open', 1]);
    await clock.pass(60_000);
    expect(await again.next('error')).toMatchObject({ error: { code: 'session_expired' } });
    expect(await long.ended).toEqual({ by: 'expired' });
    await sandbox.close();
    expect(await other.ended).toEqual({ by: 'sandbox-closed' });
  });

  it('is subject to faults', async () => {
    const { sandbox } = await start();
    sandbox.fault({ at: 'accept', fault: 'status', status: 503, times: 1 });
    const call = await ring(sandbox);
    expect((await act(sandbox, call, 'accept', SESSION)).status).toBe(503);
    expect(call.state).toBe('ringing');
    expect((await act(sandbox, call, 'accept', SESSION)).status).toBe(200);
    const session = await call.answered;
    session.setLoss(1);
    session.replyNext('Nobody hears this.');
    (await attach(sandbox, call)).say({ type: 'response.create' });
    await session.waitForServerEvent('output_audio_buffer.stopped');
    expect(call.heardLevel()).toBe(-100);
  });
});

describe('phone calls at the control endpoint', () => {
  it('can be placed, spoken on, sent keys, listened to and hung up', async () => {
    const started = await start();
    const { sandbox } = started;
    const control = async (method: string, path: string, body?: unknown) => {
      const response = await fetch(`${sandbox.controlUrl}/phone/calls${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      return {
        status: response.status,
        body: response.headers.get('content-type')?.includes('json') === true ? await response.json() : await response.arrayBuffer(),
      };
    };
    receiver = await receiveWebhooks();
    const wav = Buffer.from(writeWav(tone(200), 24_000)).toString('base64');
    const placed = await control('POST', '', {
      to: '+4930123456',
      webhook_url: receiver.url,
      secret: SECRET,
      audio: ['hello', 200, { wav }],
      webhook: { skew_seconds: -600 },
    });
    expect(placed).toMatchObject({ status: 200, body: { state: 'ringing', to: '+4930123456', end: null, webhook_status: 200 } });
    const { id } = placed.body;
    await expect(unwrap(receiver.webhooks[0] as Webhook)).rejects.toThrow('too old');
    expect(await control('POST', `/${id}/webhook`, { signed_with: [OTHER, SECRET] })).toMatchObject({
      status: 200,
      body: { status: 200, body: 'taken' },
    });
    await expect(unwrap(receiver.webhooks[1] as Webhook)).resolves.toMatchObject({ data: { call_id: id } });
    expect(await control('POST', `/${id}/keys`, { keys: '1' })).toMatchObject({ status: 400 });
    await act(sandbox, { id }, 'accept', SESSION);
    expect(await control('POST', `/${id}/keys`, { keys: '1#' })).toMatchObject({ status: 200 });
    expect(await control('POST', `/${id}/keys`, { keys: 'x' })).toMatchObject({ status: 400 });
    expect(await control('POST', `/${id}/say`, { audio: 'more' })).toMatchObject({ status: 200 });
    expect(await control('POST', `/${id}/say`, { audio: { wav: 'AAAA' } })).toMatchObject({ status: 400 });
    expect((await control('GET', `/${id}/heard.wav`)).body.byteLength).toBeGreaterThan(44);
    expect(await control('GET', `/${id}/ended?timeout_ms=1`)).toMatchObject({ status: 408 });
    expect(await control('POST', `/${id}/hang-up`, {})).toMatchObject({ status: 200 });
    expect(await control('GET', `/${id}/ended`)).toMatchObject({
      status: 200,
      body: { end: { by: 'caller' }, pressed: '1#', heard_dbfs: expect.any(Number) },
    });
    expect(await control('GET', '')).toMatchObject({ body: [{ id }] });
    for (const body of [
      {},
      { to: '1', webhook_url: 'x', secret: 's', extra: 1 },
      { to: '1', webhook_url: receiver.url, secret: SECRET, keys: 'q' },
    ]) {
      expect(await control('POST', '', body)).toMatchObject({ status: 400 });
    }
    expect(await control('GET', '/rtc_none')).toMatchObject({ status: 404 });
    await connect(started);
    expect(await control('GET', `/${id}`)).toMatchObject({ status: 200, body: { id, state: 'ended' } });
  });
});

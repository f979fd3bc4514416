import { describe, expect, it } from 'vitest';
import { SocketClient, connect, expectRequiredFields, sent, silence, start, tone } from './harness.js';

const KEY = ['realtime', 'openai-insecure-api-key.sk-sandbox'];
const base64 = (pcm: Int16Array): string => Buffer.from(pcm.buffer).toString('base64');

describe('the handshake', () => {
  it('accepts keys in a header and in subprotocols', async () => {
    const { sandbox } = await start();
    const byProtocol = new SocketClient(`${sandbox.url}/realtime?model=gpt-realtime-2.1`, [...KEY, 'openai-agents-sdk.0.20.0']);
    expect((await byProtocol.next('session.created'))['session']).toMatchObject({ type: 'realtime', model: 'gpt-realtime-2.1' });
    expect(byProtocol.socket.protocol).toBe('realtime');
    const byHeader = new SocketClient(`${sandbox.url}/realtime?model=gpt-realtime-2.1`, [], { authorization: 'Bearer sk-sandbox' });
    expect((await byHeader.next('session.created'))['session'].model).toBe('gpt-realtime-2.1');
    expect(byHeader.socket.protocol).toBe('');
    const { value } = sandbox.mintKey({ session: { type: 'realtime', instructions: 'bound' } });
    const ephemeral = new SocketClient(`${sandbox.url}/realtime?model=gpt-realtime-2.1`, ['realtime', `openai-insecure-api-key.${value}`]);
    expect((await ephemeral.next('session.created'))['session'].instructions).toBe('bound');
  });

  it('rejects a wrong key after the upgrade and a missing one before it', async () => {
    const { sandbox } = await start();
    const wrong = new SocketClient(`${sandbox.url}/realtime?model=gpt-realtime-2.1`, ['realtime', 'openai-insecure-api-key.ek_wrong']);
    expect((await wrong.next('error'))['error']).toMatchObject({ code: 'invalid_api_key' });
    expect(await wrong.closed).toEqual({ code: 3000, reason: 'invalid_request_error.invalid_api_key' });
    await expect(new SocketClient(`${sandbox.url}/realtime?model=gpt-realtime-2.1`).opened).rejects.toMatchObject({ status: 401 });
  });

  it.each([
    ['?model=gpt-nothing', {}, 'invalid_model'],
    ['', {}, 'missing_model'],
    ['?intent=poetry', {}, 'invalid_intent'],
    ['?model=gpt-realtime-2.1', { 'openai-beta': 'realtime=v1' }, 'beta_api_shape_disabled'],
  ])('rejects %s %j with 4000', async (query, headers, code) => {
    const { sandbox } = await start();
    const client = new SocketClient(`${sandbox.url}/realtime${query}`, [], { authorization: 'Bearer sk-sandbox', ...headers });
    expect((await client.next('error'))['error']).toMatchObject({ code });
    expect(await client.closed).toEqual({ code: 4000, reason: `invalid_request_error.${code}` });
    expect(sandbox.calls).toHaveLength(0);
  });

  it('rejects other paths and unknown calls with 404', async () => {
    const { sandbox } = await start();
    const headers = { authorization: 'Bearer sk-sandbox' };
    await expect(new SocketClient(`${sandbox.url}/elsewhere`, [], headers).opened).rejects.toMatchObject({ status: 404 });
    await expect(new SocketClient(`${sandbox.url}/realtime?call_id=rtc_none`, [], headers).opened).rejects.toMatchObject({ status: 404 });
  });
});

describe('a session over WebSocket', () => {
  it('accepts audio and answers with audio deltas, without an output buffer', async () => {
    const { sandbox } = await start();
    const client = new SocketClient(`${sandbox.url}/realtime?model=gpt-realtime-2.1`, KEY);
    await client.next('session.created');
    const call = await sandbox.nextCall();
    for (const part of [silence(300), tone(700), silence(900)]) client.say({ type: 'input_audio_buffer.append', audio: base64(part) });
    const { response } = await client.next('response.done');
    const deltas = client.events.filter((event) => event['type'] === 'response.output_audio.delta');
    const bytes = deltas.reduce((sum, event) => sum + Buffer.from(event['delta'] as string, 'base64').length, 0);
    expect(bytes / 48_000).toBeGreaterThan(1.5);
    expect(response.usage.output_token_details.audio_tokens).toBeCloseTo(bytes / 2_400, -1);
    expect(sent(call.events).some((name) => name.startsWith('output_audio_buffer'))).toBe(false);
    client.say({ type: 'conversation.item.retrieve', item_id: call.items[0]?.id ?? '' });
    const { item } = await client.next('conversation.item.retrieved');
    expect(Buffer.from(item.content[0].audio as string, 'base64').length / 48_000).toBeGreaterThan(1);
    expectRequiredFields(call.events);
    client.socket.close();
    expect(await call.ended).toBe('client-closed');
  });

  it('leaves truncation after a barge-in to the client', async () => {
    const { sandbox } = await start({ speed: 4 });
    const client = new SocketClient(`${sandbox.url}/realtime?model=gpt-realtime-2.1`, KEY);
    await client.next('session.created');
    client.say({ type: 'response.create' });
    await client.next('response.output_audio.delta');
    client.say({ type: 'input_audio_buffer.append', audio: base64(tone(300)) });
    expect((await client.next('response.done'))['response'].status_details).toEqual({ type: 'cancelled', reason: 'turn_detected' });
    expect(client.events.some((event) => event['type'] === 'conversation.item.truncated')).toBe(false);
  });

  it.each(['audio/pcmu', 'audio/pcma'])('supports %s', async (format) => {
    const { sandbox } = await start();
    const client = new SocketClient(`${sandbox.url}/realtime?model=gpt-realtime-2.1`, KEY);
    client.socket.once('open', () => {
      client.say({
        type: 'session.update',
        session: { type: 'realtime', audio: { input: { format: { type: format } }, output: { format: { type: format } } } },
      });
    });
    await client.next('session.updated');
    client.say({ type: 'response.create' });
    const { response } = await client.next('response.done');
    const bytes = client.events
      .filter((event) => event['type'] === 'response.output_audio.delta')
      .reduce((sum, event) => sum + Buffer.from(event['delta'] as string, 'base64').length, 0);
    expect(response.usage.output_token_details.audio_tokens).toBeCloseTo(bytes / 400, -1);
    expect(response.audio.output.format).toEqual({ type: format });
  });

  it('rejects invalid audio and binary messages', async () => {
    const { sandbox } = await start();
    const client = new SocketClient(`${sandbox.url}/realtime?model=gpt-realtime-2.1`, KEY);
    await client.next('session.created');
    client.say({ type: 'input_audio_buffer.append', audio: '***', event_id: 'a1' });
    expect((await client.next('error'))['error']).toMatchObject({ param: 'audio', event_id: 'a1' });
    client.say({ type: 'input_audio_buffer.append', audio: 'AAAA' });
    expect((await client.next('error'))['error']).toMatchObject({ param: 'audio' });
    client.socket.send(Buffer.of(1, 2, 3));
    expect((await client.next('error'))['error']).toMatchObject({ code: 'invalid_json' });
  });

  it('only transcribes with ?intent=transcription', async () => {
    const { sandbox } = await start({ transcribe: () => Promise.resolve('just words') });
    const client = new SocketClient(`${sandbox.url}/realtime?intent=transcription`, KEY);
    expect((await client.next('session.created'))['session']).toMatchObject({
      type: 'transcription',
      object: 'realtime.transcription_session',
    });
    client.say({
      type: 'session.update',
      session: { type: 'transcription', audio: { input: { transcription: { model: 'gpt-transcribe' }, turn_detection: null } } },
    });
    await client.next('session.updated');
    client.say({ type: 'input_audio_buffer.append', audio: base64(tone(500)) });
    client.say({ type: 'input_audio_buffer.commit' });
    expect((await client.next('conversation.item.input_audio_transcription.completed'))['transcript']).toBe('just words');
    client.say({ type: 'response.create' });
    await client.next('error');
    expectRequiredFields((await sandbox.nextCall()).events);
  });
});

describe('a sideband', () => {
  it('receives the events of a call and can send events', async () => {
    const started = await start();
    const connected = await connect(started);
    const side = new SocketClient(`${started.sandbox.url}/realtime?call_id=${connected.call.id}`, [], {
      authorization: 'Bearer sk-sandbox',
    });
    await side.next('session.created');
    side.say({ type: 'session.update', session: { type: 'realtime', instructions: 'from the side' } });
    expect((await side.next('session.updated'))['session'].instructions).toBe('from the side');
    expect((await connected.next('session.updated'))['session'].instructions).toBe('from the side');
    connected.say({ type: 'response.create' });
    const done = await side.next('response.done');
    expect(done).toEqual(connected.peer.received.find((event) => event['type'] === 'response.done'));
    // An error goes only to the sender.
    side.say({ type: 'response.cancel' });
    await side.next('error');
    expect(connected.peer.types).not.toContain('error');
    connected.peer.leave();
    await side.closed;
  });

  it('does not end the call when it closes, and gets 404 for an ephemeral key', async () => {
    const started = await start();
    const connected = await connect(started);
    const side = new SocketClient(`${started.sandbox.url}/realtime?call_id=${connected.call.id}`, KEY);
    await side.next('session.created');
    side.socket.close();
    await side.closed;
    expect(connected.call.state).toBe('open');
    const { value } = started.sandbox.mintKey();
    await expect(
      new SocketClient(`${started.sandbox.url}/realtime?call_id=${connected.call.id}`, ['realtime', `openai-insecure-api-key.${value}`])
        .opened,
    ).rejects.toMatchObject({ status: 404 });
  });
});

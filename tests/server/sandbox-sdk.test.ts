/**
 * The sandbox with unmodified clients in Node: the Agents SDK over WebSocket and the REST client of the `openai` package. They must not
 * be able to distinguish it from the real API.
 */
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from '@openai/agents/realtime';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { OFFER, expectRequiredFields, silence, start, tone } from '../unit/sandbox/harness.js';

const weather = tool<{ type: 'object'; properties: Record<string, { type: 'string' }>; required: string[]; additionalProperties: true }>({
  name: 'get_weather',
  description: 'Tells the weather.',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: true },
  strict: false,
  execute: (input: unknown) => Promise.resolve({ temperature: 21, city: (input as { city: string }).city }),
});

describe('the Agents SDK over WebSocket', () => {
  it('connects, sends speech and text, and calls a tool', async () => {
    const { sandbox } = await start({ script: { transcripts: ['good morning'] } });
    const url = `${sandbox.url.replace('http', 'ws')}/realtime?model=gpt-realtime-2.1`;
    const transport = new OpenAIRealtimeWebSocket({ url, useInsecureApiKey: true });
    const session = new RealtimeSession(new RealtimeAgent({ name: 'tester', instructions: 'x', tools: [weather] }), {
      transport,
      model: 'gpt-realtime-2.1',
    });
    const errors: unknown[] = [];
    let audioBytes = 0;
    session.on('error', ({ error }) => errors.push(error));
    session.on('audio', ({ data }) => (audioBytes += data.byteLength));
    await session.connect({ apiKey: 'sk-sandbox' });
    const call = await sandbox.nextCall();
    const follow = (() => {
      let after = 0;
      return async (type: string) => {
        const event = await call.waitForServerEvent(type, { after });
        after = event.index + 1;
        return event;
      };
    })();
    await follow('session.updated');

    for (const part of [silence(300), tone(600), silence(3_000)]) session.sendAudio(part.buffer as ArrayBuffer);
    await follow('response.done');
    await expect.poll(() => audioBytes).toBeGreaterThan(48_000);

    session.sendMessage('Please call get_weather for Oslo');
    await follow('response.done');
    await follow('response.done');
    await expect.poll(() => JSON.stringify(session.history)).toContain('The tool get weather answered: temperature 21, city Oslo');
    expect(session.history.map((item) => item.type)).toEqual(['message', 'message', 'message', 'function_call', 'message']);
    expect(JSON.stringify(session.history[0])).toContain('good morning');
    expect(session.usage.totalTokens).toBeGreaterThan(0);
    expect(errors).toEqual([]);
    expectRequiredFields(call.events);
    session.close();
    expect(await call.ended).toBe('client-closed');
  });

  it('reports the list and results of hosted MCP tools', async () => {
    const { sandbox } = await start({
      script: {
        mcp: { docs: { tools: [{ name: 'search', description: 'Searches.' }] } },
        replies: [{ items: [{ mcpCall: 'search', server: 'docs', arguments: { q: 'x' }, output: 'found' }] }],
      },
    });
    const url = `${sandbox.url.replace('http', 'ws')}/realtime?model=gpt-realtime-2.1`;
    const transport = new OpenAIRealtimeWebSocket({ url, useInsecureApiKey: true });
    const session = new RealtimeSession(new RealtimeAgent({ name: 'tester' }), { transport, model: 'gpt-realtime-2.1' });
    const listed = new Promise((resolve) => transport.on('mcp_tools_listed', resolve));
    const completed = new Promise((resolve) =>
      session.on('mcp_tool_call_completed', (_context, _agent, call) => {
        resolve(call);
      }),
    );
    await session.connect({ apiKey: 'sk-sandbox' });
    transport.sendEvent({
      type: 'session.update',
      session: { type: 'realtime', tools: [{ type: 'mcp', server_label: 'docs', server_url: 'https://example.com/mcp' }] },
    });
    expect(await listed).toMatchObject({ serverLabel: 'docs', tools: [{ name: 'search' }] });
    session.sendMessage('search');
    expect(await completed).toMatchObject({ name: 'search', output: 'found' });
    session.close();
  });
});

describe('the openai package', () => {
  it('mints keys, creates calls and hangs them up', async () => {
    const { sandbox } = await start();
    const client = new OpenAI({ baseURL: sandbox.url, apiKey: 'sk-sandbox', maxRetries: 0 });
    const secret = await client.realtime.clientSecrets.create({
      expires_after: { anchor: 'created_at', seconds: 60 },
      session: { type: 'realtime', model: 'gpt-realtime-2.1', audio: { output: { voice: 'cedar' } } },
    });
    expect(secret.value).toMatch(/^ek_/);
    expect(secret.session).toMatchObject({ type: 'realtime', audio: { output: { voice: 'cedar' } } });
    const response = await client.realtime.calls.create({
      sdp: OFFER,
      session: { type: 'realtime', model: 'gpt-realtime-2.1', instructions: 'By form.' },
    });
    expect(response.status).toBe(201);
    const id = response.headers.get('location')?.split('/').at(-1) ?? '';
    const call = await sandbox.nextCall();
    expect([call.id, call.sessionConfig.instructions]).toEqual([id, 'By form.']);
    await client.realtime.calls.hangup(id);
    expect(await call.ended).toBe('hangup');
    await expect(client.realtime.calls.hangup(id)).rejects.toMatchObject({ status: 404, code: 'call_id_not_found' });
  });

  it('throws its own error classes', async () => {
    const { sandbox } = await start({ script: { faults: [{ at: 'client_secrets', fault: 'status', status: 429, times: 1 }] } });
    const client = new OpenAI({ baseURL: sandbox.url, apiKey: 'sk-sandbox', maxRetries: 0 });
    await expect(client.realtime.clientSecrets.create({})).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await expect(
      new OpenAI({ baseURL: sandbox.url, apiKey: 'sk-no', maxRetries: 0 }).realtime.clientSecrets.create({}),
    ).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });
});

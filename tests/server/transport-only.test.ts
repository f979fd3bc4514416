/** The Agents SDK's transport in Node without a session: connecting, audio in both directions, raw events. */
import { OpenAIRealtimeWebSocket } from '@openai/agents/realtime';
import { expect, it, vi } from 'vitest';
import { silence, start, tone } from '../unit/sandbox/harness.js';

it('sends and receives audio, and reports every raw event', async () => {
  const { sandbox } = await start({ script: { transcripts: ['good morning'] } });
  const client = new OpenAIRealtimeWebSocket({ url: `${sandbox.url.replace('http', 'ws')}/realtime?model=gpt-realtime-2.1` });
  const raw: string[] = [];
  let sound = 0;
  client.on('*', ({ type }) => raw.push(type));
  client.on('audio', ({ data }) => (sound += data.byteLength));
  await client.connect({
    apiKey: 'sk-sandbox',
    model: 'gpt-realtime-2.1',
    // As in the document, with the field names of the previous interface.
    initialSessionConfig: {
      instructions: 'Speak like a pirate',
      voice: 'ash',
      modalities: ['audio'],
      inputAudioFormat: 'pcm16',
      outputAudioFormat: 'pcm16',
    },
  });
  const call = await sandbox.nextCall();
  await call.waitForServerEvent('session.updated');
  expect(call.sessionConfig).toMatchObject({ instructions: 'Speak like a pirate', audio: { output: { voice: 'ash' } } });

  for (const part of [silence(300), tone(600), silence(3_000)]) client.sendAudio(part.buffer as ArrayBuffer);
  await call.waitForServerEvent('response.done', { timeoutMs: 20_000 });
  await expect.poll(() => sound).toBeGreaterThan(24_000);
  client.sendEvent({ type: 'conversation.item.retrieve', item_id: String(call.items[0]?.id) });
  await expect.poll(() => raw).toContain('conversation.item.retrieved');
  // The SDK retrieves items, too, so further events may be on their way.
  await vi.waitFor(() => expect(raw).toEqual(call.events.filter(({ direction }) => direction === 'out').map(({ type }) => type)));
  client.close();
  expect(await call.ended).toBe('client-closed');
});

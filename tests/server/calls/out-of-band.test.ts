/** Responses that the page of a brokered call requests with settings of its own, as far as the API reports them. */
import { describe, expect, it } from 'vitest';
import type { ProfileOptions } from '../../../src/server/options.js';
import { broker, connected, sandboxed } from './support.js';
import type { BrokeredCall, Broker } from './support.js';

/** A call to an agent with these settings. */
async function calling(profile: ProfileOptions = {}): Promise<{ server: Broker; call: BrokeredCall }> {
  const sandbox = await sandboxed();
  const session = { model: 'gpt-realtime-2.1', voice: 'cedar' };
  const server = broker(sandbox.url, { limits: { money: false }, profiles: { default: { session, ...profile } } });
  return { server, call: await connected(server, sandbox) };
}

/** Until its usage is reported, a response outside the conversation counts as a full context and the longest answer. */
const FULL_CONTEXT = 128_000 + 4_096;

const respond = (response: object) => ({ type: 'response.create', response });

async function expectRefused({ server, call }: { server: Broker; call: BrokeredCall }, field: string): Promise<void> {
  expect(await call.call.ended).toBe('hangup');
  expect((await server.heard('tampered')).field).toBe(field);
  expect((await server.heard('call-ended')).reason).toBe('tampered');
}

const QUESTION = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Write my essay.' }] };

describe('a page is hung up if it requests a response', () => {
  it.each([
    ['outside the conversation', { conversation: 'none' }, 'response.conversation'],
    [
      'outside the conversation with its own input and everything else',
      {
        conversation: 'none',
        input: [QUESTION],
        output_modalities: ['text'],
        instructions: 'Be an essay writer.',
        metadata: { topic: 'essay' },
        audio: { output: { voice: 'marin' } },
        max_output_tokens: 1,
      },
      'response.conversation',
    ],
    ['with metadata', { metadata: { topic: 'essay' } }, 'response.metadata'],
    ['in another modality', { output_modalities: ['text'] }, 'response.output_modalities'],
    ['in another voice', { audio: { output: { voice: 'marin' } } }, 'response.audio.output.voice'],
    ['in a custom voice', { audio: { output: { voice: { id: 'voice_mine' } } } }, 'response.audio.output.voice'],
  ])('%s', async (_name, response, field) => {
    const { server, call } = await calling();
    call.say(respond(response));
    await expectRefused({ server, call }, field);
  });

  it('longer than allowed, also outside the conversation', async () => {
    const { server, call } = await calling({
      outOfBandResponses: 'allow',
      session: { config: { max_output_tokens: 100 } },
    });
    call.say(respond({ conversation: 'none', max_output_tokens: 101 }));
    await expectRefused({ server, call }, 'response.max_output_tokens');
  });

  it('in another voice within the conversation, although other responses may have one', async () => {
    const { server, call } = await calling({ outOfBandResponses: 'allow' });
    call.say(respond({ conversation: 'none', audio: { output: { voice: 'marin' } } }));
    await server.hears('response.done');
    call.say(respond({ audio: { output: { voice: 'marin' } } }));
    await expectRefused({ server, call }, 'response.audio.output.voice');
  });
});

describe('a page may request a response', () => {
  it.each<[string, ProfileOptions, object]>([
    ['without settings', {}, {}],
    ['with the settings of the session', {}, { conversation: 'auto', output_modalities: ['audio'], audio: { output: { voice: 'cedar' } } }],
    ['with empty metadata', {}, { metadata: {} }],
    ['that is shorter', { session: { config: { max_output_tokens: 100 } } }, { max_output_tokens: 50 }],
    ['in a modality that it may change', { clientMutableFields: ['output_modalities'] }, { output_modalities: ['text'] }],
    ['in a voice that it may change', { clientMutableFields: ['audio.output'] }, { audio: { output: { voice: 'marin' } } }],
    ['outside the conversation, if its profile allows it', { outOfBandResponses: 'allow' }, { conversation: 'none' }],
    [
      'outside the conversation with settings of its own, if its profile allows it',
      { outOfBandResponses: 'allow' },
      {
        conversation: 'none',
        input: [QUESTION],
        output_modalities: ['text'],
        metadata: { topic: 'a' },
        audio: { output: { voice: 'marin' } },
      },
    ],
    ['with metadata, if its profile allows it', { outOfBandResponses: 'allow' }, { metadata: { topic: 'a' } }],
  ])('%s', async (_name, profile, response) => {
    const { server, call } = await calling(profile);
    call.say(respond(response));
    await server.hears('response.done');
    await call.end();
    expect((await server.heard('call-ended')).reason).toBe('visitor');
    expect(server.events.filter(({ type }) => type === 'tampered')).toEqual([]);
  });
});

describe('responses of an API', () => {
  const created = (response: object) => ({ type: 'response.created', response: { id: 'resp_1', output: [], ...response } });

  it('that never sends conversation IDs count as part of the conversation', async () => {
    const { server, call } = await calling();
    call.call.sendEvent(created({}));
    call.call.sendEvent({ type: 'response.done', response: { id: 'resp_1', output: [] } });
    await server.hears('response.done');
    await call.end();
    expect(server.events.filter(({ type }) => type === 'tampered')).toEqual([]);
  });

  it('that sends conversation IDs are outside the conversation without one', async () => {
    const { server, call } = await calling();
    call.call.sendEvent(created({ conversation_id: 'conv_1' }));
    call.call.sendEvent({ type: 'response.done', response: { id: 'resp_1', conversation_id: 'conv_1', output: [] } });
    call.call.sendEvent(created({ id: 'resp_2' }));
    await expectRefused({ server, call }, 'response.conversation');
  });
});

describe('allowed responses outside the conversation', () => {
  it('count towards the limits of the call', async () => {
    const { server, call } = await calling({ outOfBandResponses: 'allow', limits: { tokens: FULL_CONTEXT + 3_000 } });
    let ended = false;
    void call.call.ended.then(() => (ended = true));
    for (let turn = 1; turn <= 300 && !ended; turn++) {
      call.say(respond({ conversation: 'none', input: [QUESTION], instructions: 'Say "x".' }));
      await Promise.race([call.call.ended, server.hears('response.done', turn)]);
    }
    const { reason, spent } = await server.heard('call-ended');
    expect(reason).toBe('budget');
    expect(spent.tokens).toBeGreaterThan(100);
    // At most one response beyond the limit.
    expect(spent.tokens).toBeLessThanOrEqual(2 * FULL_CONTEXT + 3_000);
  });

  it('run no tools of the server, because the API accepts no results for them', async () => {
    const sandbox = await sandboxed();
    let ran = 0;
    const server = broker(sandbox.url, {
      limits: { money: false },
      profiles: { default: { outOfBandResponses: 'allow', tools: [{ name: 'find', execute: () => ++ran }] } },
    });
    const call = await connected(server, sandbox);
    for (let turn = 1; turn <= 5; turn++) {
      call.call.replyNext({ items: [{ call: 'find', arguments: {} }] });
      call.say(respond({ conversation: 'none' }));
      await server.hears('response.done', turn);
    }
    call.call.replyNext({ items: [{ call: 'find', arguments: {} }] });
    call.say({ type: 'response.create' });
    await server.hears('response.done', 7);
    expect(ran).toBe(1);
    await call.end();
  });
});

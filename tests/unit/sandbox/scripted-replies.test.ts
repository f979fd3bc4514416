/** Replies of a script, in place of the default agent. */
import { describe, expect, it } from 'vitest';
import { connect, sent, start, type } from './harness.js';
import type { Json } from './fake-peers.js';

describe('scripted replies', () => {
  it('are used in order for each call, then the default agent takes over', async () => {
    const started = await start({
      script: { replies: ['First.', null, { items: [{ call: 'a', arguments: '{not json' }, { say: 'After the call.' }] }] },
    });
    for (let round = 0; round < 2; round++) {
      const connected = await connect(started);
      const texts: string[] = [];
      for (let turn = 0; turn < 4; turn++) {
        connected.say({ type: 'response.create' });
        const { response } = await connected.next('response.done');
        texts.push(response.output.map((item: Json) => item.arguments ?? item.content[0].transcript).join(' | '));
      }
      expect(texts[0]).toBe('First.');
      expect(texts[1]).toContain('this is the sandbox');
      expect(texts[2]).toBe('{not json | After the call.');
      expect(texts[3]).toContain('this is the sandbox');
    }
  });

  it('can be a function, and can be set for one call only', async () => {
    const started = await start({
      script: { replies: ({ index, fresh }) => `Turn ${String(index)}: ${fresh[0]?.item.content?.[0]?.text ?? 'nothing'}` },
    });
    const connected = await connect(started);
    type(connected, 'one');
    expect((await connected.next('response.done'))['response'].output[0].content[0].transcript).toBe('Turn 0: one');
    connected.call.replyNext('Just now.');
    type(connected, 'two');
    expect((await connected.next('response.done'))['response'].output[0].content[0].transcript).toBe('Just now.');
    type(connected, 'three');
    expect((await connected.next('response.done'))['response'].output[0].content[0].transcript).toBe('Turn 2: three');
    expect(sent(connected.call.events)).not.toContain('error');
  });

  it('keep a space between two sentences', async () => {
    const connected = await connect(await start({ script: { replies: ['Good morning. How are you? Fine!'] } }));
    connected.say({ type: 'response.create' });
    expect((await connected.next('response.done'))['response'].output[0].content[0].transcript).toBe('Good morning. How are you? Fine!');
  });
});

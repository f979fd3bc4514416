/** What stands between a dialect and the wire: nothing that a dialect does breaks the call. */
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../src/contract/dialect.js';
import { Interpreter } from '../../../src/transport/interpreter.js';

const frame = (event: object): string => JSON.stringify(event);

describe('without a dialect', () => {
  it('events are as they are', () => {
    const plain = new Interpreter(undefined, 'webrtc');
    const event = { type: 'response.done', event_id: 'e' };
    expect([plain.literal, plain.confirms]).toEqual([true, true]);
    expect(plain.read(frame(event))).toEqual([event]);
    expect(plain.write(event)[0]).toBe(event);
    for (const data of ['no json', '[]', '{}', 'null', new ArrayBuffer(2), undefined]) expect(plain.read(data)).toBeUndefined();
  });

  it('frames have the length that the way over which they come allows', () => {
    const long = frame({ type: 'x', padding: 'x'.repeat(300_000) });
    expect(new Interpreter(undefined, 'webrtc').read(long)).toBeUndefined();
    expect(new Interpreter(undefined, 'websocket', 400_000).read(long)).toHaveLength(1);
  });
});

describe('with a dialect', () => {
  const dialect: Dialect = {
    name: 'own',
    unsupported: ['response.cancel'],
    confirmsSettings: false,
    translator: (over) => {
      let count = 0;
      return {
        inbound: (event) => {
          if (event.type === 'bad') throw new Error('unforeseen');
          return event.type === 'twice' ? [event, event] : [{ ...event, count: ++count, over }];
        },
        outbound: (event) => {
          if (event.type === 'bad') throw new Error('unforeseen');
          return event.type === 'nothing' ? [] : [{ ...event, said: true }];
        },
      };
    },
  };

  it('events become others, several or none, and each call has a memory of its own', () => {
    const one = new Interpreter(dialect, 'webrtc');
    const other = new Interpreter(dialect, 'websocket');
    expect([one.literal, one.confirms]).toEqual([false, false]);
    one.read(frame({ type: 'a' }));
    expect(one.read(frame({ type: 'a' }))).toEqual([{ type: 'a', count: 2, over: 'webrtc' }]);
    expect(other.read(frame({ type: 'a' }))).toEqual([{ type: 'a', count: 1, over: 'websocket' }]);
    expect(one.read(frame({ type: 'twice' }))).toHaveLength(2);
    expect(one.write({ type: 'x' })).toEqual([{ type: 'x', said: true }]);
    expect(one.write({ type: 'nothing' })).toEqual([]);
    expect(one.write({ type: 'response.cancel' })).toEqual([]);
  });

  it('an event that it breaks at is lost, and the sender of one hears of it', () => {
    const one = new Interpreter(dialect, 'webrtc');
    expect(one.read(frame({ type: 'bad' }))).toBeUndefined();
    expect(one.read(frame({ type: 'a' }))).toHaveLength(1);
    expect(() => one.write({ type: 'bad' })).toThrow('unforeseen');
  });
});

describe('envelopes', () => {
  const wrapped: Dialect = {
    name: 'wrapped',
    offer: {
      envelope: () => ({
        read: (text) => {
          const { type, data } = JSON.parse(text) as { type: string; data?: string };
          if (type === 'broken') throw new Error('unforeseen');
          return data;
        },
      }),
    },
  };

  it('are the data channel\'s alone; one that is not whole yet is no event and nothing lost', () => {
    const channel = new Interpreter(wrapped, 'webrtc');
    expect(channel.literal).toBe(false);
    expect(channel.read(frame({ type: 'envelope', data: frame({ type: 'a' }) }))).toEqual([{ type: 'a' }]);
    expect(channel.read(frame({ type: 'envelope' }))).toEqual([]);
    expect(channel.read(frame({ type: 'broken' }))).toEqual([]);
    expect(channel.read(frame({ type: 'envelope', data: 'no json' }))).toBeUndefined();
    expect(channel.read('no json')).toBeUndefined();
    expect(new Interpreter(wrapped, 'websocket').read(frame({ type: 'a' }))).toEqual([{ type: 'a' }]);
  });
});

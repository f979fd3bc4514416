/** The interpreter between a dialect and the connection: errors of a dialect do not break the call. */
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../src/contract/dialect.js';
import { Interpreter } from '../../../src/transport/shared/interpreter.js';

const frame = (event: object): string => JSON.stringify(event);

describe('without a dialect', () => {
  it('events are unchanged', () => {
    const plain = new Interpreter(undefined, 'webrtc');
    const event = { type: 'response.done', event_id: 'e' };
    expect([plain.literal, plain.confirms]).toEqual([true, true]);
    expect(plain.read(frame(event))).toEqual([event]);
    expect(plain.write(event)[0]).toBe(event);
    for (const data of ['no json', '[]', '{}', 'null', new ArrayBuffer(2), undefined]) expect(plain.read(data)).toBeUndefined();
  });

  it('frames are limited to the maximum length of their transport', () => {
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

  it('events become one, several or no events, and each call has its own state', () => {
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

  it('an incoming event for which the dialect throws is dropped, and sending one throws', () => {
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

  it('are only used on data channels, and an incomplete one gives no events', () => {
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

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toSdkEvent, parseInboundFrame } from '../../../src/transport/shared/inbound-frame.js';

test('reads events and nothing else', () => {
  expect(parseInboundFrame('{"type":"x","a":1}')).toEqual({ type: 'x', a: 1 });
  for (const data of ['', 'x', 'null', '[]', '1', '{}', '{"type":1}', new ArrayBuffer(1), new Blob(), undefined]) {
    expect(parseInboundFrame(data)).toBeUndefined();
  }
  expect(parseInboundFrame(JSON.stringify({ type: 'x', filler: 'y'.repeat(262_144) }))).toBeUndefined();
});

test('no input throws', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.anything()), (data) => void parseInboundFrame(data)));
});

test('adapts events that the SDK would not recognize, and returns others unchanged', () => {
  const good = { type: 'response.done', event_id: 'e', response: { audio: { output: { voice: 'marin' } } } };
  expect(toSdkEvent(good, () => 'new')).toBe(good);
  expect(
    toSdkEvent({ type: 'response.created', response: { id: 'r', audio: { output: { voice: { id: 'v' }, format: 1 } } } }, () => 'new'),
  ).toEqual({
    type: 'response.created',
    event_id: 'new',
    response: { id: 'r', audio: { output: { voice: 'v', format: 1 } } },
  });
  expect(toSdkEvent({ type: 'x', event_id: 'e', response: null }, () => 'new')).toMatchObject({ event_id: 'e' });
});

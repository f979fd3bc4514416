import { expect, test } from 'vitest';
import { resolveToolResult, toOutput } from '../../../src/session/tool-result.js';

const bytes = (text: string): number => new TextEncoder().encode(text).length;

test('keeps strings, and converts other values to JSON', () => {
  expect(toOutput('plain')).toBe('plain');
  expect(toOutput({ a: [1, 'two', true, null] })).toBe('{"a":[1,"two",true,null]}');
  expect(toOutput(12.5)).toBe('12.5');
  expect(toOutput(null)).toBe('null');
  expect(toOutput(new Date(0))).toBe('"1970-01-01T00:00:00.000Z"');
  expect(toOutput(new URL('https://page.test/a'))).toBe('"https://page.test/a"');
});

test.each([
  ['nothing', undefined, ''],
  ['a function', () => 1, ''],
  ['a symbol', Symbol('s'), ''],
  ['numbers without a JSON form', [NaN, Infinity], '[null,null]'],
  ['holes and functions', [undefined, () => 1], '[null,null]'],
  ['BigInt', { big: 12345678901234567890n }, '{"big":"12345678901234567890"}'],
  ['boxed values', [new String('s'), new Number(1), new Boolean(false)], '["s",1,false]'],
  ['an invalid date', new Date(NaN), 'null'],
  [
    'a Map with string keys',
    new Map([
      ['a', 1],
      ['__proto__', 2],
    ]),
    '{"a":1,"__proto__":2}',
  ],
  ['a Map with object keys', new Map([[{ id: 1 }, 'x']]), '[[{"id":1},"x"]]'],
  ['a Set', new Set([1, 'b']), '[1,"b"]'],
  ['headers', new Headers({ a: 'b' }), '[["a","b"]]'],
  ['search parameters', new URLSearchParams('q=1&q=2'), '[["q","1"],["q","2"]]'],
  ['bytes', { sound: new Int16Array(3), raw: new ArrayBuffer(8) }, '{"sound":"[binary, 6 bytes]","raw":"[binary, 8 bytes]"}'],
  ['binary data', [new Blob(['1234'], { type: 'image/png' }), new Blob([])], '["[image/png, 4 bytes]","[binary, 0 bytes]"]'],
  ['a nested response', { got: new Response('x', { status: 200 }) }, '{"got":"[response 200]"}'],
  ['an error', { reason: new TypeError('bad') }, '{"reason":"TypeError: bad"}'],
  [
    'an instance of a class',
    new (class Price {
      readonly sum = 5;
      readonly #secret = 1;
      get all() {
        return this.#secret;
      }
    })(),
    '{"sum":5}',
  ],
  ['a field named __proto__', JSON.parse('{"__proto__":{"x":1}}') as unknown, '{"__proto__":{"x":1}}'],
])('%s', (_, value, output) => {
  expect(toOutput(value)).toBe(output);
});

test('marks circular references, and allows repeated ones', () => {
  const circular: Record<string, unknown> = { a: 1 };
  circular['self'] = circular;
  expect(toOutput(circular)).toBe('{"a":1,"self":"[circular]"}');
  const shared = { x: 1 };
  expect(toOutput({ one: shared, two: [shared] })).toBe('{"one":{"x":1},"two":[{"x":1}]}');
  const map = new Map<string, unknown>();
  map.set('me', map);
  expect(toOutput(map)).toBe('{"me":"[circular]"}');
});

test('replaces a value that throws while it is read, without affecting others', () => {
  const broken = {
    first: 1,
    get second() {
      throw new Error('no');
    },
    third: {
      toJSON() {
        throw new Error('no');
      },
    },
    fourth: new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('no');
        },
      },
    ),
    fifth: Proxy.revocable({}, {}),
    sixth: 6,
  };
  broken.fifth.revoke();
  expect(toOutput(broken)).toBe(
    '{"first":1,"second":"[unreadable]","third":"[unreadable]","fourth":"[unreadable]","fifth":{"proxy":"[unreadable]"},"sixth":6}',
  );
  expect(
    toOutput({
      toJSON() {
        throw new Error('no');
      },
    }),
  ).toBe('"[unreadable]"');
});

test('limits the nesting depth', () => {
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level++) deep = [deep];
  expect(toOutput(deep)).toContain('[nested too deep]');
  const endless = { toJSON: (): unknown => ({ again: { toJSON: endless.toJSON } }) };
  expect(toOutput(endless)).toContain('[nested too deep]');
});

test('cuts at 16 KB, between characters', () => {
  for (const huge of [
    'x'.repeat(10_000_000),
    'ä€😀'.repeat(1_000_000),
    ['y'.repeat(20_000)],
    { ['k'.repeat(50_000)]: 1 },
    'x' + '😀'.repeat(20_000),
  ]) {
    const output = toOutput(huge);
    expect(bytes(output)).toBeLessThanOrEqual(16_384);
    expect(bytes(output)).toBeGreaterThan(16_370);
    expect(output.endsWith('…[cut]')).toBe(true);
    expect(output).not.toMatch(/\p{Surrogate}/u);
  }
  expect(toOutput('x'.repeat(16_384))).toHaveLength(16_384);
  expect(toOutput('x'.repeat(16_385))).toContain('[cut]');
});

test('reads an endless iterable only up to the limit', () => {
  let read = 0;
  function* numbers() {
    for (;;) yield read++;
  }
  const output = toOutput(numbers());
  expect(output.startsWith('[0,1,2,')).toBe(true);
  expect(output.endsWith('[cut]')).toBe(true);
  expect(read).toBeLessThan(20_000);
});

test('replaces lone surrogates, because some servers reject the whole event', () => {
  expect(toOutput('a\ud83d')).toBe('a\ufffd');
  expect(toOutput({ ['\udc00']: ['\ud83d x 😀'] })).toBe('{"\ufffd":["\ufffd x 😀"]}');
});

test('reads a fetch response, with its status if it failed', async () => {
  expect(await resolveToolResult(new Response('{"a":1}'))).toBe('{"a":1}');
  expect(await resolveToolResult(new Response('gone', { status: 404 }))).toEqual({ status: 404, body: 'gone' });
  expect(await resolveToolResult(new Response(null, { status: 204 }))).toBe('');
  const used = new Response('x');
  await used.text();
  await expect(resolveToolResult(used)).rejects.toThrow();
});

test('stops reading an endless response at the limit', async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1_000).fill(120)),
    cancel: () => void (cancelled = true),
  });
  expect(toOutput(await resolveToolResult(new Response(stream)))).toContain('[cut]');
  expect(cancelled).toBe(true);
});

test('reads text files, and describes other files', async () => {
  expect(await resolveToolResult(new Blob(['a,b'], { type: 'text/csv' }))).toBe('a,b');
  expect(await resolveToolResult(new Blob(['{}'], { type: 'application/ld+json' }))).toBe('{}');
  expect(toOutput(await resolveToolResult(new Blob(['%PDF'], { type: 'application/pdf' })))).toBe('"[application/pdf, 4 bytes]"');
  expect(await resolveToolResult('text')).toBe('text');
});

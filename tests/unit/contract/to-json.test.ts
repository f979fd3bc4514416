/** JSON on pages whose libraries extended the prototypes of arrays and objects. */
import { afterEach, describe, expect, test } from 'vitest';
import { toJson } from '../../../src/contract/to-json.js';

type Extensible = { toJSON?: unknown };

const session = {
  type: 'realtime',
  output_modalities: ['audio'],
  tools: [{ name: 'look', parameters: { required: ['x'], nested: [[1], []] } }],
  none: null,
};
const text =
  '{"type":"realtime","output_modalities":["audio"],"tools":[{"name":"look","parameters":{"required":["x"],"nested":[[1],[]]}}],"none":null}';

/** The prototype extensions of Prototype 1.6. */
const asText = function (this: unknown[]): string {
  return `[${this.map((one) => JSON.stringify(one)).join(', ')}]`;
};

afterEach(() => {
  delete (Array.prototype as Extensible).toJSON;
  delete (Object.prototype as Extensible).toJSON;
});

describe('toJson', () => {
  test('returns the same as JSON.stringify on an ordinary page', () => {
    for (const value of [session, [], 'text', null, 1.5, { at: new Date(0) }, [undefined, () => 0], { left: undefined }]) {
      expect(toJson(value)).toBe(JSON.stringify(value));
    }
    expect(toJson({ a: [1] }, 2)).toBe(JSON.stringify({ a: [1] }, null, 2));
  });

  test('ignores a toJSON that the page added to all arrays', () => {
    (Array.prototype as Extensible).toJSON = asText;
    expect(JSON.stringify(session)).not.toBe(text);
    expect(toJson(session)).toBe(text);
    expect(toJson([[1], 2])).toBe('[[1],2]');
  });

  test('ignores a toJSON that the page added to all objects', () => {
    (Object.prototype as Extensible).toJSON = () => 'replaced';
    expect(toJson(session)).toBe(text);
  });

  test('uses the toJSON of the value itself', () => {
    (Array.prototype as Extensible).toJSON = asText;
    expect(toJson({ at: new Date(0), own: { toJSON: () => ['kept'] } })).toBe('{"at":"1970-01-01T00:00:00.000Z","own":["kept"]}');
  });

  test('throws on values without a JSON form, as JSON.stringify does', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(() => toJson(circle)).toThrow(TypeError);
    expect(() => toJson(1n)).toThrow(TypeError);
  });
});

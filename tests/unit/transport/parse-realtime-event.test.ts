/** Our replacement of the SDK's event schemas, compared with the originals. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as ours from '../../../src/transport/shared/parse-realtime-event.js';
import { SERVER_EVENTS } from './server-event-shapes.js';

interface Parser {
  parse(value: unknown): unknown;
}
interface Schemas {
  parseRealtimeEvent(message: { data: string }): ours.ParsedEvent;
  responseDoneEventSchema: Parser & { safeParse(value: unknown): { success: boolean; data?: unknown } };
}
type Items = Record<
  'realtimeMessageItemSchema' | 'realtimeToolCallItem' | 'realtimeMcpCallItem' | 'realtimeMcpCallApprovalRequestItem',
  Parser
>;
type Json = Record<string, unknown>;

// The package exports neither module, so they are imported by path.
const dist = new URL('../../../node_modules/@openai/agents-realtime/dist/', import.meta.url);
const sdk = (await import(new URL('openaiRealtimeEvents.mjs', dist).href)) as Schemas;
const sdkItems = (await import(new URL('items.mjs', dist).href)) as Items;

const folder = new URL('../../support/recorded/', import.meta.url);
const recorded = readdirSync(folder)
  .flatMap((file) => readFileSync(new URL(file, folder), 'utf8').split('\n'))
  .filter((line) => line.trim() !== '')
  .map((line) => (JSON.parse(line) as { event: Json }).event);

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The intended differences, each as a repair of an event that only our parser accepts. An event that our parser accepts must be
 * accepted by the SDK after these repairs, with the same fields, and the reverse.
 */
const INTENDED: Record<string, (event: Json) => void> = {
  'no `event_id`': (event) => (event['event_id'] ??= 'event_x'),
  'no `output_index`': (event) => 'output_index' in event || (event['output_index'] = 0),
  'no position of the start or end of speech': (event) => {
    const named = { 'input_audio_buffer.speech_started': 'audio_start_ms', 'input_audio_buffer.speech_stopped': 'audio_end_ms' };
    for (const [type, field] of Object.entries(named)) if (event['type'] === type && !(field in event)) event[field] = 0;
  },
  'no `obfuscation`': (event) => 'obfuscation' in event || (event['obfuscation'] = ''),
  'a session that is not an object is ignored': (event) => isObject(event['session']) || delete event['session'],
  'a part of any type, images with their URL': (event) => {
    const { content } = (event['item'] ?? {}) as { content?: unknown };
    for (const part of Array.isArray(content) ? content.filter(isObject) : []) {
      delete part['image_url'];
      if (typeof part['type'] === 'string') part['type'] = 'input_text';
    }
  },
  'an item of any type, with tools without a description': (event) => {
    const { item } = event;
    if (!isObject(item)) return;
    if (typeof item['type'] === 'string') item['type'] = 'message';
    for (const tool of Array.isArray(item['tools']) ? item['tools'].filter(isObject) : []) tool['description'] ??= '';
  },
  'a content part of any type': ({ part }) => isObject(part) && typeof part['type'] === 'string' && (part['type'] = 'audio'),
  'a response of any status, limit, class and voice': ({ response }) => {
    if (!isObject(response)) return;
    if (typeof response['status'] === 'string') response['status'] = 'completed';
    delete response['object'];
    delete response['max_output_tokens'];
    const output = isObject(response['audio']) ? response['audio']['output'] : undefined;
    if (isObject(output)) delete output['voice'];
  },
  'a conversation of any class': ({ conversation }) => isObject(conversation) && delete conversation['object'],
  'a transcription’s usage of any form, kept unchanged': (event) => isObject(event['usage']) && delete event['usage'],
  'a rate limit of any name': ({ rate_limits: limits }) => {
    for (const limit of Array.isArray(limits) ? limits.filter(isObject) : [])
      if (typeof limit['name'] === 'string') limit['name'] = 'tokens';
  },
};

/** `null` in an optional field counts as missing: the first and widest of the intended differences. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== null)
      .map(([name, part]) => [name, withoutNulls(part)]),
  );
}

function repaired(value: unknown): unknown {
  const event = withoutNulls(value);
  if (isObject(event)) for (const repair of Object.values(INTENDED)) repair(event);
  return event;
}

const message = (event: unknown): { data: string } => ({ data: JSON.stringify(event) });
/** The value after a JSON round trip, without `undefined` fields. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const FILLED_IN = { event_id: 'event_x', output_index: 0, obfuscation: '' };

function expectSame(event: unknown): void {
  const mine = ours.parseRealtimeEvent(message(event));
  const original = sdk.parseRealtimeEvent(message(event));
  const afterRepair = sdk.parseRealtimeEvent(message(repaired(event)));
  expect(mine.raw).toEqual(original.raw);
  expect(mine.isGeneric, JSON.stringify(event)).toBe(afterRepair.isGeneric);
  if (mine.isGeneric) expect(mine.data).toEqual(original.data);
  // Events without such a field drop what a repair filled in.
  else expect({ ...FILLED_IN, ...(repaired(mine.data) as Json) }).toEqual({ ...FILLED_IN, ...(afterRepair.data as Json) });
}

test('reads recorded sessions like the SDK, field by field', () => {
  expect(recorded.length).toBeGreaterThan(300);
  for (const event of recorded) {
    const mine = ours.parseRealtimeEvent(message(event));
    const original = sdk.parseRealtimeEvent(message(event));
    // Only the usage of a transcription needs a repair, because the SDK drops its unknown fields.
    const drop = ({ data, ...rest }: ours.ParsedEvent) => ({ ...rest, data: { ...(data as Json), usage: undefined } });
    expect(drop(mine)).toEqual(drop(original));
  }
});

test('reads every event of the protocol in each of its forms', () => {
  expect(new Set(SERVER_EVENTS.map(({ type }) => type)).size).toBe(50);
  for (const event of SERVER_EVENTS) expectSame(event);
});

test('lists the examples that only our parser accepts', () => {
  const known = (schemas: Pick<Schemas, 'parseRealtimeEvent'>, event: unknown) => !schemas.parseRealtimeEvent(message(event)).isGeneric;
  const gained = SERVER_EVENTS.filter((event) => known(ours, event) && !known(sdk, event));
  const lost = SERVER_EVENTS.filter((event) => !known(ours, event) && known(sdk, event));
  expect(lost).toEqual([]);
  expect([...new Set(gained.map(({ type }) => type))].sort()).toEqual([
    'conversation.item.added',
    'conversation.item.done',
    'conversation.item.input_audio_transcription.completed',
    'conversation.item.input_audio_transcription.failed',
    'conversation.item.retrieved',
    'response.content_part.added',
    'response.content_part.done',
    'response.created',
    'response.done',
    'response.output_item.added',
    'response.output_item.done',
  ]);
});

test('keeps unknown types unknown, including names of prototype members', () => {
  for (const type of ['conversation.item.created', 'response.audio.delta', 'ping', '', 'constructor', '__proto__', 'toString']) {
    expect(ours.parseRealtimeEvent(message({ type, event_id: 'e', a: 1 }))).toEqual({
      data: { type, event_id: 'e', a: 1 },
      raw: { type, event_id: 'e', a: 1 },
      isGeneric: true,
    });
  }
});

test('rejects values that are not events', () => {
  for (const data of [
    '',
    '{',
    'null',
    '1',
    '"x"',
    '[]',
    '{}',
    '{"type":1}',
    '{"type":"error","event_id":1}',
    '{"type":"ping","event_id":{}}',
  ]) {
    expect(ours.parseRealtimeEvent({ data })).toEqual({ data: null, raw: null, isGeneric: true });
    expect(sdk.parseRealtimeEvent({ data }).data).toBeNull();
  }
});

/** Every location in a JSON value, as a path. */
function places(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  const inside = Array.isArray(value)
    ? value.flatMap((part, index) => places(part, [...path, index]))
    : isObject(value)
      ? Object.entries(value).flatMap(([name, part]) => places(part, [...path, name]))
      : [];
  return path.length > 0 ? [path, ...inside] : inside;
}

/** A copy with the location removed (`undefined`) or replaced. */
function changed(event: unknown, path: readonly (string | number)[], filling: unknown): unknown {
  const copy = structuredClone(event);
  let at = copy as Record<string | number, unknown>;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string | number, unknown>;
  at[path.at(-1) as string] = filling;
  return JSON.parse(JSON.stringify(copy));
}

/** Without names of prototype members: the SDK's schemas drop them or fail; ours is tested separately below. */
const isOrdinary = (value: unknown): boolean => !/"(__proto__|constructor|prototype|toString|valueOf)"/.test(JSON.stringify(value));

test('names of prototype members are harmless in any location', () => {
  const hostile = [
    '{"toString":1}',
    '{"valueOf":null,"toString":""}',
    '{"__proto__":0}',
    '{"constructor":{"prototype":{"polluted":1}}}',
  ].map((text) => JSON.parse(text) as unknown);
  for (const event of SERVER_EVENTS) {
    for (const path of places(event)) {
      for (const filling of hostile) expect(() => ours.parseRealtimeEvent(message(changed(event, path, filling)))).not.toThrow();
    }
  }
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

const mutation = <T extends object>(examples: readonly T[]) =>
  fc.constantFrom(...examples).chain((example) =>
    fc.record({
      event: fc.constant(example),
      path: fc.constantFrom(...places(example)),
      filling: fc.oneof(
        fc.constantFrom(undefined, null, '', 'x', 0, 1.5, true, {}, [], [null]),
        fc.jsonValue({ maxDepth: 2 }).filter(isOrdinary),
      ),
    }),
  );

test('reads events with missing fields or wrong types like the SDK', () => {
  fc.assert(
    fc.property(mutation(SERVER_EVENTS), mutation(recorded), (one, other) => {
      expectSame(changed(one.event, one.path, one.filling));
      expectSame(changed(other.event, other.path, other.filling));
    }),
    { numRuns: 1_000 },
  );
}, 60_000);

test('reads every example with each field removed, or set to null, like the SDK', () => {
  for (const event of SERVER_EVENTS) {
    for (const path of places(event)) {
      expectSame(changed(event, path, undefined));
      expectSame(changed(event, path, null));
    }
  }
}, 60_000);

const placement = { itemId: 'i', previousItemId: null };
const ITEMS: readonly { schema: keyof Items; value: Json }[] = [
  {
    schema: 'realtimeMessageItemSchema',
    value: { ...placement, type: 'message', role: 'system', content: [{ type: 'input_text', text: 'x' }] },
  },
  {
    schema: 'realtimeMessageItemSchema',
    value: {
      ...placement,
      type: 'message',
      role: 'user',
      status: 'completed',
      content: [
        { type: 'input_text', text: 'x', id: 'p' },
        { type: 'input_audio', audio: null, transcript: null },
      ],
    },
  },
  {
    schema: 'realtimeMessageItemSchema',
    value: {
      itemId: 'i',
      type: 'message',
      role: 'assistant',
      status: 'in_progress',
      content: [
        { type: 'output_text', text: 'x' },
        { type: 'output_audio', audio: 'AA==', transcript: 'x' },
      ],
    },
  },
  {
    schema: 'realtimeToolCallItem',
    value: { ...placement, type: 'function_call', status: 'in_progress', arguments: '{}', name: 'n', output: null },
  },
  {
    schema: 'realtimeMcpCallItem',
    value: { itemId: 'i', type: 'mcp_tool_call', status: 'completed', arguments: '{}', name: 'n', output: 'o' },
  },
  { schema: 'realtimeMcpCallItem', value: { itemId: 'i', type: 'mcp_call', status: 'completed', arguments: '{}', name: 'n', output: 'o' } },
  {
    schema: 'realtimeMcpCallApprovalRequestItem',
    value: { itemId: 'i', type: 'mcp_approval_request', serverLabel: 's', name: 'n', arguments: { a: 1 }, approved: null },
  },
];

const attempt = (parse: () => unknown): unknown => {
  try {
    return plain(parse());
  } catch {
    return 'refused';
  }
};

/** Audio without a transcript yet: the SDK throws, our parser returns `null` like the server. Images: the SDK throws. */
function repairedItem(value: unknown): unknown {
  const item = structuredClone(value) as Json;
  if (item['role'] !== 'user' || !Array.isArray(item['content'])) return item;
  for (const part of item['content'].filter(isObject))
    if (part['type'] === 'input_audio' && !('transcript' in part)) part['transcript'] = null;
  return item;
}

function expectSameItem(schema: keyof Items, value: unknown): void {
  expect(
    attempt(() => ours[schema].parse(value)),
    JSON.stringify(value),
  ).toEqual(attempt(() => sdkItems[schema].parse(repairedItem(value))));
}

test('reads history items like the SDK: complete, or with any field removed or of a wrong type', () => {
  for (const { schema, value } of ITEMS) {
    expect(attempt(() => sdkItems[schema].parse(value))).not.toBe('refused');
    expectSameItem(schema, value);
    for (const path of places(value)) expectSameItem(schema, changed(value, path, undefined));
  }
  fc.assert(
    fc.property(mutation(ITEMS.map(({ value }) => value)), ({ event, path, filling }) => {
      const value = changed(event, path, filling);
      for (const { schema } of ITEMS.filter((example) => example.value === event)) expectSameItem(schema, value);
    }),
    { numRuns: 1_000 },
  );
  for (const { schema } of ITEMS) for (const value of [null, 1, 'x', [], {}]) expectSameItem(schema, value);
}, 60_000);

test('adds an image of the visitor to the history', () => {
  const content = [{ type: 'input_image', image_url: 'data:image/png;base64,AA' }];
  const item = { itemId: 'i', type: 'message', role: 'user', status: 'completed', content };
  expect(ours.realtimeMessageItemSchema.parse(item)).toEqual(item);
});

test('reads a finished response for its usage like the SDK', () => {
  for (const event of SERVER_EVENTS.filter(({ type }) => type === 'response.done')) {
    const parsed = ours.parseRealtimeEvent(message(event)).data;
    expect(ours.responseDoneEventSchema.safeParse(parsed)).toEqual({ success: true, data: parsed });
  }
  expect(ours.responseDoneEventSchema.safeParse({ type: 'response.done' })).toMatchObject({ success: false });
});

/**
 * Event schemas for the Agents SDK's transports, in place of the SDK's own zod schemas (the build swaps the modules, see
 * `vite.config.ts`): the same events and fields, without the 12 kB of zod.
 *
 * They are lenient where the SDK's schemas treat a valid event as unknown (agents-realtime 0.20), which silences a call on servers
 * that omit a field: see `intended differences` in the tests. An unknown type stays unknown.
 *
 * Owns: which events the SDK receives as known ones, and their fields. Does not own: their meaning, the frames.
 */
import { anything, flag, list, maybe, nullable, nullish, number, object, oneOf, record, text, type SchemaRule } from './schema-rules.js';

type Fields = Readonly<Record<string, SchemaRule>>;

const PROGRESS = oneOf('in_progress', 'completed', 'incomplete');

const content = object({
  id: maybe(text),
  audio: nullish(text),
  text: nullish(text),
  transcript: nullish(text),
  image_url: anything,
  type: text,
});

const item = object(
  {
    id: maybe(text),
    arguments: maybe(text),
    call_id: maybe(text),
    content: maybe(list(content)),
    name: maybe(text),
    output: nullish(text),
    role: maybe(oneOf('user', 'assistant', 'system')),
    status: maybe(PROGRESS),
    type: maybe(text),
    approval_request_id: nullish(text),
    approve: nullish(flag),
    reason: nullish(text),
    server_label: maybe(text),
    tools: maybe(list(object({ name: text, description: maybe(text), input_schema: maybe(record) }, true))),
  },
  true,
);

const response = object({
  id: nullish(text),
  conversation_id: nullish(text),
  max_output_tokens: anything,
  metadata: nullish(record),
  output_modalities: nullish(list(text)),
  object: anything,
  output: nullish(list(anything)),
  audio: nullish(object({ output: nullish(object({ format: anything, voice: anything })) })),
  status: nullish(text),
  status_details: nullish(record),
  usage: nullish(
    object({
      input_tokens: maybe(number),
      input_token_details: nullish(record),
      output_tokens: maybe(number),
      output_token_details: nullish(record),
    }),
  ),
});

const part = object({ audio: maybe(text), text: maybe(text), transcript: maybe(text), type: maybe(text) });
const rateLimit = object({ limit: maybe(number), name: maybe(text), remaining: maybe(number), reset_seconds: maybe(number) });
const failure = object({ code: maybe(text), message: maybe(text), param: maybe(text), type: maybe(text) });

const ofItem: Fields = { item_id: text };
const placed: Fields = { item, previous_item_id: nullish(text) };
const ofResponse: Fields = { response_id: text, output_index: maybe(number) };
const ofOutput: Fields = { ...ofResponse, ...ofItem };
const ofContent: Fields = { ...ofOutput, content_index: number };
const ofMcpCall: Fields = { ...ofItem, output_index: maybe(number) };
const listing: Fields = { item_id: maybe(text) };

/** Fields of the known events besides `type` and `event_id`. */
const EVENTS: Readonly<Record<string, Fields>> = {
  'conversation.created': { conversation: object({ id: maybe(text), object: anything }) },
  'conversation.item.added': placed,
  'conversation.item.done': placed,
  'conversation.item.deleted': ofItem,
  'conversation.item.input_audio_transcription.completed': {
    ...ofItem,
    content_index: number,
    transcript: text,
    logprobs: nullish(list(anything)),
    usage: maybe(record),
  },
  'conversation.item.input_audio_transcription.delta': {
    ...ofItem,
    content_index: maybe(number),
    delta: maybe(text),
    logprobs: nullish(list(anything)),
  },
  'conversation.item.input_audio_transcription.failed': { ...ofItem, content_index: number, error: failure },
  'conversation.item.retrieved': { item },
  'conversation.item.truncated': { ...ofItem, audio_end_ms: number, content_index: number },
  error: { error: anything },
  'input_audio_buffer.cleared': {},
  'input_audio_buffer.committed': { ...ofItem, previous_item_id: nullish(text) },
  'input_audio_buffer.speech_started': { ...ofItem, audio_start_ms: maybe(number) },
  'input_audio_buffer.speech_stopped': { ...ofItem, audio_end_ms: maybe(number) },
  'output_audio_buffer.started': {},
  'output_audio_buffer.stopped': {},
  'output_audio_buffer.cleared': {},
  'rate_limits.updated': { rate_limits: list(rateLimit) },
  'response.output_audio.delta': { ...ofContent, delta: text },
  'response.output_audio.done': ofContent,
  'response.output_audio_transcript.delta': { ...ofContent, delta: text },
  'response.output_audio_transcript.done': { ...ofContent, transcript: text },
  'response.content_part.added': { ...ofContent, part },
  'response.content_part.done': { ...ofContent, part },
  'response.created': { response },
  'response.done': { response },
  'response.function_call_arguments.delta': { ...ofOutput, call_id: text, delta: text },
  'response.function_call_arguments.done': { ...ofOutput, call_id: text, arguments: text },
  'response.output_item.added': { ...ofResponse, item },
  'response.output_item.done': { ...ofResponse, item },
  'response.output_text.delta': { ...ofContent, delta: text },
  'response.output_text.done': { ...ofContent, text },
  'session.created': { session: record },
  'session.updated': { session: record },
  'mcp_list_tools.in_progress': listing,
  'mcp_list_tools.completed': listing,
  'mcp_list_tools.failed': listing,
  'response.mcp_call_arguments.delta': { ...ofOutput, delta: text, obfuscation: maybe(text) },
  'response.mcp_call_arguments.done': { ...ofOutput, arguments: text },
  'response.mcp_call.in_progress': ofMcpCall,
  'response.mcp_call.completed': ofMcpCall,
};

/** Events that keep unknown fields (such as `response_id`). */
const OPEN: ReadonlySet<string> = new Set(['output_audio_buffer.started', 'output_audio_buffer.stopped']);

const ENVELOPE: Fields = { type: text, event_id: maybe(text) };

/** A parsed message; `data` is `null` if it is not an event. */
export interface ParsedEvent {
  readonly data: unknown;
  readonly raw: unknown;
  /** True for an event that the SDK passes on without interpreting it. */
  readonly isGeneric: boolean;
}

/** Parses one server message. Never throws. */
export function parseRealtimeEvent(message: { data: { toString(): string } }): ParsedEvent {
  let raw: unknown;
  try {
    raw = JSON.parse(message.data.toString());
    object(ENVELOPE)(raw);
  } catch {
    return { data: null, raw: null, isGeneric: true };
  }
  const { type } = raw as { type: string };
  const fields = Object.hasOwn(EVENTS, type) ? EVENTS[type] : undefined;
  try {
    if (fields) return { data: object({ ...ENVELOPE, ...fields }, OPEN.has(type))(raw), raw, isGeneric: false };
  } catch {
    // A known type without its required fields: passed on like an unknown one.
  }
  return { data: raw, raw, isGeneric: true };
}

/** zod's two parse methods, as far as the SDK uses them. */
const schema = (rule: SchemaRule) => ({
  parse: rule,
  safeParse(value: unknown): { success: true; data: unknown } | { success: false; error: unknown } {
    try {
      return { success: true, data: rule(value) };
    } catch (error) {
      return { success: false, error };
    }
  },
});

export const responseDoneEventSchema = schema(object({ ...ENVELOPE, response }));

const placement: Fields = { itemId: text, previousItemId: nullish(text) };
const message: Fields = { ...placement, type: oneOf('message') };
const call: Fields = { ...placement, status: PROGRESS, arguments: text, name: text, output: nullable(text) };

/** Applies the rule that is selected by this field's value; throws for other values. */
function chosen(value: unknown, field: string, rules: Readonly<Record<string, SchemaRule>>): unknown {
  const name = (object({ [field]: oneOf(...Object.keys(rules)) })(value) as Record<string, string>)[field] as string;
  return rules[name]?.(value);
}

const parts = (rules: Readonly<Record<string, SchemaRule>>): SchemaRule => list((value) => chosen(value, 'type', rules));

const typedText: SchemaRule = object({ type: anything, text });
const spoken: SchemaRule = object({ type: anything, audio: nullish(text), transcript: nullish(text) });
/** Without a transcript yet: `null`, as in the server's own events. */
const heard: SchemaRule = (value) => ({ transcript: null, ...(spoken(value) as object) });
const shown: SchemaRule = object({ type: anything, image_url: anything });

const MESSAGES: Readonly<Record<string, SchemaRule>> = {
  system: object({ ...message, role: text, content: parts({ input_text: typedText }) }),
  user: object({
    ...message,
    role: text,
    status: PROGRESS,
    content: parts({ input_text: typedText, input_audio: heard, input_image: shown }),
  }),
  assistant: object({ ...message, role: text, status: PROGRESS, content: parts({ output_text: typedText, output_audio: spoken }) }),
};

export const realtimeMessageItemSchema = schema((value) => chosen(value, 'role', MESSAGES));
export const realtimeToolCallItem = schema(object({ ...call, type: oneOf('function_call') }));
export const realtimeMcpCallItem = schema(object({ ...call, type: oneOf('mcp_call', 'mcp_tool_call') }));
export const realtimeMcpCallApprovalRequestItem = schema(
  object({ itemId: text, type: oneOf('mcp_approval_request'), serverLabel: text, name: text, arguments: record, approved: nullish(flag) }),
);

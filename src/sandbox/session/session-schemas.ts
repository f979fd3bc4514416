/**
 * What clients may set in a session, a response or an item: the published fields of the GA interface as rules.
 * Stateless; `merge-session.ts` merges accepted values.
 */
import { isRecord, amount, anything, choose, flag, list, object, oneOf, orNull, tagged, text } from '../protocol/schema.js';
import type { Schema } from '../protocol/schema.js';

const audioFormat = tagged({
  'audio/pcm': object({ type: anything, rate: oneOfNumbers(24_000) }),
  'audio/pcmu': object({ type: anything }),
  'audio/pcma': object({ type: anything }),
});

function oneOfNumbers(...values: number[]): Schema {
  return (value, path) => {
    amount(Math.min(...values), Math.max(...values), true)(value, path);
  };
}

const turnDetection = tagged({
  server_vad: object({
    type: anything,
    threshold: amount(0, 1),
    prefix_padding_ms: amount(0, 5_000, true),
    silence_duration_ms: amount(0, 10_000, true),
    idle_timeout_ms: orNull(amount(5_000, 30_000, true)),
    create_response: flag,
    interrupt_response: flag,
  }),
  semantic_vad: object({
    type: anything,
    eagerness: oneOf('low', 'medium', 'high', 'auto'),
    create_response: flag,
    interrupt_response: flag,
  }),
});

const audioInput = object({
  format: audioFormat,
  noise_reduction: orNull(object({ type: oneOf('near_field', 'far_field'), strength: amount(0, 1) })),
  transcription: orNull(
    object({
      model: text(),
      language: text(),
      languages: list(text()),
      keywords: list(text()),
      prompt: text(),
      delay: oneOf('minimal', 'low', 'medium', 'high', 'xhigh'),
    }),
  ),
  turn_detection: orNull(turnDetection),
});

const BUILT_IN_VOICES = ['alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', 'shimmer', 'verse', 'marin', 'cedar'];

const voice = choose({ when: isRecord, schema: object({ id: text() }, ['id']) }, { when: () => true, schema: oneOf(...BUILT_IN_VOICES) });

const tokens = choose(
  { when: (value) => typeof value === 'string', schema: oneOf('inf') },
  { when: () => true, schema: amount(1, 4_096, true) },
);

const tool = tagged({
  function: object({ type: anything, name: text(64), description: text(), parameters: anything }, ['name']),
  mcp: object(
    {
      type: anything,
      server_label: text(),
      server_url: text(),
      server_description: text(),
      connector_id: text(),
      authorization: text(),
      headers: anything,
      allowed_tools: anything,
      allowed_callers: anything,
      require_approval: anything,
      defer_loading: flag,
      tunnel_id: text(),
    },
    ['server_label'],
  ),
});

const toolChoice = choose(
  {
    when: isRecord,
    schema: tagged({
      function: object({ type: anything, name: text() }, ['name']),
      mcp: object({ type: anything, server_label: text(), name: orNull(text()) }, ['server_label']),
    }),
  },
  { when: () => true, schema: oneOf('auto', 'none', 'required') },
);

/** `["audio"]` or `["text"]`, never both: in the GA interface, all audio comes with a transcript. */
const modalities: Schema = (value, path) => {
  list(oneOf('text', 'audio'))(value, path);
  if ((value as unknown[]).length !== 1) oneOf("['text']", "['audio']")(JSON.stringify(value), path);
};

const shared = {
  instructions: text(),
  max_output_tokens: tokens,
  output_modalities: modalities,
  parallel_tool_calls: flag,
  prompt: anything,
  reasoning: object({ effort: oneOf('minimal', 'low', 'medium', 'high', 'xhigh') }),
  tool_choice: toolChoice,
  tools: list(tool),
};

const include = orNull(list(oneOf('item.input_audio_transcription.logprobs')));

/** `session` of `session.update`, of a client secret and of a call. The GA interface requires `type`. */
export const sessionSchema: Schema = tagged({
  realtime: object({
    ...shared,
    type: anything,
    model: text(),
    include,
    tracing: orNull(
      choose(
        { when: isRecord, schema: object({ group_id: text(), metadata: anything, workflow_name: text() }) },
        { when: () => true, schema: oneOf('auto') },
      ),
    ),
    truncation: choose(
      { when: isRecord, schema: object({ type: oneOf('retention_ratio'), retention_ratio: amount(0, 1), token_limits: anything }) },
      { when: () => true, schema: oneOf('auto', 'disabled') },
    ),
    audio: object({ input: audioInput, output: object({ format: audioFormat, voice, speed: amount(0.25, 1.5) }) }),
  }),
  transcription: object({ type: anything, include, audio: object({ input: audioInput }) }),
});

/** `response` of `response.create`. */
export const responseSchema: Schema = object({
  ...shared,
  audio: object({ output: object({ format: audioFormat, voice }) }),
  conversation: oneOf('auto', 'none'),
  input: list(anything),
  metadata: orNull(anything),
});

const inputPart = tagged({
  input_text: object({ type: anything, text: text() }, ['text']),
  input_audio: object({ type: anything, audio: text(), transcript: orNull(text()) }, ['audio']),
  input_image: object({ type: anything, image_url: text(), detail: oneOf('auto', 'low', 'high') }, ['image_url']),
});
const outputPart = tagged({
  output_text: object({ type: anything, text: text() }, ['text']),
  // Recorded: clients cannot create assistant audio, the API requires the text.
  output_audio: object({ type: anything, text: text(), transcript: orNull(text()), audio: orNull(text()) }, ['text']),
});
const common = { id: text(), object: oneOf('realtime.item'), type: anything, status: oneOf('completed', 'incomplete', 'in_progress') };

const message: Schema = (value, path) => {
  const role = isRecord(value) ? value['role'] : undefined;
  object({ ...common, role: oneOf('user', 'assistant', 'system'), content: anything }, ['role', 'content'])(value, path);
  const parts =
    role === 'assistant'
      ? outputPart
      : role === 'system'
        ? tagged({ input_text: object({ type: anything, text: text() }, ['text']) })
        : inputPart;
  list(parts)((value as { content: unknown }).content, `${path}.content`);
};

/** `item` of `conversation.item.create` and the members of `response.input`. */
export const itemSchema: Schema = tagged({
  message,
  function_call: object({ ...common, name: text(), call_id: text(), arguments: text() }, ['name', 'arguments']),
  function_call_output: object({ ...common, call_id: text(), output: text() }, ['call_id', 'output']),
  mcp_approval_response: object({ ...common, approval_request_id: text(), approve: flag, reason: orNull(text()) }, [
    'approval_request_id',
    'approve',
  ]),
  mcp_call: object({
    ...common,
    server_label: text(),
    name: text(),
    arguments: text(),
    output: anything,
    error: anything,
    approval_request_id: anything,
  }),
  mcp_list_tools: object({ ...common, server_label: text(), tools: anything }),
  mcp_approval_request: object({ ...common, server_label: text(), name: text(), arguments: text() }),
});

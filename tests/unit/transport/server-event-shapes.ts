/** One full example of each event that a Realtime server may send, with every field of the protocol. */

type Shape = Readonly<Record<string, unknown>> & { readonly type: string };

const event = (type: string, fields: object = {}): Shape => ({ type, event_id: `event_${type}`, ...fields });

const ofItem = { item_id: 'item_1' };
const ofResponse = { response_id: 'resp_1', output_index: 0 };
const ofOutput = { ...ofResponse, ...ofItem };
const ofContent = { ...ofOutput, content_index: 0 };

const ITEMS = [
  {
    id: 'i1',
    object: 'realtime.item',
    type: 'message',
    role: 'user',
    status: 'completed',
    content: [{ type: 'input_text', text: 'Hello' }],
  },
  { id: 'i2', type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_audio', audio: null, transcript: null }] },
  { id: 'i3', type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_audio', transcript: 'Hello', format: 'pcm' }] },
  { id: 'i4', type: 'message', role: 'user', content: [{ type: 'input_audio' }] },
  {
    id: 'i5',
    type: 'message',
    role: 'user',
    status: 'completed',
    content: [{ type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'low' }],
  },
  { id: 'i6', type: 'message', role: 'assistant', status: 'in_progress', content: [] },
  { id: 'i7', type: 'message', role: 'assistant', status: 'incomplete', content: [{ type: 'output_audio', transcript: 'Good day' }] },
  {
    id: 'i8',
    type: 'message',
    role: 'assistant',
    phase: 'final',
    content: [
      { type: 'output_text', text: 'Good day' },
      { type: 'audio', transcript: 'x' },
    ],
  },
  { id: 'i9', type: 'message', role: 'system', status: 'completed', content: [{ type: 'input_text', text: 'Be kind.' }] },
  { id: 'i10', type: 'function_call', status: 'completed', name: 'now', call_id: 'call_1', arguments: '{}' },
  { id: 'i11', type: 'function_call_output', call_id: 'call_1', output: '12:00' },
  {
    id: 'i12',
    type: 'mcp_list_tools',
    server_label: 's',
    tools: [{ name: 't', description: 'd', input_schema: { type: 'object' }, annotations: null }],
  },
  {
    id: 'i13',
    type: 'mcp_call',
    server_label: 's',
    name: 't',
    arguments: '{}',
    output: null,
    error: { type: 'x' },
    approval_request_id: null,
  },
  { id: 'i14', type: 'mcp_approval_request', server_label: 's', name: 't', arguments: '{"a":1}' },
  { id: 'i15', type: 'mcp_approval_response', approval_request_id: 'i14', approve: false, reason: null },
];

const response = {
  id: 'resp_1',
  object: 'realtime.response',
  conversation_id: 'conv_1',
  status: 'completed',
  status_details: { type: 'completed' },
  output: ITEMS.slice(6, 8),
  output_modalities: ['audio'],
  max_output_tokens: 'inf',
  metadata: { a: 'b' },
  audio: { output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'marin' } },
  usage: {
    total_tokens: 3,
    input_tokens: 1,
    output_tokens: 2,
    input_token_details: { text_tokens: 1, cached_tokens_details: { text_tokens: 0 } },
    output_token_details: { text_tokens: 2 },
  },
};
const RESPONSES = [
  response,
  { ...response, status: 'in_progress', status_details: null, usage: null, audio: null, metadata: null, max_output_tokens: 4096 },
  { ...response, audio: { output: { voice: { id: 'voice_1' } } } },
  { id: 'resp_1' },
];

const TOKENS = {
  type: 'tokens',
  total_tokens: 3,
  input_tokens: 1,
  input_token_details: { text_tokens: 0, audio_tokens: 1 },
  output_tokens: 2,
};
const PART_TYPES = ['audio', 'text', 'output_audio', 'output_text'];

/** See the head of the file; one example of each form of an event. */
export const SERVER_EVENTS: readonly Shape[] = [
  event('error', { error: { type: 'invalid_request_error', code: 'x', message: 'm', param: null, event_id: 'c1' } }),
  event('session.created', { session: { type: 'realtime', id: 'sess_1', tracing: null } }),
  event('session.updated', { session: { type: 'realtime', id: 'sess_1', tracing: 'auto' } }),
  event('conversation.created', { conversation: { id: 'conv_1', object: 'realtime.conversation' } }),
  ...ITEMS.flatMap((item) => [
    event('conversation.item.added', { item, previous_item_id: null }),
    event('conversation.item.done', { item, previous_item_id: 'item_0' }),
    event('conversation.item.created', { item, previous_item_id: 'item_0' }),
    event('conversation.item.retrieved', { item }),
    event('response.output_item.added', { ...ofResponse, item }),
    event('response.output_item.done', { ...ofResponse, item }),
  ]),
  event('conversation.item.deleted', ofItem),
  event('conversation.item.truncated', { ...ofItem, content_index: 0, audio_end_ms: 900 }),
  ...[TOKENS, { type: 'duration', seconds: 1.5 }, { total_tokens: 3 }].map((usage) =>
    event('conversation.item.input_audio_transcription.completed', {
      ...ofItem,
      content_index: 0,
      transcript: 'Hello',
      usage,
      logprobs: null,
    }),
  ),
  event('conversation.item.input_audio_transcription.delta', { ...ofItem, content_index: 0, delta: 'Hel', logprobs: [{ token: 'Hel' }] }),
  event('conversation.item.input_audio_transcription.failed', {
    ...ofItem,
    content_index: 0,
    error: { type: 'transcription_error', code: 'audio_unintelligible', message: 'm', param: null },
  }),
  event('conversation.item.input_audio_transcription.segment', {
    ...ofItem,
    id: 's',
    content_index: 0,
    speaker: 'A',
    start: 0,
    end: 1,
    text: 'Hello',
  }),
  event('input_audio_buffer.committed', { ...ofItem, previous_item_id: null }),
  event('input_audio_buffer.cleared'),
  event('input_audio_buffer.speech_started', { ...ofItem, audio_start_ms: 100 }),
  event('input_audio_buffer.speech_stopped', { ...ofItem, audio_end_ms: 900 }),
  event('input_audio_buffer.timeout_triggered', { ...ofItem, audio_start_ms: 1, audio_end_ms: 2 }),
  event('input_audio_buffer.dtmf_event_received', { event: '9', received_at: 1_900_000_000 }),
  event('output_audio_buffer.started', { response_id: 'resp_1' }),
  event('output_audio_buffer.stopped', { response_id: 'resp_1' }),
  event('output_audio_buffer.cleared', { response_id: 'resp_1' }),
  event('rate_limits.updated', { rate_limits: [{ name: 'requests', limit: 10, remaining: 9, reset_seconds: 0.5 }] }),
  ...RESPONSES.flatMap((one) => [event('response.created', { response: one }), event('response.done', { response: one })]),
  ...PART_TYPES.flatMap((type) => [
    event('response.content_part.added', { ...ofContent, part: { type } }),
    event('response.content_part.done', { ...ofContent, part: { type, text: 'x', transcript: 'x', audio: 'AA==' } }),
  ]),
  event('response.output_text.delta', { ...ofContent, delta: 'x' }),
  event('response.output_text.done', { ...ofContent, text: 'x' }),
  event('response.output_audio.delta', { ...ofContent, delta: 'AA==' }),
  event('response.output_audio.done', ofContent),
  event('response.output_audio_transcript.delta', { ...ofContent, delta: 'x', obfuscation: 'y' }),
  event('response.output_audio_transcript.done', { ...ofContent, transcript: 'x' }),
  event('response.function_call_arguments.delta', { ...ofOutput, call_id: 'call_1', delta: '{' }),
  event('response.function_call_arguments.done', { ...ofOutput, call_id: 'call_1', name: 'now', arguments: '{}' }),
  event('mcp_list_tools.in_progress', ofItem),
  event('mcp_list_tools.completed', ofItem),
  event('mcp_list_tools.failed', ofItem),
  event('response.mcp_call_arguments.delta', { ...ofOutput, delta: '{', obfuscation: 'y' }),
  event('response.mcp_call_arguments.done', { ...ofOutput, arguments: '{}' }),
  event('response.mcp_call.in_progress', { ...ofItem, output_index: 0 }),
  event('response.mcp_call.completed', { ...ofItem, output_index: 0 }),
  event('response.mcp_call.failed', { ...ofItem, output_index: 0 }),
  // Event names of the beta protocol, which the SDK does not know.
  event('response.text.delta', { ...ofContent, delta: 'x' }),
  event('response.audio.delta', { ...ofContent, delta: 'AA==' }),
  event('response.audio_transcript.delta', { ...ofContent, delta: 'x' }),
  event('transcription_session.updated', { session: {} }),
];

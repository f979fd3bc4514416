/**
 * Converts sessions and responses between the flat beta form and the GA form. Field names and values follow the beta
 * types of `openai` 7.55 (`resources/beta/realtime`).
 */
import { ApiError, invalidValue, unknownParameter } from '../protocol/api-error.js';
import { isRecord } from '../protocol/schema.js';

type Fields = Record<string, unknown>;

const FORMATS: Readonly<Record<string, { type: string; rate?: number }>> = {
  pcm16: { type: 'audio/pcm', rate: 24_000 },
  g711_ulaw: { type: 'audio/pcmu' },
  g711_alaw: { type: 'audio/pcma' },
};
const FORMAT_NAMES: Readonly<Record<string, string>> = { 'audio/pcm': 'pcm16', 'audio/pcmu': 'g711_ulaw', 'audio/pcma': 'g711_alaw' };

const SESSION_FIELDS = new Set([
  'input_audio_format',
  'input_audio_noise_reduction',
  'input_audio_transcription',
  'instructions',
  'max_response_output_tokens',
  'modalities',
  'model',
  'output_audio_format',
  'speed',
  'temperature',
  'tool_choice',
  'tools',
  'tracing',
  'turn_detection',
  'voice',
]);
const TRANSCRIPTION_FIELDS = new Set([
  'include',
  'input_audio_format',
  'input_audio_noise_reduction',
  'input_audio_transcription',
  'modalities',
  'turn_detection',
]);
const RESPONSE_FIELDS = new Set([
  'conversation',
  'input',
  'instructions',
  'max_response_output_tokens',
  'metadata',
  'modalities',
  'output_audio_format',
  'temperature',
  'tool_choice',
  'tools',
  'voice',
]);

/** Converts a flat session to GA. @throws ApiError for fields and values unknown to the beta interface */
export function fromBetaSession(value: unknown, type: 'realtime' | 'transcription'): Fields {
  if (!isRecord(value)) throw invalidValue('session', value, ['an object']);
  onlyKnown(value, type === 'realtime' ? SESSION_FIELDS : TRANSCRIPTION_FIELDS, 'session');
  const { input_audio_format: format, input_audio_transcription, input_audio_noise_reduction, turn_detection } = value;
  const input = given({
    format: format === undefined ? undefined : formatOf(format, 'session.input_audio_format'),
    transcription: input_audio_transcription,
    noise_reduction: input_audio_noise_reduction,
    turn_detection,
  });
  if (type === 'transcription') return { type, ...given({ include: value['include'] }), ...(input && { audio: { input } }) };
  const output = spoken(value, 'session', value['speed']);
  return {
    type,
    ...shared(value, 'session'),
    ...given({ model: value['model'], tracing: value['tracing'] }),
    ...((input ?? output) && { audio: { ...(input && { input }), ...(output && { output }) } }),
  };
}

/** Converts `response` of a beta `response.create` to GA. @throws ApiError */
export function fromBetaResponse(value: unknown, item: (item: unknown) => unknown): unknown {
  if (!isRecord(value)) return value;
  onlyKnown(value, RESPONSE_FIELDS, 'response');
  const output = spoken(value, 'response', undefined);
  const { conversation, metadata, input } = value;
  return {
    ...shared(value, 'response'),
    ...given({ conversation, metadata, input: Array.isArray(input) ? input.map(item) : input }),
    ...(output && { audio: { output } }),
  };
}

/** Converts a GA session to the beta interface. */
export function toBetaSession(session: Fields): Fields {
  const { id, object, expires_at, model, instructions, tools, tool_choice, max_output_tokens, tracing, include, output_modalities } =
    session;
  const { input = {}, output } = (session['audio'] ?? {}) as { input?: Fields; output?: Fields };
  const inputSettings = {
    input_audio_format: nameOf(input['format']),
    input_audio_transcription: input['transcription'] ?? null,
    input_audio_noise_reduction: input['noise_reduction'] ?? null,
    turn_detection: input['turn_detection'] ?? null,
  };
  if (session['type'] === 'transcription') return { id, object, expires_at, ...inputSettings, include: include ?? null };
  return {
    id,
    object,
    expires_at,
    model,
    modalities: modalityNames(output_modalities),
    instructions,
    voice: voiceName(output?.['voice']),
    speed: output?.['speed'],
    output_audio_format: nameOf(output?.['format']),
    ...inputSettings,
    tools,
    tool_choice,
    temperature: 0.8,
    max_response_output_tokens: max_output_tokens,
    tracing: tracing ?? null,
  };
}

/** Converts a GA response to the beta interface. */
export function toBetaResponse(response: Fields, item: (item: unknown) => unknown): Fields {
  const { audio, output_modalities, output, ...rest } = response;
  const voice = (audio as { output?: Fields } | undefined)?.output;
  return {
    ...rest,
    output: Array.isArray(output) ? output.map(item) : output,
    modalities: modalityNames(output_modalities),
    voice: voiceName(voice?.['voice']),
    output_audio_format: nameOf(voice?.['format']),
    temperature: 0.8,
  };
}

function shared(value: Fields, path: string): Fields {
  const { instructions, tools, tool_choice, max_response_output_tokens, modalities, temperature } = value;
  if (temperature !== undefined && !(typeof temperature === 'number' && temperature >= 0.6 && temperature <= 1.2)) {
    throw new ApiError({
      message: `Invalid '${path}.temperature': expected a number from 0.6 to 1.2.`,
      code: 'invalid_value',
      param: `${path}.temperature`,
    });
  }
  return (
    given({
      instructions,
      tools,
      tool_choice,
      max_output_tokens: max_response_output_tokens,
      output_modalities: modalities === undefined ? undefined : modalitiesOf(modalities, `${path}.modalities`),
    }) ?? {}
  );
}

function spoken(value: Fields, path: string, speed: unknown): Fields | undefined {
  const { output_audio_format: format, voice } = value;
  // As `{id}`, the session accepts any voice name.
  const named = typeof voice === 'string' ? { id: voice } : voice;
  return given({ format: format === undefined ? undefined : formatOf(format, `${path}.output_audio_format`), voice: named, speed });
}

/** Recorded: the beta interface rejected `["audio"]` without `text`. */
function modalitiesOf(value: unknown, path: string): string[] {
  const names = Array.isArray(value) ? [...(value as unknown[])].sort().join() : '';
  if (names === 'text') return ['text'];
  if (names === 'audio,text') return ['audio'];
  throw new ApiError({
    message: `Invalid modalities: ${JSON.stringify(value)}. Supported combinations are: ['text'] and ['audio', 'text'].`,
    code: 'invalid_value',
    param: path,
  });
}

const modalityNames = (modalities: unknown): string[] =>
  Array.isArray(modalities) && modalities[0] === 'text' ? ['text'] : ['text', 'audio'];

function formatOf(value: unknown, path: string): unknown {
  const format = typeof value === 'string' && Object.hasOwn(FORMATS, value) ? FORMATS[value] : undefined;
  if (format === undefined) throw invalidValue(path, value, Object.keys(FORMATS));
  return format;
}

const nameOf = (format: unknown): unknown => (isRecord(format) ? FORMAT_NAMES[format['type'] as string] : undefined);
const voiceName = (voice: unknown): unknown => (isRecord(voice) ? voice['id'] : voice);

function onlyKnown(value: Fields, known: ReadonlySet<string>, path: string): void {
  const unknown = Object.keys(value).find((name) => !known.has(name));
  if (unknown !== undefined) throw unknownParameter(`${path}.${unknown}`);
}

/** The fields that have a value; `undefined` if there are none. */
function given(fields: Fields): Fields | undefined {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

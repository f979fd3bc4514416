/**
 * Converts sessions and responses between GA, with nested `audio.input` and `audio.output`, and the flat form of the beta.
 *
 * Field names follow the beta and GA types of `openai` 7.55. Fields that only exist in GA are removed for the beta, which rejects
 * unknown fields; fields that neither defines (`temperature`, server-specific fields) are passed through.
 */
import { betaContentTypes, gaContentTypes } from './content-types.js';
import { fieldsOf, given, isFields, without } from './fields.js';
import type { Fields } from './fields.js';

const FORMATS: readonly (readonly [beta: string, ga: Fields])[] = [
  ['pcm16', { type: 'audio/pcm', rate: 24_000 }],
  ['g711_ulaw', { type: 'audio/pcmu' }],
  ['g711_alaw', { type: 'audio/pcma' }],
];

/** The widget's default transcriber is newer than the beta and is replaced by one that the beta supports. */
const YOUNG_TRANSCRIBER = 'gpt-transcribe';
const OLD_TRANSCRIBER = 'whisper-1';

/** Converts a GA session to a flat one. */
export function flatSession(session: unknown): Fields {
  const { type, audio, output_modalities, max_output_tokens, ...rest } = fieldsOf(session);
  const { input, output } = fieldsOf(audio);
  const { format, transcription, noise_reduction, turn_detection } = fieldsOf(input);
  const { include, ...others } = without(rest, ['truncation', 'prompt', 'reasoning', 'parallel_tool_calls']);
  const inputFields = {
    input_audio_format: betaFormat(format),
    input_audio_transcription: betaTranscription(transcription),
    input_audio_noise_reduction: isFields(noise_reduction) ? without(noise_reduction, ['strength']) : noise_reduction,
    turn_detection: isFields(turn_detection) ? without(turn_detection, ['idle_timeout_ms']) : turn_detection,
  };
  if (type === 'transcription') return given({ ...inputFields, include }) ?? {};
  return (
    given({
      ...others,
      ...flatOutput(output),
      speed: fieldsOf(output)['speed'],
      modalities: betaModalities(output_modalities),
      max_response_output_tokens: max_output_tokens,
      ...inputFields,
    }) ?? {}
  );
}

/** Converts a flat session to a GA one. */
export function deepSession(session: unknown, type: 'realtime' | 'transcription'): Fields {
  const {
    input_audio_format,
    input_audio_transcription,
    input_audio_noise_reduction,
    turn_detection,
    output_audio_format,
    voice,
    speed,
    modalities,
    max_response_output_tokens,
    audio,
    ...rest
  } = without(fieldsOf(session), ['client_secret']);
  const before = fieldsOf(audio);
  // Some servers mix both: top-level fields take precedence.
  const inputFields = given({
    format: gaFormat(input_audio_format),
    transcription: input_audio_transcription,
    noise_reduction: input_audio_noise_reduction,
    turn_detection,
  });
  const input = given({ ...fieldsOf(before['input']), ...inputFields });
  const output = given({ ...fieldsOf(before['output']), ...given({ format: gaFormat(output_audio_format), voice, speed }) });
  const nestedAudio = given({ input, output });
  return {
    ...rest,
    type,
    ...given({ output_modalities: gaModalities(modalities), max_output_tokens: max_response_output_tokens, audio: nestedAudio }),
  };
}

/** Converts the `response` of a GA `response.create` to a flat one. */
export function flatResponse(response: unknown): unknown {
  if (!isFields(response)) return response;
  const { audio, output_modalities, max_output_tokens, input, ...rest } = response;
  return (
    given({
      ...without(rest, ['prompt', 'reasoning', 'parallel_tool_calls']),
      ...flatOutput(fieldsOf(audio)['output']),
      modalities: betaModalities(output_modalities),
      max_response_output_tokens: max_output_tokens,
      input: Array.isArray(input) ? input.map(betaContentTypes) : input,
    }) ?? {}
  );
}

/** Converts the `response` of a flat `response.created` or `response.done` to a GA one. */
export function deepResponse(response: unknown): unknown {
  if (!isFields(response)) return response;
  const { voice, output_audio_format, modalities, output, audio, ...rest } = response;
  const outputFields = given({ ...fieldsOf(fieldsOf(audio)['output']), ...given({ format: gaFormat(output_audio_format), voice }) });
  return {
    ...rest,
    ...given({
      output: Array.isArray(output) ? output.map(gaContentTypes) : output,
      output_modalities: gaModalities(modalities),
      audio: outputFields && { output: outputFields },
    }),
  };
}

function flatOutput(output: unknown): Fields {
  const { format, voice } = fieldsOf(output);
  // A custom voice is an object in GA.
  return { output_audio_format: betaFormat(format), voice: isFields(voice) ? voice['id'] : voice };
}

function betaTranscription(transcription: unknown): unknown {
  if (!isFields(transcription)) return transcription;
  const { languages, model, ...rest } = without(transcription, ['keywords', 'delay']);
  const language: unknown = Array.isArray(languages) ? languages[0] : undefined;
  return given({ model: model === YOUNG_TRANSCRIBER ? OLD_TRANSCRIBER : model, language, ...rest }) ?? {};
}

function betaModalities(modalities: unknown): unknown {
  if (!Array.isArray(modalities)) return modalities;
  // The beta supports audio only together with text.
  return modalities.includes('audio') ? ['text', 'audio'] : modalities;
}

function gaModalities(modalities: unknown): unknown {
  if (!Array.isArray(modalities)) return modalities;
  return modalities.includes('audio') ? ['audio'] : modalities;
}

const betaFormat = (format: unknown): unknown => (isFields(format) ? FORMATS.find(([, { type }]) => type === format['type'])?.[0] : format);
const gaFormat = (format: unknown): unknown =>
  typeof format === 'string' ? { ...(FORMATS.find(([name]) => name === format)?.[1] ?? { type: format }) } : format;

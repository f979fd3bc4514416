/**
 * Usage and cost of responses and transcriptions. Reads `usage` of `response.done` and of
 * `conversation.item.input_audio_transcription.completed` (`openai` 7.55: `RealtimeResponseUsage`, tokens or duration).
 */
import type { TokenPrices } from '../options.js';

/** Tokens by kind; each token is counted once, so the other counts exclude cached tokens. */
export interface Usage {
  readonly textInput: number;
  readonly cachedTextInput: number;
  readonly audioInput: number;
  readonly cachedAudioInput: number;
  readonly imageInput: number;
  readonly textOutput: number;
  readonly audioOutput: number;
}

/** Zero usage. */
export const NO_USAGE: Usage = {
  textInput: 0,
  cachedTextInput: 0,
  audioInput: 0,
  cachedAudioInput: 0,
  imageInput: 0,
  textOutput: 0,
  audioOutput: 0,
};

/** Tokens per second of audio input, for usage that is reported as a duration. */
export const TOKENS_PER_SECOND = 10;

type Fields = Readonly<Record<string, unknown>>;

/** Reads the usage that the API reports; `undefined` if there is none. Invalid numbers count as 0. */
export function readUsage(reported: unknown): Usage | undefined {
  if (typeof reported !== 'object' || reported === null) return undefined;
  const usage = reported as Fields;
  if (usage['type'] === 'duration') return { ...NO_USAGE, audioInput: count(Number(usage['seconds']) * TOKENS_PER_SECOND) };
  const input = fields(usage['input_token_details']);
  const cached = fields(input['cached_tokens_details']);
  const output = fields(usage['output_token_details']);
  const cachedText = Math.min(count(cached['text_tokens']), count(input['text_tokens']));
  const cachedAudio = Math.min(count(cached['audio_tokens']), count(input['audio_tokens']));
  const read: Usage = {
    textInput: count(input['text_tokens']) - cachedText,
    cachedTextInput: cachedText,
    audioInput: count(input['audio_tokens']) - cachedAudio,
    cachedAudioInput: cachedAudio,
    imageInput: count(input['image_tokens']),
    textOutput: count(output['text_tokens']),
    audioOutput: count(output['audio_tokens']),
  };
  // Tokens missing from the details are counted as audio, the most expensive kind, so that a missing field cannot bypass a budget.
  const inputs = read.textInput + cachedText + read.audioInput + cachedAudio + read.imageInput;
  return {
    ...read,
    audioInput: read.audioInput + Math.max(0, count(usage['input_tokens']) - inputs),
    audioOutput: read.audioOutput + Math.max(0, count(usage['output_tokens']) - read.textOutput - read.audioOutput),
  };
}

/** Total number of tokens. */
export const tokensOf = (usage: Usage): number =>
  Object.values(usage as unknown as Record<string, number>).reduce((sum, tokens) => sum + tokens, 0);

/** Cost in millionths of the currency of `prices`, rounded up: a price per million tokens equals that many millionths per token. */
export function microsOf(usage: Usage, prices: TokenPrices | undefined): number {
  if (!prices) return 0;
  const { textInput = 0, audioInput = 0, imageInput = 0, textOutput = 0, audioOutput = 0 } = prices;
  const { cachedTextInput = textInput, cachedAudioInput = audioInput } = prices;
  return Math.ceil(
    usage.textInput * textInput +
      usage.cachedTextInput * cachedTextInput +
      usage.audioInput * audioInput +
      usage.cachedAudioInput * cachedAudioInput +
      usage.imageInput * imageInput +
      usage.textOutput * textOutput +
      usage.audioOutput * audioOutput,
  );
}

/** The input that the next response reads again: the whole conversation, at the uncached price. */
export function rereadUsage(usage: Usage): Usage {
  return {
    ...NO_USAGE,
    textInput: usage.textInput + usage.cachedTextInput + usage.textOutput,
    audioInput: usage.audioInput + usage.cachedAudioInput + usage.audioOutput,
    imageInput: usage.imageInput,
  };
}

/** The sum of two usages. */
export function addUsage(one: Usage, other: Usage): Usage {
  return Object.fromEntries(Object.entries(one).map(([kind, tokens]) => [kind, tokens + other[kind as keyof Usage]])) as unknown as Usage;
}

const count = (value: unknown): number => (typeof value === 'number' && value > 0 && Number.isFinite(value) ? Math.ceil(value) : 0);

const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

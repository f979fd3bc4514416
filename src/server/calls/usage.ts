/**
 * What an answer or a transcription used, and what that costs. Reads the `usage` of `response.done` and of
 * `conversation.item.input_audio_transcription.completed` (`openai` 7.55: `RealtimeResponseUsage`, tokens or duration).
 */
import type { TokenPrices } from '../options.js';

/** Tokens by kind; cached ones are not in the others. */
export interface Usage {
  readonly textInput: number;
  readonly cachedTextInput: number;
  readonly audioInput: number;
  readonly cachedAudioInput: number;
  readonly imageInput: number;
  readonly textOutput: number;
  readonly audioOutput: number;
}

/** Nothing used. */
export const NO_USAGE: Usage = { textInput: 0, cachedTextInput: 0, audioInput: 0, cachedAudioInput: 0, imageInput: 0, textOutput: 0, audioOutput: 0 };

/** Tokens of a second that was heard, for usage that is told as a duration. */
export const TOKENS_PER_SECOND = 10;

type Fields = Readonly<Record<string, unknown>>;

/** Usage as the API tells it; `undefined` where it tells none. Numbers that are none count as 0. */
export function readUsage(told: unknown): Usage | undefined {
  if (typeof told !== 'object' || told === null) return undefined;
  const usage = told as Fields;
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
  // What no detail accounts for is counted at the dearest kind: a budget must not be outrun by a field that is missing.
  const inputs = read.textInput + cachedText + read.audioInput + cachedAudio + read.imageInput;
  return {
    ...read,
    audioInput: read.audioInput + Math.max(0, count(usage['input_tokens']) - inputs),
    audioOutput: read.audioOutput + Math.max(0, count(usage['output_tokens']) - read.textOutput - read.audioOutput),
  };
}

/** All tokens. */
export const tokensOf = (usage: Usage): number => Object.values(usage as unknown as Record<string, number>).reduce((sum, tokens) => sum + tokens, 0);

/** Tokens that the model generated. */
export const outputOf = ({ textOutput, audioOutput }: Usage): number => textOutput + audioOutput;

/** Millionths of the currency of `prices`, rounded up: a price per million tokens is as many millionths per token. */
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

/** What the next answer has to read of this one: everything that was said, at the full price. */
export function readAgain(usage: Usage): Usage {
  return {
    ...NO_USAGE,
    textInput: usage.textInput + usage.cachedTextInput + usage.textOutput,
    audioInput: usage.audioInput + usage.cachedAudioInput + usage.audioOutput,
    imageInput: usage.imageInput,
  };
}

/** Both together. */
export function added(one: Usage, other: Usage): Usage {
  return Object.fromEntries(Object.entries(one).map(([kind, tokens]) => [kind, tokens + other[kind as keyof Usage]])) as unknown as Usage;
}

const count = (value: unknown): number => (typeof value === 'number' && value > 0 && Number.isFinite(value) ? Math.ceil(value) : 0);

const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

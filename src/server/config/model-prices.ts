/**
 * Prices of OpenAI's models for calls and for the transcription of calls, in US dollars per million tokens. Owns the table, which the
 * option `prices` extends and overrides.
 *
 * Sources: the page of each model below https://developers.openai.com/api/docs/models/, and for `gpt-realtime` and `gpt-realtime-mini`,
 * whose pages list text only, OpenAI's pricing page as public price lists quote it. Transcribers with a price per minute are listed with
 * the equivalent price of audio input, at 600 tokens per minute (`TOKENS_PER_SECOND` in `calls/usage.ts`). The page of
 * `gpt-4o-transcribe` and the pricing page state different prices of audio (2.5 and 6); the table has the higher one, likewise for mini.
 */
import type { TokenPrices } from '../options.js';

/** The day on which the prices were compared with their source, as `YYYY-MM-DD`. */
export const PRICES_DATE = '2026-12-01';

/** Where to look for changes. */
export const PRICES_SOURCE = 'https://developers.openai.com/api/docs/pricing';

const full = {
  textInput: 4,
  cachedTextInput: 0.4,
  audioInput: 32,
  cachedAudioInput: 0.4,
  imageInput: 5,
  audioOutput: 64,
} as const satisfies TokenPrices;

const mini = {
  textInput: 0.6,
  cachedTextInput: 0.06,
  audioInput: 10,
  cachedAudioInput: 0.3,
  imageInput: 0.8,
  textOutput: 2.4,
  audioOutput: 20,
} as const satisfies TokenPrices;

/** Prices by model. */
export const MODEL_PRICES: Readonly<Record<string, TokenPrices>> = {
  'gpt-realtime-2.1': { ...full, textOutput: 24 },
  'gpt-realtime-2': { ...full, textOutput: 24 },
  'gpt-realtime-1.5': { ...full, textOutput: 16 },
  'gpt-realtime': { ...full, textOutput: 16 },
  'gpt-realtime-2.1-mini': mini,
  'gpt-realtime-mini': mini,
  'gpt-transcribe': { audioInput: 7.5 },
  'gpt-live-transcribe': { audioInput: 28.34 },
  'gpt-realtime-whisper': { audioInput: 28.34 },
  'gpt-4o-transcribe': { textInput: 2.5, audioInput: 6, textOutput: 10 },
  'gpt-4o-mini-transcribe': { textInput: 1.25, audioInput: 3, textOutput: 5 },
  'whisper-1': { audioInput: 10 },
};

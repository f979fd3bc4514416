/**
 * Token counts in the API's format. The sandbox has no tokenizer: four characters count as one text token, 100 ms of
 * input audio and 50 ms of output audio as one audio token, the rates of the published pricing guide.
 */
import { durationMs } from '../media/join-pcm.js';
import type { Entry } from './conversation.js';
import type { RealtimeResponseUsage } from '../protocol/events.js';

/** Text tokens of a text. */
export function textTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** Audio tokens of output audio with the given duration in milliseconds. */
export function spokenTokens(ms: number): number {
  return Math.ceil(ms / 50);
}

/** Audio tokens of input audio with the given duration in milliseconds. */
export function heardTokens(ms: number): number {
  return Math.ceil(ms / 100);
}

/** The usage of one response: its input and its output. */
export function responseUsage(
  read: readonly Entry[],
  instructions: string,
  written: { text: number; audio: number },
): RealtimeResponseUsage {
  let text = textTokens(instructions);
  let audio = 0;
  let image = 0;
  for (const { item, audio: chunks } of read) {
    text += textTokens(`${item.arguments ?? ''}${item.output ?? ''}`);
    for (const part of item.content ?? []) {
      text += textTokens(part.text ?? '');
      if (part.type === 'input_image') image += 85;
      if (part.type === 'output_audio') text += textTokens(part.transcript ?? '');
    }
    if (item.role === 'user') audio += heardTokens(durationMs(chunks));
    else audio += spokenTokens(durationMs(chunks));
  }
  return {
    total_tokens: text + audio + image + written.text + written.audio,
    input_tokens: text + audio + image,
    output_tokens: written.text + written.audio,
    input_token_details: {
      text_tokens: text,
      audio_tokens: audio,
      image_tokens: image,
      cached_tokens: 0,
      cached_tokens_details: { text_tokens: 0, audio_tokens: 0, image_tokens: 0 },
    },
    output_token_details: { text_tokens: written.text, audio_tokens: written.audio },
  };
}

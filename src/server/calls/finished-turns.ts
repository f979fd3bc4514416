/** Extracts the text of a finished turn from an event. Used only if `onTranscript` is set. */
import type { TranscriptTurn } from '../options.js';
import type { RealtimeEvent } from './sideband.js';

/** Returns role and text of a finished turn; `undefined` for other events and for turns without text. */
export function finishedTurn(event: RealtimeEvent): Pick<TranscriptTurn, 'role' | 'text'> | undefined {
  switch (event.type) {
    case 'conversation.item.input_audio_transcription.completed':
      return turn('user', event['transcript']);
    // Typed messages only; speech is transcribed later.
    case 'conversation.item.added':
    case 'conversation.item.created':
      return roleOf(event['item']) === 'user' ? turn('user', textOf(event['item'])) : undefined;
    case 'response.output_item.done':
      return roleOf(event['item']) === 'assistant' ? turn('assistant', textOf(event['item'])) : undefined;
  }
  return undefined;
}

const turn = (role: 'user' | 'assistant', text: unknown): Pick<TranscriptTurn, 'role' | 'text'> | undefined =>
  typeof text === 'string' && text.trim() !== '' ? { role, text: text.trim() } : undefined;

function roleOf(item: unknown): unknown {
  const { type, role } = (item ?? {}) as Record<string, unknown>;
  return type === 'message' ? role : undefined;
}

function textOf(item: unknown): string {
  const { content } = (item ?? {}) as { content?: unknown };
  if (!Array.isArray(content)) return '';
  const words = (content as ({ text?: unknown; transcript?: unknown } | null)[]).map((part) => part?.text ?? part?.transcript);
  return words.filter((text) => typeof text === 'string').join(' ');
}

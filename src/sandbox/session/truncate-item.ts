/** Truncates an assistant's audio to what was heard. The transcript is deleted, because the words heard are unknown. */
import { ApiError } from '../protocol/api-error.js';
import { durationMs, joinPcm } from '../media/join-pcm.js';
import type { Conversation } from './conversation.js';
import { SAMPLE_RATE } from '../media/peer.js';

/**
 * Truncates an item.
 *
 * @throws ApiError for a missing item, an item without model audio, or an end beyond the audio.
 */
export function truncateItem(conversation: Conversation, id: string, contentIndex: number, endMs: number): void {
  const entry = conversation.require(id, 'truncate');
  const part = entry.item.content?.[contentIndex];
  if (entry.item.role !== 'assistant' || (part?.type !== 'output_audio' && entry.audio.length === 0)) {
    throw new ApiError({
      message: 'Only model output audio messages can be truncated',
      code: 'unsupported_content_type',
      param: 'item_id',
    });
  }
  const lengthMs = durationMs(entry.audio);
  if (endMs > lengthMs) {
    throw new ApiError({
      message: `Audio content of ${String(Math.round(lengthMs))}ms is already shorter than ${String(endMs)}ms`,
      code: 'invalid_value',
      param: 'audio_end_ms',
    });
  }
  entry.audio = [joinPcm(entry.audio).slice(0, Math.round((endMs * SAMPLE_RATE) / 1000))];
  // Documented: truncating "will delete the server-side text transcript".
  if (part !== undefined) delete part.transcript;
}

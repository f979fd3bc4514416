/**
 * Hugging Face's speech-to-speech: GA with fewer events. Spoken turns are neither committed nor added, the items of answers
 * are not added, and over WebRTC the server does not report playback. It has no transcription sessions.
 *
 * Source: speech-to-speech's `src/speech_to_speech/api/openai_realtime` of August 2026 (commit 9f59bc7). The server requires no
 * key and sends no CORS headers: the site must proxy it on the page's own origin.
 */
import type { Dialect, Translator } from '../../contract/dialect.js';
import { TolerantReader } from '../tolerant-reader.js';

function hfTranslator(): Translator {
  const reader = new TolerantReader();
  return { inbound: (event) => reader.read(event), outbound: (event) => [event] };
}

export const hf: Dialect = {
  name: 'hf',
  translator: hfTranslator,
  socket: { keyCarrier: 'none' },
  offer: { hangUp: false },
  reportsPlayback: false,
  unsupported: ['conversation.item.retrieve', 'conversation.item.delete', 'input_audio_buffer.clear'],
};

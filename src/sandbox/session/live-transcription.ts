/**
 * Transcription models that transcribe during speech (`gpt-live-transcribe`, `gpt-realtime-whisper`): words arrive as
 * `…delta` events before the turn is committed. The server does not detect the end of turns and rejects turn detection.
 * Owns the words written before the commit; `transcription.ts` writes the others. Only scripted words can be written
 * early: without a recogniser there are none, and a recogniser receives whole turns.
 *
 * Source: the API's guide to realtime transcription (turn detection omitted or null, the client commits each turn); the
 * error message as reported by users of the API.
 */
import { ApiError } from '../protocol/api-error.js';
import { audioLevel } from '../media/audio-level.js';
import { newId } from '../protocol/ids.js';
import { SAMPLE_RATE } from '../media/peer.js';
import type { ScriptedTranscript } from './session-script.js';
import type { SessionConfig } from './session-config.js';

const STREAMING = /^gpt-(live-transcribe|realtime-whisper)/;
/** Milliseconds of speech per piece. */
const PIECE_MS = 200;
/** Audio below this level is not speech, in dBFS. */
const VOICE_DBFS = -50;

/** The words written before the commit. */
export interface WrittenAhead {
  readonly itemId: string;
  /** All pieces of the turn; the first `sent` have been sent. */
  readonly pieces: readonly string[];
  readonly sent: number;
}

/** Whether a session transcribes during speech. */
export const writesLive = ({ type, audio }: SessionConfig): boolean =>
  type === 'transcription' && STREAMING.test(audio.input.transcription?.model ?? '');

/**
 * Removes turn detection from such a session.
 *
 * @throws ApiError if the client requests turn detection.
 */
export function withoutDetection(session: SessionConfig, request: unknown): SessionConfig {
  if (!writesLive(session)) return session;
  const asked = (request as { audio?: { input?: { turn_detection?: unknown } } }).audio?.input?.turn_detection;
  if (asked !== undefined && asked !== null) {
    throw new ApiError({
      message: 'Turn detection is not supported for this transcription model.',
      code: 'invalid_value',
      param: 'session.audio.input.turn_detection',
    });
  }
  return { ...session, audio: { ...session.audio, input: { ...session.audio.input, turn_detection: null } } };
}

/** The early words of one session. */
export class LiveTranscription {
  readonly #write: (itemId: string, piece: string) => void;
  #itemId = '';
  #pieces: readonly string[] = [];
  #voicedMs = 0;
  #sent = 0;

  constructor(write: (itemId: string, piece: string) => void) {
    this.#write = write;
  }

  /** Receives a piece of the turn's audio; `scripted` is the transcript of the turn. */
  hear(pcm: Int16Array, scripted: ScriptedTranscript | undefined): void {
    if (audioLevel(pcm) < VOICE_DBFS) return;
    if (this.#voicedMs === 0) {
      this.#itemId = newId('item');
      this.#pieces = piecesOf(scripted);
    }
    this.#voicedMs += (pcm.length * 1000) / SAMPLE_RATE;
    while (this.#sent < this.#pieces.length && this.#voicedMs >= (this.#sent + 1) * PIECE_MS) {
      this.#write(this.#itemId, this.#pieces[this.#sent++] as string);
    }
  }

  /** Called when the turn ends or is discarded. */
  take(): WrittenAhead | undefined {
    const ahead = this.#voicedMs === 0 ? undefined : { itemId: this.#itemId, pieces: this.#pieces, sent: this.#sent };
    this.#voicedMs = this.#sent = 0;
    return ahead;
  }
}

function piecesOf(scripted: ScriptedTranscript | undefined): readonly string[] {
  if (scripted === undefined || (typeof scripted !== 'string' && 'fail' in scripted)) return [];
  if (typeof scripted !== 'string' && scripted.deltas) return scripted.deltas;
  return (typeof scripted === 'string' ? scripted : scripted.text).match(/\S+\s*/g) ?? [];
}

/**
 * Transcribers that write while one speaks (`gpt-live-transcribe`, `gpt-realtime-whisper`): words come as `…delta` events
 * before the turn is committed, the server finds no ends of turns, and refuses to be told to.
 * Owns what was written ahead of the commit; `transcription.ts` does the rest. Only scripted words can come ahead: where
 * nobody listens there are none, and a recogniser gets whole turns.
 *
 * Source: the API's guide to realtime transcription (turn detection left out or null, the client commits each turn);
 * the sentence of the refusal as users of the API report it.
 */
import { ApiError } from './api-error.js';
import { levelOf } from './audio-level.js';
import { newId } from './ids.js';
import { SAMPLE_RATE } from './peer.js';
import type { ScriptedTranscript } from './scenario-types.js';
import type { SessionConfig } from './session-config.js';

const STREAMING = /^gpt-(live-transcribe|realtime-whisper)/;
/** Milliseconds of voice per piece. */
const PIECE_MS = 200;
/** What is softer is no voice, in dBFS. */
const VOICE_DBFS = -50;

/** What was written before the commit. */
export interface WrittenAhead {
  readonly itemId: string;
  /** All pieces of the turn; the first `told` are told. */
  readonly pieces: readonly string[];
  readonly told: number;
}

/** Whether a session's words come while one speaks. */
export const writesLive = ({ type, audio }: SessionConfig): boolean => type === 'transcription' && STREAMING.test(audio.input.transcription?.model ?? '');

/**
 * Turn detection as such a session has it: none.
 *
 * @throws ApiError when the client asks for some.
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

/** One session's words ahead. */
export class LiveTranscription {
  readonly #write: (itemId: string, piece: string) => void;
  #itemId = '';
  #pieces: readonly string[] = [];
  #voicedMs = 0;
  #told = 0;

  constructor(write: (itemId: string, piece: string) => void) {
    this.#write = write;
  }

  /** Hears a piece of the turn; `scripted` is what the turn will have been. */
  hear(pcm: Int16Array, scripted: ScriptedTranscript | undefined): void {
    if (levelOf(pcm) < VOICE_DBFS) return;
    if (this.#voicedMs === 0) {
      this.#itemId = newId('item');
      this.#pieces = piecesOf(scripted);
    }
    this.#voicedMs += (pcm.length * 1000) / SAMPLE_RATE;
    while (this.#told < this.#pieces.length && this.#voicedMs >= (this.#told + 1) * PIECE_MS) {
      this.#write(this.#itemId, this.#pieces[this.#told++] as string);
    }
  }

  /** The turn ends, or is thrown away. */
  take(): WrittenAhead | undefined {
    const ahead = this.#voicedMs === 0 ? undefined : { itemId: this.#itemId, pieces: this.#pieces, told: this.#told };
    this.#voicedMs = this.#told = 0;
    return ahead;
  }
}

function piecesOf(scripted: ScriptedTranscript | undefined): readonly string[] {
  if (scripted === undefined || (typeof scripted !== 'string' && 'fail' in scripted)) return [];
  if (typeof scripted !== 'string' && scripted.deltas) return scripted.deltas;
  return (typeof scripted === 'string' ? scripted : scripted.text).match(/\S+\s*/g) ?? [];
}

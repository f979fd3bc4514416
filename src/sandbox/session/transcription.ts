/**
 * Input transcription: reports the text of a committed turn (from a recogniser, a script or a placeholder) as events.
 * It runs in parallel with the response, so its events may come before, during or after it, as with the real API.
 */
import type { Timers } from '../clock.js';
import { durationMs, joinPcm } from '../media/join-pcm.js';
import type { Entry } from './conversation.js';
import type { WrittenAhead } from './live-transcription.js';
import { SAMPLE_RATE } from '../media/peer.js';
import type { UnsentEvent } from '../protocol/events.js';
import type { ScriptedTranscript } from './session-script.js';
import { heardTokens, textTokens } from './usage.js';

/**
 * A speech recogniser. Receives one turn as 24 kHz mono PCM; returns the whole text, or pieces that become `…delta`
 * events. A rejection becomes `conversation.item.input_audio_transcription.failed`.
 */
export type Transcribe = (pcm: Int16Array, info: { sampleRate: number }) => Promise<string> | AsyncIterable<string>;

/** What transcription needs from its session. */
export interface TranscriptionTools {
  emit: (event: UnsentEvent) => void;
  timers: Timers;
  transcribe: Transcribe | undefined;
  /** The transcription model, or `undefined` if the session does not request transcription. */
  model: () => string | undefined;
  /** Whether the session requests log probabilities (`include`). */
  logprobs: () => boolean;
  /** The words sent before the turn was committed. */
  ahead: WrittenAhead | undefined;
  ended: () => boolean;
}

/** The log probability of one token, in the published shape. */
interface LogProbability {
  token: string;
  logprob: number;
  bytes: number[];
}

/** Splits a text into tokens with made-up log probabilities: the longer the token, the lower. */
export function logProbabilities(text: string): LogProbability[] {
  const tokens = text.match(/\s*\S+/g) ?? [];
  return tokens.map((token) => ({ token, logprob: -token.length / 50, bytes: [...new TextEncoder().encode(token)] }));
}

/** Sets `entry.transcript` for the agent, and reports events if the session requests transcription. */
export function transcribeTurn(entry: Entry, scripted: ScriptedTranscript | undefined, tools: TranscriptionTools): void {
  const model = tools.model();
  const pieces = recognise(entry, scripted, tools);
  const words = scriptedWords(scripted);
  const text =
    model === undefined && tools.transcribe === undefined && scripted === undefined
      ? Promise.resolve(undefined)
      : report(entry, pieces, model, tools);
  // A scripted transcript may be late on purpose; the agent does not wait for it.
  if (scripted !== undefined) entry.transcript = Promise.resolve(words);
  else entry.transcript = tools.transcribe === undefined ? Promise.resolve(undefined) : text;
}

function scriptedWords(scripted: ScriptedTranscript | undefined): string | undefined {
  if (typeof scripted === 'string') return scripted;
  return scripted !== undefined && 'text' in scripted ? scripted.text : undefined;
}

async function* recognise(entry: Entry, scripted: ScriptedTranscript | undefined, tools: TranscriptionTools): AsyncGenerator<string> {
  if (scripted !== undefined) {
    if (typeof scripted !== 'string' && scripted.afterMs !== undefined) await tools.timers.sleep(scripted.afterMs);
    if (tools.ahead !== undefined && tools.ahead.pieces.length > 0) yield* tools.ahead.pieces;
    else if (typeof scripted === 'string') yield scripted;
    else if ('fail' in scripted) throw new RecognitionError(scripted.fail);
    else yield* scripted.deltas ?? [scripted.text];
    return;
  }
  if (tools.transcribe === undefined) {
    yield honestTranscript(entry);
    return;
  }
  const result = tools.transcribe(joinPcm(entry.audio), { sampleRate: SAMPLE_RATE });
  if (Symbol.asyncIterator in result) yield* result;
  else yield await result;
}

/** The placeholder transcript without a recogniser: `[speech, 2.4 s]`. */
export function honestTranscript(entry: Entry): string {
  const seconds = (entry.heard?.speechMs ?? durationMs(entry.audio)) / 1000;
  return `[speech, ${seconds.toFixed(1)} s]`;
}

async function report(
  entry: Entry,
  pieces: AsyncIterable<string>,
  model: string | undefined,
  tools: TranscriptionTools,
): Promise<string | undefined> {
  const place = { item_id: entry.item.id, content_index: 0 };
  const logprobsOf = (of: string): { logprobs?: LogProbability[] } => (tools.logprobs() ? { logprobs: logProbabilities(of) } : {});
  let text = '';
  let ahead = tools.ahead?.sent ?? 0;
  try {
    for await (const delta of pieces) {
      if (tools.ended()) return undefined;
      if (delta === '') continue;
      text += delta;
      if (model !== undefined && --ahead < 0)
        tools.emit({ type: 'conversation.item.input_audio_transcription.delta', ...place, delta, ...logprobsOf(delta) });
    }
  } catch (error) {
    if (model !== undefined && !tools.ended()) {
      const fields = error instanceof RecognitionError ? error.fields : {};
      const message = error instanceof Error ? error.message : String(error);
      tools.emit({
        type: 'conversation.item.input_audio_transcription.failed',
        ...place,
        error: { type: 'transcription_error', code: 'transcription_failed', message, ...fields },
      });
    }
    return undefined;
  }
  if (tools.ended()) return undefined;
  text = text.trim();
  if (model === undefined) return text;
  const part = entry.item.content?.[0];
  if (part?.type === 'input_audio') part.transcript = text;
  tools.emit({
    type: 'conversation.item.input_audio_transcription.completed',
    ...place,
    transcript: text,
    ...logprobsOf(text),
    usage: transcriptionUsage(model, durationMs(entry.audio), text),
  });
  return text;
}

/** `whisper-1` is billed by duration, newer models by tokens. */
function transcriptionUsage(
  model: string,
  ms: number,
  text: string,
): Extract<UnsentEvent, { type: 'conversation.item.input_audio_transcription.completed' }>['usage'] {
  if (model === 'whisper-1') return { type: 'duration', seconds: Math.max(1, Math.round(ms / 1000)) };
  const input = heardTokens(ms);
  const output = textTokens(text);
  return {
    type: 'tokens',
    total_tokens: input + output,
    input_tokens: input,
    input_token_details: { text_tokens: 0, audio_tokens: input },
    output_tokens: output,
  };
}

class RecognitionError extends Error {
  override readonly name = 'RecognitionError';
  readonly fields: { code?: string; message?: string; type?: string };

  constructor(fields: { code?: string; message?: string; type?: string }) {
    super(fields.message ?? 'Input transcription failed for this item.');
    this.fields = fields;
  }
}

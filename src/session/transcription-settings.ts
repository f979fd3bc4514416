/**
 * The protocol's session object for `mode="transcription"`, from a page's options: only what the page set and the session type, so
 * that everything else stays as the server bound it to the key. Uses only `model` (the transcriber), `language`, `turnDetection`
 * and `sessionConfig`; there is no voice and no agent.
 */
import type { CallOptions } from '../contract/options.js';
import { detection, mergeSettings, type Json } from './session-settings.js';

/**
 * The transcriber if neither page nor key sets one: the one without a shutdown date (`openai` 7.55) that works with the server's
 * turn detection.
 */
export const DEFAULT_TRANSCRIBER = 'gpt-transcribe';

/** Streaming transcribers. They reject turn detection: the client ends each turn with a commit. */
const STREAMING = /^gpt-(live-transcribe|realtime-whisper)/;

/** Transcribers that accept a list of possible languages; others accept one. */
const TAKES_LANGUAGES = /^gpt-(live-)?transcribe/;

/** The `session` of the first `session.update`. */
export function transcriptionSettings(options: CallOptions): Json {
  const { model, language, turnDetection, sessionConfig } = options;
  const transcriber = model ?? (language ? DEFAULT_TRANSCRIBER : undefined);
  const ends = turnDetection === undefined ? (STREAMING.test(model ?? '') ? null : undefined) : detection(turnDetection);
  const input: Json = {
    ...(transcriber ? { transcription: { model: transcriber, ...(language ? spoken(language, transcriber) : {}) } } : {}),
    ...(ends === undefined ? {} : { turn_detection: ends }),
  };
  const session: Json = { type: 'transcription', ...(Object.keys(input).length > 0 ? { audio: { input } } : {}) };
  return sessionConfig ? mergeSettings(session, sessionConfig) : session;
}

/** The language of a BCP 47 tag in the transcriber's form: ISO 639-1 without region or script. */
function spoken(tag: string, transcriber: string): Json {
  const code = tag.split('-')[0]?.toLowerCase();
  return TAKES_LANGUAGES.test(transcriber) ? { languages: [code] } : { language: code };
}

/** Whether the page sets how turns end, including `none` (the page commits them itself). */
export function choosesTurns({ turnDetection, sessionConfig }: CallOptions): boolean {
  const { input = {} } = (sessionConfig?.['audio'] ?? {}) as { input?: Json };
  return turnDetection !== undefined || 'turn_detection' in input;
}

/**
 * The protocol's session object for `mode="transcription"`, from a page's settings: what the page set and the kind of the
 * session, so that everything else stays as the server bound it to the key. Of the settings only `model` (the
 * transcriber), `language`, `turnDetection` and `sessionConfig` have a place in it; there is no voice and no agent.
 */
import type { CallOptions } from '../contract/options.js';
import { detection, mergeSettings, type Json } from './session-settings.js';

/**
 * The transcriber where neither page nor key name one: of those that have no end date (`openai` 7.55) the one that works
 * with the server's turn detection.
 */
export const DEFAULT_TRANSCRIBER = 'gpt-transcribe';

/** Transcribers that write while one speaks. They refuse turn detection: each turn ends with a commit of the client. */
const STREAMING = /^gpt-(live-transcribe|realtime-whisper)/;

/** Transcribers that take a list of possible languages; the others take one. */
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

/** The language of a BCP 47 tag as transcribers take it: ISO 639-1 without region or script. */
function spoken(tag: string, transcriber: string): Json {
  const code = tag.split('-')[0]?.toLowerCase();
  return TAKES_LANGUAGES.test(transcriber) ? { languages: [code] } : { language: code };
}

/** Whether the page itself says how turns end; `none` among that: it then commits them itself. */
export function choosesTurns({ turnDetection, sessionConfig }: CallOptions): boolean {
  const { input = {} } = (sessionConfig?.['audio'] ?? {}) as { input?: Json };
  return turnDetection !== undefined || 'turn_detection' in input;
}

/**
 * The protocol's session object from a page's options: only what the page set, so that everything else stays as the server bound
 * it to the key.
 */
import type { CallOptions, TurnDetection } from '../contract/options.js';

export type Json = Record<string, unknown>;

/** The transcriber for a page that sets a language but no transcriber (`openai` 7.55: one without a shutdown date). */
const TRANSCRIBER = 'gpt-transcribe';

/**
 * The `session` of the first `session.update`; `tools`: the page's, as `tool-schema.ts` declares them. `model` is not included:
 * it is part of the call's URL (see `call-address.ts`) and cannot be changed later.
 */
export function sessionSettings(options: CallOptions, tools: readonly Readonly<Json>[] = []): Json {
  const { instructions, voice, language, turnDetection, sessionConfig } = options;
  const input: Json = {
    ...(turnDetection === undefined ? {} : { turn_detection: detection(turnDetection) }),
    // This transcriber takes ISO 639-1 codes, as a list.
    ...(language ? { transcription: { model: TRANSCRIBER, languages: [language.split('-')[0]?.toLowerCase()] } } : {}),
  };
  const output: Json = voice ? { voice } : {};
  const audio: Json = { ...(isEmpty(input) ? {} : { input }), ...(isEmpty(output) ? {} : { output }) };
  const session: Json = {
    type: 'realtime',
    ...(instructions ? { instructions } : {}),
    ...(isEmpty(audio) ? {} : { audio }),
    ...(tools.length > 0 ? { tools } : {}),
  };
  return sessionConfig ? mergeSettings(session, sessionConfig) : session;
}

/** Turn detection in the protocol's form. */
export function detection(setting: TurnDetection): unknown {
  if (typeof setting !== 'string') return setting;
  return setting === 'none' ? null : { type: setting };
}

/** Deep merge of plain objects; other values in `over` replace. Tools of both sides are kept; for equal names, `over` wins. */
export function mergeSettings(under: Json, over: Readonly<Json>): Json {
  const merged = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined || key === '__proto__') continue;
    const below = merged[key];
    if (key === 'tools' && Array.isArray(below) && Array.isArray(value)) {
      const names = new Set((value as { name?: unknown }[]).map(({ name }) => name));
      merged[key] = [...(below as { name?: unknown }[]).filter(({ name }) => !names.has(name)), ...(value as unknown[])];
    } else {
      merged[key] = isPlain(below) && isPlain(value) ? mergeSettings(below, value) : value;
    }
  }
  return merged;
}

const isPlain = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const isEmpty = (value: Json): boolean => Object.keys(value).length === 0;

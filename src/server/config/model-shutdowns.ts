/**
 * Models of the OpenAI API with an announced shutdown date. Owns the table, which is the only place of the repository that names such a
 * model shortly before its end, and the warnings for configurations that use one. Source: https://platform.openai.com/docs/deprecations
 * (notices of 2026-07-20 and 2026-08-26).
 */
import type { VoiceServerOptions } from '../options.js';

/** One announced shutdown. */
export interface ModelShutdown {
  /** The whole name of the model, or with `*` at its end, the beginning of its name. */
  readonly model: string;
  /** The first day on which the model no longer answers, as `YYYY-MM-DD`. */
  readonly date: string;
  /** The model that OpenAI names as its successor. */
  readonly successor: string;
}

/** The announced shutdowns of models for calls and for the transcription of calls. */
export const MODEL_SHUTDOWNS: readonly ModelShutdown[] = [
  { model: 'gpt-realtime', date: '2027-01-20', successor: 'gpt-realtime-2.1' },
  { model: 'gpt-realtime-2025-08-28', date: '2027-01-20', successor: 'gpt-realtime-2.1' },
  { model: 'gpt-realtime-mini', date: '2027-01-20', successor: 'gpt-realtime-2.1-mini' },
  { model: 'gpt-realtime-mini-2025-10-06', date: '2027-01-20', successor: 'gpt-realtime-2.1-mini' },
  { model: 'gpt-realtime-mini-2025-12-15', date: '2027-01-20', successor: 'gpt-realtime-2.1-mini' },
  { model: 'gpt-4o-realtime*', date: '2027-01-20', successor: 'gpt-realtime-2.1' },
  { model: 'gpt-4o-mini-realtime*', date: '2027-01-20', successor: 'gpt-realtime-2.1-mini' },
  { model: 'gpt-4o-mini-transcribe-2025-03-20', date: '2027-01-20', successor: 'gpt-transcribe' },
  { model: 'whisper-1', date: '2027-02-26', successor: 'gpt-transcribe' },
  { model: 'gpt-4o-transcribe', date: '2027-02-26', successor: 'gpt-transcribe' },
  { model: 'gpt-4o-transcribe-diarize', date: '2027-02-26', successor: 'gpt-transcribe' },
  { model: 'gpt-4o-mini-transcribe', date: '2027-02-26', successor: 'gpt-transcribe' },
  { model: 'gpt-4o-mini-transcribe-2025-12-15', date: '2027-02-26', successor: 'gpt-transcribe' },
];

/** The announced shutdown of a model, `undefined` if there is none. */
export function shutdownOf(model: string): ModelShutdown | undefined {
  return MODEL_SHUTDOWNS.find((entry) => (entry.model.endsWith('*') ? model.startsWith(entry.model.slice(0, -1)) : model === entry.model));
}

/**
 * A sentence for each model of the options that has an announced shutdown. Only for servers of the OpenAI API: local servers may use the
 * same names for models of their own.
 *
 * @param now milliseconds since 1970
 */
export function shutdownWarnings(
  { session, profiles, upstream }: Pick<VoiceServerOptions, 'session' | 'profiles' | 'upstream'>,
  now: number,
): readonly string[] {
  if (upstream.baseUrl !== undefined && new URL(upstream.baseUrl).hostname !== 'api.openai.com') return [];
  const sessions = profiles
    ? Object.entries(profiles).map(([name, profile]) => [`profiles.${name}.session`, profile.session] as const)
    : [['session', session] as const];
  return sessions.flatMap(([path, settings]) =>
    [...modelsIn(settings, path)].flatMap(([place, model]) => warning(place, model, now) ?? []),
  );
}

/** Each `model` inside of a session with its path, for example `session.audio.input.transcription.model`. */
function* modelsIn(value: unknown, path: string): Generator<readonly [path: string, model: string]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [name, inside] of Object.entries(value)) {
    if (name === 'model' && typeof inside === 'string') yield [`${path}.model`, inside];
    else yield* modelsIn(inside, `${path}.${name}`);
  }
}

function warning(path: string, model: string, now: number): string | undefined {
  const shutdown = shutdownOf(model);
  if (!shutdown) return undefined;
  const verb = now < Date.parse(shutdown.date) ? 'shuts down' : 'shut down';
  return `${path}: OpenAI ${verb} ${model} on ${shutdown.date}. Use ${shutdown.successor}.`;
}

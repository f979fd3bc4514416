/**
 * The configuration of one session: the defaults of a fresh GA session, and how client updates are merged into it. Owns
 * the shape sent as `session`; `session-schemas.ts` decides what is accepted.
 *
 * Defaults: `openai` 7.55 type comments (prefix 300 ms, silence 500 ms, threshold 0.5, speed 1, tokens `inf`,
 * transcription off) and the fields of recorded `session.created` events.
 */
import { ApiError } from '../protocol/api-error.js';
import { withoutDetection } from './live-transcription.js';
import { sessionSchema } from './session-schemas.js';
import type { SessionConfig, TurnDetection } from './session-config.js';
import { isRecord } from '../protocol/schema.js';

/** The default model. */
export const DEFAULT_MODEL = 'gpt-realtime-2.1';

const DEFAULT_INSTRUCTIONS = 'You are a helpful, witty, and friendly AI. Talk quickly. Always call a function if you can.';

/** A fresh session of the given kind. `expiresAt` is in seconds since the epoch. */
export function freshSession(kind: SessionConfig['type'], id: string, expiresAt: number): SessionConfig {
  const input: SessionConfig['audio']['input'] = {
    format: { type: 'audio/pcm', rate: 24_000 },
    transcription: null,
    noise_reduction: null,
    turn_detection: withTurnDefaults({ type: 'server_vad' }),
  };
  if (kind === 'transcription') {
    return { type: kind, object: 'realtime.transcription_session', id, expires_at: expiresAt, include: null, audio: { input } };
  }
  return {
    type: kind,
    object: 'realtime.session',
    id,
    model: DEFAULT_MODEL,
    output_modalities: ['audio'],
    instructions: DEFAULT_INSTRUCTIONS,
    tools: [],
    tool_choice: 'auto',
    max_output_tokens: 'inf',
    tracing: null,
    truncation: 'auto',
    prompt: null,
    expires_at: expiresAt,
    include: null,
    audio: { input, output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'marin', speed: 1 } },
  };
}

/** Turn detection with the published defaults filled in. */
export function withTurnDefaults(given: Record<string, unknown>): TurnDetection {
  if (given['type'] === 'semantic_vad') {
    return { type: 'semantic_vad', eagerness: 'auto', create_response: true, interrupt_response: true, ...given };
  }
  return {
    threshold: 0.5,
    prefix_padding_ms: 300,
    silence_duration_ms: 500,
    idle_timeout_ms: null,
    create_response: true,
    interrupt_response: true,
    ...given,
    type: 'server_vad',
  };
}

/** Restrictions on updates of an active session. */
export interface UpdateLimits {
  /** The model was set by the key, the URL or an earlier update and can no longer change. */
  modelFixed: boolean;
  /** The model has produced audio, so the voice can no longer change. */
  voiceFixed: boolean;
}

/**
 * Validates a client's `session` object and returns a copy of the session with it merged in. Omitted fields keep their
 * values; `turn_detection` is replaced as a whole.
 *
 * @throws ApiError with the API's code: `missing_required_parameter` (`session.type`), `unknown_parameter`,
 * `invalid_value` (also for a change of model), `invalid_type`, `invalid_session_type`, `cannot_update_voice`.
 */
export function mergeSession(current: SessionConfig, request: unknown, limits: UpdateLimits): SessionConfig {
  sessionSchema(request, 'session');
  const given = request as Record<string, unknown>;
  if (given['type'] !== current.type) {
    throw new ApiError({
      message: `Passing a ${String(given['type'])} session update event to a ${current.type} session is not allowed.`,
      code: 'invalid_session_type',
      param: 'session.type',
    });
  }
  if (limits.modelFixed && given['model'] !== undefined && given['model'] !== current.model) {
    throw new ApiError({
      message: `The model of a session cannot be changed: it is '${current.model ?? ''}', not '${given['model'] as string}'.`,
      code: 'invalid_value',
      param: 'session.model',
    });
  }
  const next = structuredClone(current);
  for (const [name, value] of Object.entries(given)) {
    if (name !== 'audio' && name !== 'type' && value !== undefined) Object.assign(next, { [name]: structuredClone(value) });
  }
  mergeAudio(next, given['audio']);
  if (limits.voiceFixed && JSON.stringify(next.audio.output?.voice) !== JSON.stringify(current.audio.output?.voice)) {
    throw new ApiError({
      message: "Cannot update a conversation's voice if assistant audio is present.",
      code: 'cannot_update_voice',
    });
  }
  return withoutDetection(next, given);
}

function mergeAudio(session: SessionConfig, audio: unknown): void {
  if (!isRecord(audio)) return;
  for (const [name, value] of Object.entries(isRecord(audio['input']) ? audio['input'] : {})) {
    if (value === undefined) continue;
    const filled = name === 'turn_detection' && isRecord(value) ? withTurnDefaults(value) : structuredClone(value);
    Object.assign(session.audio.input, { [name]: filled });
  }
  if (session.audio.output !== undefined && isRecord(audio['output'])) {
    Object.assign(session.audio.output, structuredClone(audio['output']));
  }
}

/** Whether the Realtime API knows a model; for others the call is rejected with `invalid_model`. */
export function isRealtimeModel(model: string): boolean {
  return /^gpt-(realtime(-\d[\w.-]*|-mini[\w.-]*)?|4o(-mini)?-realtime-preview[\w.-]*|audio[\w.-]*)$/.test(model);
}

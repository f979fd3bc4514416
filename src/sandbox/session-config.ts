/**
 * One session's configuration: the defaults of a fresh GA session, and the merge of what clients send into it.
 * Owns the shape that goes out as `session`; `session-rules.ts` decides what may come in.
 *
 * Defaults: `openai` 7.55 type comments (prefix 300 ms, silence 500 ms, threshold 0.5, speed 1, tokens `inf`,
 * transcription off) and the fields that recorded `session.created` events carry.
 */
import { ApiError } from './api-error.js';
import { withoutDetection } from './live-transcription.js';
import { sessionRule } from './session-rules.js';
import { isRecord } from './shape.js';

/** The audio formats of the GA interface; PCM is always 24 kHz mono, signed 16-bit, little endian. */
export interface AudioFormat {
  type: 'audio/pcm' | 'audio/pcmu' | 'audio/pcma';
  rate?: 24_000;
}

/** Turn detection with all defaults filled in. */
export type TurnDetection =
  | {
      type: 'server_vad';
      threshold: number;
      prefix_padding_ms: number;
      silence_duration_ms: number;
      idle_timeout_ms: number | null;
      create_response: boolean;
      interrupt_response: boolean;
    }
  | {
      type: 'semantic_vad';
      eagerness: 'low' | 'medium' | 'high' | 'auto';
      create_response: boolean;
      interrupt_response: boolean;
    };

/** A tool of the session: a function of the client, or an MCP server. */
export type SessionTool =
  | { type: 'function'; name: string; description?: string; parameters?: unknown }
  | { type: 'mcp'; server_label: string; require_approval?: unknown; [field: string]: unknown };

/** Which tools the model may or must call. */
export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { type: 'function'; name: string }
  | { type: 'mcp'; server_label: string; name?: string | null };

/** The session as it goes out in `session.created` and `session.updated`. Times are seconds since the epoch. */
export interface SessionConfig {
  type: 'realtime' | 'transcription';
  object: 'realtime.session' | 'realtime.transcription_session';
  id: string;
  expires_at: number;
  include: string[] | null;
  audio: {
    input: {
      format: AudioFormat;
      transcription: ({ model?: string } & Record<string, unknown>) | null;
      noise_reduction: Record<string, unknown> | null;
      turn_detection: TurnDetection | null;
    };
    output?: { format: AudioFormat; voice: string | { id: string }; speed: number };
  };
  model?: string;
  output_modalities?: ('audio' | 'text')[];
  instructions?: string;
  tools?: SessionTool[];
  tool_choice?: ToolChoice;
  max_output_tokens?: number | 'inf';
  tracing?: unknown;
  truncation?: unknown;
  prompt?: unknown;
  reasoning?: unknown;
  parallel_tool_calls?: boolean;
}

/** The model of a session that names none. */
export const DEFAULT_MODEL = 'gpt-realtime';

const DEFAULT_INSTRUCTIONS =
  'You are a helpful, witty, and friendly AI. Talk quickly. Always call a function if you can.';

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

/** What limits a change of a running session. */
export interface UpdateLimits {
  /** The model was chosen by the key, the URL or an earlier update, and cannot change any more. */
  modelFixed: boolean;
  /** The model has spoken, so the voice cannot change any more. */
  voiceFixed: boolean;
}

/**
 * Checks a client's `session` object and returns the session with it merged in; the given session stays as it is.
 * Fields that the client leaves out keep their values; `turn_detection` is replaced as a whole.
 *
 * @throws ApiError with the API's code: `missing_required_parameter` (`session.type`), `unknown_parameter`,
 * `invalid_value`, `invalid_type`, `cannot_update_voice`, and `invalid_value` for a change of model or kind.
 */
export function mergeSession(current: SessionConfig, request: unknown, limits: UpdateLimits): SessionConfig {
  sessionRule(request, 'session');
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

/** Whether the Realtime API knows a model; others are refused at the call, as `invalid_model`. */
export function isRealtimeModel(model: string): boolean {
  return /^(gpt-realtime(-\d[\w.-]*|-mini[\w.-]*)?|gpt-4o(-mini)?-realtime-preview[\w.-]*|gpt-audio[\w.-]*)$/.test(model);
}

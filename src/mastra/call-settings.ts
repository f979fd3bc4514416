/**
 * The options of a `RealtimeVoice`: those of Mastra's own provider, old and new, and ours. Owns their conversion to the options of
 * a call. Stores no key.
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { CallOptions } from '../contract/options.js';
import { deepSession } from '../dialects/flat-session.js';
import { mergeSettings } from '../session/session-settings.js';
import type { VoiceElement } from './call-source.js';

type Json = Readonly<Record<string, unknown>>;

/** All options are optional, except a source of keys (`tokenUrl`, `token`) if the server requires one. */
export interface RealtimeVoiceOptions extends Omit<CallOptions, 'tools' | 'agent'> {
  /** As in Mastra's documentation. `sessionConfig` may be flat (`turn_detection`) or in GA form (`audio.input…`). */
  readonly realtimeConfig?: {
    readonly model?: string;
    /** An ephemeral key (`ek_…`). A standard key is rejected: it must never reach a browser. */
    readonly apiKey?: string;
    readonly options?: { readonly sessionConfig?: Json };
  };
  /** Same as `realtimeConfig.apiKey`. */
  readonly apiKey?: string;
  /** The agent's voice. */
  readonly speaker?: string;
  /** Model that transcribes the visitor; required for `writing` with the role `user` unless the server sets one. */
  readonly transcriber?: string;
  /** Milliseconds until `connect()` fails. Default 30000. */
  readonly connectTimeoutMs?: number;
  /** False: the visitor's microphone stays closed, and the input is sent with `send()`. Default true. */
  readonly microphone?: boolean;
  /** Uses this element's call, with its panel; the element's settings apply where this voice sets none. */
  readonly element?: VoiceElement;
}

/** Options that may change between two calls. */
export interface CallSettingsChanges {
  readonly instructions: string | undefined;
  /** Settings from `updateConfig()`. */
  readonly config: Json;
}

/**
 * The options of a call; only those that are set.
 * @throws VoiceAgentError `token_malformed` for a standard API key
 */
export function callSettings(options: RealtimeVoiceOptions, changes: CallSettingsChanges): CallOptions {
  const {
    realtimeConfig,
    apiKey = realtimeConfig?.apiKey,
    speaker,
    transcriber,
    connectTimeoutMs,
    microphone,
    element,
    sessionConfig,
    ...rest
  } = options;
  void microphone;
  void element;
  if (apiKey?.startsWith('sk-')) {
    throw new VoiceAgentError('token_malformed', {
      message: 'A standard API key must never reach a browser: revoke it, and set tokenUrl to an endpoint that returns ephemeral keys.',
    });
  }
  const transcription = transcriber ? { audio: { input: { transcription: { model: transcriber } } } } : {};
  const config = [realtimeConfig?.options?.sessionConfig, sessionConfig, changes.config].reduce<Json>(
    (merged, next) => (next ? mergeSettings(merged, gaSession(next)) : merged),
    transcription,
  );
  const model = rest.model ?? realtimeConfig?.model;
  const voice = rest.voice ?? speaker;
  const instructions = changes.instructions ?? rest.instructions;
  const timeout = rest.timeout ?? connectTimeoutMs;
  return {
    ...rest,
    ...(apiKey && rest.token === undefined && { token: apiKey }),
    ...(model && { model }),
    ...(voice && { voice }),
    ...(instructions && { instructions }),
    ...(timeout !== undefined && { timeout }),
    ...(Object.keys(config).length > 0 && { sessionConfig: config }),
  };
}

/** A session of either form in GA form, without `type`, which the call sets. */
export function gaSession(config: Json): Json {
  const { type, ...session } = deepSession(config, 'realtime');
  void type;
  return session;
}

/** Types of the session as the GA interface sends it. */
import type { AudioFormat } from './audio-format.js';

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

/** A tool of the session: a client function or an MCP server. */
export type SessionTool =
  | { type: 'function'; name: string; description?: string; parameters?: unknown }
  | { type: 'mcp'; server_label: string; require_approval?: unknown; [field: string]: unknown };

/** Which tools the model may or must call. */
export type ToolChoice =
  'auto' | 'none' | 'required' | { type: 'function'; name: string } | { type: 'mcp'; server_label: string; name?: string | null };

/** The session as sent in `session.created` and `session.updated`. Times are seconds since the epoch. */
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

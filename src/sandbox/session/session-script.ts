/**
 * The part of a script that a session plays: replies, transcripts and MCP servers, as plain JSON. `scripting/` decides
 * what comes next; the session generates it.
 */
import type { Entry } from './conversation.js';
import type { SessionTool, ToolChoice } from './session-config.js';

/** What an agent receives when it is asked for an answer. */
export interface AgentTurn {
  /** How many answers this call has had so far. */
  readonly index: number;
  /** The conversation so far, or the `input` that the client sent for this answer. */
  readonly entries: readonly Entry[];
  /** The entries added after the agent's last item, or while that item was still being generated. */
  readonly fresh: readonly Entry[];
  /** Instructions that apply only to this answer. */
  readonly instructions: string | undefined;
  readonly tools: readonly SessionTool[];
  readonly toolChoice: ToolChoice;
  /** What triggered the answer: speech ended, the client asked, or the idle timeout fired. */
  readonly cause: 'speech' | 'client' | 'idle';
}

/** A sentence that the agent says; the audio is synthesised unless `pcm` or `tone` is given. */
export interface SaidText {
  /** The transcript. */
  say: string;
  /** Custom audio, 24 kHz mono. In JSON, an array of samples. */
  pcm?: Int16Array | number[];
  /** A sine tone instead of speech: frequency in Hz, duration in milliseconds, level in dBFS (default −12). */
  tone?: { hz: number; ms: number; dbfs?: number };
  /** The `phase` of the item, as sent by reasoning models. */
  phase?: 'commentary' | 'final_answer';
}

/** One output item of an answer, in order of generation. */
export type ReplyItem =
  /** A spoken message (text in a session with text output). Several sentences form one message. */
  | SaidText
  | { message: SaidText[] }
  /** A text message, also in a session with audio output. */
  | { text: string; phase?: SaidText['phase'] }
  /** A call of a client function. `arguments` may be text that is not valid JSON. */
  | { call: string; arguments?: Record<string, unknown> | string; callId?: string }
  /** A call of a hosted MCP tool that the server runs itself; `error` makes it fail. */
  | { mcpCall: string; server: string; arguments?: Record<string, unknown>; output?: string; error?: string; ms?: number }
  /** A request to approve an MCP call; once the client approves, the call runs and returns `output` or `error`. */
  | { mcpApproval: string; server: string; arguments?: Record<string, unknown>; output?: string; error?: string };

/** A complete answer. */
export interface ScriptedReply {
  /** The items in order; reasoning models put calls before, between or after messages. */
  items: ReplyItem[];
  /** Milliseconds between `response.created` and the first item; defaults to the sandbox's `thinkMs`. */
  thinkMs?: number;
  /** Ends the answer with a status other than `completed`; the items are generated as usual first. */
  end?:
    | { status: 'failed'; code?: string; message?: string; type?: string }
    | { status: 'incomplete'; reason: 'max_output_tokens' | 'content_filter' };
}

/** An answer: a full reply, a sentence to say, or `null` for the default agent. */
export type Reply = ScriptedReply | string | null;

/** The scripted transcript of a spoken turn. */
export type ScriptedTranscript =
  | string
  | { text: string; afterMs?: number; deltas?: string[] }
  | { fail: { code?: string; message?: string; type?: string }; afterMs?: number };

/** A hosted MCP server, as defined by the script. */
export interface ScriptedMcpServer {
  tools?: { name: string; description?: string; input_schema?: Record<string, unknown> }[];
  /** Makes listing the tools fail. */
  fail?: boolean;
  /** Milliseconds that listing the tools takes; default 0. */
  ms?: number;
}

/** The scripted side of one session. */
export interface SessionScript {
  /** The active MCP servers by `server_label`. */
  readonly mcpServers: Record<string, ScriptedMcpServer>;
  /** MCP calls that wait for the client's approval, by server and name. */
  readonly approvedCalls: Map<string, Extract<ReplyItem, { mcpApproval: string }>>;
  /** The scripted transcript of the spoken turn `index`. */
  transcript(index: number): ScriptedTranscript | undefined;
  /** The agent's reply for a turn. */
  think(turn: AgentTurn): Promise<ScriptedReply>;
}

/**
 * What a test can set: answers, transcripts, MCP servers and faults. Everything except the function forms is plain JSON,
 * so that the control endpoint accepts the same scripts.
 */
import type { AgentTurn, Reply, ScriptedMcpServer, ScriptedTranscript } from '../session/session-script.js';
import type { Fault } from './faults.js';

/** A script. Every field is optional. */
export interface Script {
  /**
   * The answers of each call in order, followed by the default agent's. A function is called for every answer
   * (in-process only, not through the control endpoint).
   */
  replies?: Reply[] | ((turn: AgentTurn) => Reply | Promise<Reply>);
  /** The transcript of each spoken turn of a call, in order. */
  transcripts?: ScriptedTranscript[];
  /** MCP servers by `server_label`. */
  mcp?: Record<string, ScriptedMcpServer>;
  faults?: Fault[];
}

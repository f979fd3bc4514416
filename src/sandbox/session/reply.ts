/**
 * The interface between the protocol and the agent that produces answers. An agent receives one turn and returns items;
 * the response runner handles everything on the wire.
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

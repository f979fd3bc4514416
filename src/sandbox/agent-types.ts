/**
 * The border between the protocol and the agent that thinks up answers. An agent sees one turn and returns items;
 * everything on the wire is the runner's business.
 */
import type { Entry } from './conversation.js';
import type { SessionTool, ToolChoice } from './session-config.js';

/** What an agent knows when it is asked for an answer. */
export interface AgentTurn {
  /** How many answers this call has had before. */
  readonly index: number;
  /** The conversation so far, or the `input` that the client gave for this answer alone. */
  readonly entries: readonly Entry[];
  /** The entries that came after the last thing the agent said or called, or while it was still saying it. */
  readonly fresh: readonly Entry[];
  /** Instructions given for this answer alone. */
  readonly instructions: string | undefined;
  readonly tools: readonly SessionTool[];
  readonly toolChoice: ToolChoice;
  /** Why the answer is wanted: speech ended, the client asked, or the idle timeout fired. */
  readonly cause: 'speech' | 'client' | 'idle';
}

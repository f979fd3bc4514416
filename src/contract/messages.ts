/** The shape of a transcript: what `conversation/` produces and `views/` and pages read. Frozen data. */

/** Who said it. */
export type Role = 'user' | 'assistant' | 'system';

/** How far a message is. */
export type MessageStatus =
  /** Text is still arriving (or, for a spoken user turn, the transcript is awaited). */
  | 'streaming'
  | 'done'
  /** The visitor spoke over the answer; `text` is cut to what was heard. */
  | 'interrupted'
  /** The transcription failed, or the answer is not whole: it ended with an error, or at a limit of the server. See `reason`. */
  | 'failed';

/** One turn of the transcript. */
export interface Message {
  /** The protocol's item id, or a local one until the server confirms. */
  readonly id: string;
  readonly role: Role;
  /** Plain text: never markup, whatever it contains. */
  readonly text: string;
  readonly status: MessageStatus;
  /** How the turn was made. */
  readonly via: 'voice' | 'text';
  /** How many pictures the turn holds; absent: none. The pictures themselves are not kept. */
  readonly images?: number;
  /**
   * With `failed`: the server's name for the cause, if it named one. `content_filter` and `max_output_tokens` cut an answer; others
   * are codes of errors.
   */
  readonly reason?: string;
}

/** A call of a tool by the model, as far as the transcript shows it: of a function in the page, or of a hosted MCP tool. */
export interface ToolCall {
  /** The protocol's item id. */
  readonly id: string;
  /** The id that the output must name; for an MCP call that was asked for, the id of the request. */
  readonly callId: string;
  /** Name of the tool. `mcp_list_tools`: the server could not say which tools it has. */
  readonly name: string;
  /** The hosted MCP server that runs it; nothing for functions of the page. */
  readonly server?: string;
  /** JSON text as the model wrote it; may be incomplete while `running` is not reached. */
  readonly arguments: string;
  readonly status:
    | 'streaming'
    /** The visitor or the page is asked. */
    | 'waiting'
    | 'running'
    | 'done'
    | 'failed'
    /** It was not allowed, or nobody said so in time. */
    | 'denied';
}

/** What must not happen before somebody says yes. */
export interface Approval {
  /** The function call's `callId`, or the id of the MCP server's request. */
  readonly id: string;
  readonly kind: 'function' | 'mcp';
  /** Name of the tool. */
  readonly name: string;
  /** The MCP server that would run it. */
  readonly server?: string;
  /** JSON text of the arguments, as the model wrote it. */
  readonly arguments: string;
  /** `performance.now()` milliseconds at which silence counts as no. */
  readonly expires: number;
}

/** What is asked of the page or the visitor. */
export type ApprovalQuestion = Omit<Approval, 'expires'>;

/** One entry of the conversation. `'role' in item` tells a message from a tool call. */
export type ConversationItem = Message | ToolCall;

/** The whole conversation at one moment, in the order in which it was said. */
export interface Conversation {
  /** Messages and tool calls in one order. */
  readonly items: readonly ConversationItem[];
  readonly messages: readonly Message[];
  readonly toolCalls: readonly ToolCall[];
}

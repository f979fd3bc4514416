/** The data model of a transcript, produced by `conversation/` and read by `views/` and pages. Frozen data. */

/** Author of a message. */
export type Role = 'user' | 'assistant' | 'system';

/** Progress of a message. */
export type MessageStatus =
  /** Text is still arriving (or, for a spoken user turn, the transcript is pending). */
  | 'streaming'
  | 'done'
  /** The visitor interrupted the answer; `text` is truncated to what was heard. */
  | 'interrupted'
  /** The transcription failed, or the answer is incomplete: it ended with an error or at a server limit. See `reason`. */
  | 'failed';

/** One turn of the transcript. */
export interface Message {
  /** The protocol's item id, or a local one until the server confirms. */
  readonly id: string;
  readonly role: Role;
  /** Plain text; never to be interpreted as markup. */
  readonly text: string;
  readonly status: MessageStatus;
  /** Whether the turn was spoken or typed. */
  readonly via: 'voice' | 'text';
  /** Number of images in the turn; absent if none. The images themselves are not stored. */
  readonly images?: number;
  /**
   * With `failed`: the server's name for the cause, if given. `content_filter` and `max_output_tokens` cut off an answer; other values
   * are error codes.
   */
  readonly reason?: string;
  /**
   * What an answer of a reasoning model is: `commentary` while it works ("Let me look that up."), or its `final_answer`. Absent if the
   * server sends no `phase` with the item.
   */
  readonly phase?: MessagePhase;
}

/** The protocol's `phase` of an assistant message. Documented by Azure OpenAI; the GA event types do not list it yet. */
export type MessagePhase = 'commentary' | 'final_answer';

/** A tool call by the model, as shown in the transcript: a function in the page, or a hosted MCP tool. */
export interface ToolCall {
  /** The protocol's item id. */
  readonly id: string;
  /** The id that the output must reference; for an MCP call with an approval request, the id of that request. */
  readonly callId: string;
  /** Name of the tool. `mcp_list_tools`: the server could not list its tools. */
  readonly name: string;
  /** The hosted MCP server that runs it; `undefined` for functions in the page. */
  readonly server?: string;
  /** JSON text as written by the model; may be incomplete until the status is `running`. */
  readonly arguments: string;
  readonly status:
    | 'streaming'
    /** Waiting for the decision of the visitor or the page. */
    | 'waiting'
    | 'running'
    | 'done'
    | 'failed'
    /** Denied, or not approved in time. */
    | 'denied';
}

/** A tool call that must not run before it is approved. */
export interface Approval {
  /** The function call's `callId`, or the id of the MCP server's request. */
  readonly id: string;
  readonly kind: 'function' | 'mcp';
  /** Name of the tool. */
  readonly name: string;
  /** The MCP server that would run it. */
  readonly server?: string;
  /** JSON text of the arguments, as written by the model. */
  readonly arguments: string;
  /** Time (`performance.now()`, in milliseconds) at which the call is denied if undecided. */
  readonly expires: number;
}

/** An approval request, without its time limit. */
export type ApprovalQuestion = Omit<Approval, 'expires'>;

/** One entry of the conversation. `'role' in item` tells a message from a tool call. */
export type ConversationItem = Message | ToolCall;

/** A snapshot of the whole conversation, in spoken order. */
export interface Conversation {
  /** Messages and tool calls, interleaved in order. */
  readonly items: readonly ConversationItem[];
  readonly messages: readonly Message[];
  readonly toolCalls: readonly ToolCall[];
}

/** The items of a conversation, as stored and as published (types of the `openai` package; no code is loaded). */
export type { ConversationItem } from 'openai/resources/realtime/realtime';

/** One content part of a stored message; the published types do not allow `null` transcripts. */
export interface StoredPart {
  type: 'input_text' | 'input_audio' | 'input_image' | 'output_text' | 'output_audio';
  text?: string;
  transcript?: string | null;
  image_url?: string;
  detail?: string;
}

/** A tool listed by an MCP server. */
export interface McpToolDescription {
  name: string;
  description: string;
  input_schema: Record<string, unknown>;
}

/** A stored conversation item. `type` determines which optional fields are present. */
export interface StoredItem {
  id: string;
  object?: 'realtime.item';
  type:
    'message' | 'function_call' | 'function_call_output' | 'mcp_list_tools' | 'mcp_call' | 'mcp_approval_request' | 'mcp_approval_response';
  status?: 'completed' | 'incomplete' | 'in_progress';
  role?: 'user' | 'assistant' | 'system';
  /** Assistant messages of reasoning models. */
  phase?: 'commentary' | 'final_answer';
  content?: StoredPart[];
  name?: string;
  call_id?: string;
  arguments?: string;
  output?: string | null;
  server_label?: string;
  tools?: McpToolDescription[];
  error?: { type: 'tool_execution_error'; message: string } | null;
  approval_request_id?: string | null;
  approve?: boolean;
  reason?: string | null;
}

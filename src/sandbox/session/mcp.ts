/**
 * Hosted MCP servers as defined by the script. A server that the script does not define is unreachable: listing its
 * tools fails, as it would with a wrong URL.
 */
import { outgoing } from './conversation.js';
import type { Conversation } from './conversation.js';
import type { Timers } from '../clock.js';
import { newId } from '../protocol/ids.js';
import type { StoredItem } from '../protocol/items.js';
import type { UnsentEvent } from '../protocol/events.js';
import type { ReplyItem, ScriptedMcpServer } from './session-script.js';
import type { SessionTool } from './session-config.js';

interface McpTools {
  conversation: Conversation;
  emit: (event: UnsentEvent) => void;
  timers: Timers;
}

/** Lists the tools of every MCP server that is in `after` but not in `before`. */
export function discoverMcpServers(
  before: readonly SessionTool[] | undefined,
  after: readonly SessionTool[] | undefined,
  tools: McpTools & { servers: Record<string, ScriptedMcpServer> },
): void {
  const labels = (list: readonly SessionTool[] | undefined): string[] =>
    (list ?? []).flatMap((tool) => (tool.type === 'mcp' ? [tool.server_label] : []));
  const known = new Set(labels(before));
  for (const label of labels(after)) {
    if (!known.has(label)) void listTools(label, tools);
  }
}

async function listTools(label: string, tools: McpTools & { servers: Record<string, ScriptedMcpServer> }): Promise<void> {
  const { conversation, emit } = tools;
  const server = tools.servers[label];
  const item: StoredItem = { id: newId('mcpl'), type: 'mcp_list_tools', server_label: label, tools: [] };
  conversation.add(item);
  const previous_item_id = conversation.previousOf(item.id);
  emit({ type: 'conversation.item.added', previous_item_id, item: outgoing(item) });
  emit({ type: 'mcp_list_tools.in_progress', item_id: item.id });
  if (!(await tools.timers.sleep(server?.ms ?? 0))) return;
  if (server === undefined || server.fail === true) {
    emit({ type: 'mcp_list_tools.failed', item_id: item.id });
    return;
  }
  item.tools = (server.tools ?? []).map((tool) => ({
    name: tool.name,
    description: tool.description ?? '',
    input_schema: tool.input_schema ?? { type: 'object', properties: {} },
  }));
  emit({ type: 'conversation.item.done', previous_item_id, item: outgoing(item) });
  emit({ type: 'mcp_list_tools.completed', item_id: item.id });
}

/** Runs the scripted call behind an approval request that the client has just approved. */
export function runApprovedCall(
  response: StoredItem,
  tools: McpTools & { approved: Map<string, Extract<ReplyItem, { mcpApproval: string }>> },
): void {
  if (response.approve !== true) return;
  const request = tools.conversation.find(response.approval_request_id ?? '')?.item;
  if (request?.type !== 'mcp_approval_request') return;
  const script = tools.approved.get(`${request.server_label ?? ''}/${request.name ?? ''}`);
  const item: StoredItem = {
    id: newId('mcp'),
    type: 'mcp_call',
    server_label: request.server_label ?? '',
    name: request.name ?? '',
    arguments: request.arguments ?? '{}',
    output: null,
    error: null,
    approval_request_id: request.id,
  };
  const { conversation, emit } = tools;
  conversation.add(item);
  const previous_item_id = conversation.previousOf(item.id);
  const place = { item_id: item.id, output_index: 0 };
  emit({ type: 'conversation.item.added', previous_item_id, item: outgoing(item) });
  emit({ type: 'response.mcp_call.in_progress', ...place });
  if (script?.error === undefined) {
    item.output = script?.output ?? '';
    emit({ type: 'response.mcp_call.completed', ...place });
  } else {
    item.error = { type: 'tool_execution_error', message: script.error };
    emit({ type: 'response.mcp_call.failed', ...place });
  }
  emit({ type: 'conversation.item.done', previous_item_id, item: outgoing(item) });
}

/**
 * Hosted MCP tools in the conversation: approval requests, calls and tool lists. Owns their mapping to tool rows: an approval
 * request and its call share one row; a tool list is shown only if it failed.
 * Source: `mcp_call`, `mcp_approval_request`, `mcp_approval_response` and `mcp_list_tools` of the GA types (some servers name the first
 * `mcp_tool_call`).
 */
import type { Fields } from '../contract/fields.js';
import type { ToolCall } from '../contract/messages.js';
import { isId } from './item.js';
import type { Item } from './item.js';
import { find, itemAt, malformed, patch } from './state.js';
import type { Draft } from './state.js';
import { writeText } from './turns.js';

/** The status of a call by the last part of the event's name. */
const STEPS: ReadonlyMap<unknown, ToolCall['status']> = new Map<unknown, ToolCall['status']>([
  ['in_progress', 'running'],
  ['completed', 'done'],
  ['failed', 'failed'],
]);

const OPEN: ReadonlySet<ToolCall['status']> = new Set<ToolCall['status']>(['streaming', 'waiting', 'running']);

/** Sets the status of an open call; a finished call does not change. */
function advance(draft: Draft, slot: number, step: ToolCall['status']): void {
  if (OPEN.has(itemAt(draft, slot).step)) patch(draft, slot, { step });
}

/** Applies an MCP item to its slot; `done`: the item is final. */
export function applyMcpItem(draft: Draft, slot: number, item: Fields, done: boolean): void {
  const { type, name, server_label: server, arguments: args, approval_request_id: request } = item;
  const known = itemAt(draft, slot);
  const labelled: Pick<Item, 'name' | 'server'> = {
    name: isId(name) ? name : known.name,
    server: isId(server) ? server : (known.server ?? ''),
  };
  if (type === 'mcp_approval_response') {
    patch(draft, slot, { kind: 'other' });
    const asked = isId(request) ? find(draft, request) : -1;
    if (asked >= 0 && itemAt(draft, asked).kind === 'call') advance(draft, asked, item['approve'] === true ? 'running' : 'denied');
  } else if (type === 'mcp_list_tools')
    patch(draft, slot, known.kind === 'call' ? {} : { ...labelled, name: 'mcp_list_tools', kind: 'other' });
  else if (type !== 'mcp_approval_request' && type !== 'mcp_call' && type !== 'mcp_tool_call') patch(draft, slot, { kind: 'other' });
  else {
    const call = type !== 'mcp_approval_request';
    patch(draft, slot, { ...labelled, kind: 'call', ...(call && isId(request) ? { callId: request } : {}) });
    if (args !== undefined && args !== '') writeText(draft, slot, 0, args, done ? 'final' : 'fill');
    if (!call) return known.step === 'streaming' ? patch(draft, slot, { step: 'waiting' }) : undefined;
    const asked = isId(request) ? find(draft, request) : -1;
    // The call replaces the row of its request.
    if (asked >= 0 && asked !== slot) patch(draft, asked, { kind: 'other' });
    if (done) advance(draft, slot, item['error'] ? 'failed' : 'done');
  }
}

/** Handles `response.mcp_call.*` and `mcp_list_tools.*`: the status of a call or a tool list. */
export function updateMcpStatus(draft: Draft, type: string, id: unknown): void {
  if (!isId(id)) return void malformed(draft);
  const slot = find(draft, id);
  const step = STEPS.get(type.slice(type.lastIndexOf('.') + 1));
  if (slot < 0 || !step) return;
  if (!type.startsWith('mcp_list')) advance(draft, slot, step);
  else if (step === 'failed') patch(draft, slot, { kind: 'call', step });
}

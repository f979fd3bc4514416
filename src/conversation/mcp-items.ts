/**
 * Hosted MCP tools in the conversation: what the server asks for, calls and lists. Owns that each of them is one tool line:
 * a request for approval and the call that follows from it are the same one; a list of tools is shown only when it failed.
 * Source: `mcp_call`, `mcp_approval_request`, `mcp_approval_response` and `mcp_list_tools` of the GA types (some name the first
 * `mcp_tool_call`).
 */
import type { Fields } from '../contract/fields.js';
import type { ToolCall } from '../contract/messages.js';
import { isId } from './item.js';
import type { Item } from './item.js';
import { find, itemAt, malformed, patch } from './state.js';
import type { Draft } from './state.js';
import { write } from './turns.js';

/** How far a call is by the event's last word. */
const STEPS: ReadonlyMap<unknown, ToolCall['status']> = new Map<unknown, ToolCall['status']>([
  ['in_progress', 'running'],
  ['completed', 'done'],
  ['failed', 'failed'],
]);

const OPEN: ReadonlySet<ToolCall['status']> = new Set<ToolCall['status']>(['streaming', 'waiting', 'running']);

/** Goes on by the order of things; what is over stays so. */
function advance(draft: Draft, slot: number, step: ToolCall['status']): void {
  if (OPEN.has(itemAt(draft, slot).step)) patch(draft, slot, { step });
}

/** Works an MCP item into its slot; `done`: it will not change any more. */
export function workInMcp(draft: Draft, slot: number, item: Fields, done: boolean): void {
  const { type, name, server_label: server, arguments: args, approval_request_id: request } = item;
  const known = itemAt(draft, slot);
  const labelled: Pick<Item, 'name' | 'server'> = { name: isId(name) ? name : known.name, server: isId(server) ? server : (known.server ?? '') };
  if (type === 'mcp_approval_response') {
    patch(draft, slot, { kind: 'other' });
    const asked = isId(request) ? find(draft, request) : -1;
    if (asked >= 0 && itemAt(draft, asked).kind === 'call') advance(draft, asked, item['approve'] === true ? 'running' : 'denied');
  } else if (type === 'mcp_list_tools') patch(draft, slot, known.kind === 'call' ? {} : { ...labelled, name: 'mcp_list_tools', kind: 'other' });
  else if (type !== 'mcp_approval_request' && type !== 'mcp_call' && type !== 'mcp_tool_call') patch(draft, slot, { kind: 'other' });
  else {
    const call = type !== 'mcp_approval_request';
    patch(draft, slot, { ...labelled, kind: 'call', ...(call && isId(request) ? { callId: request } : {}) });
    if (args !== undefined && args !== '') write(draft, slot, 0, args, done ? 'final' : 'fill');
    if (!call) return known.step === 'streaming' ? patch(draft, slot, { step: 'waiting' }) : undefined;
    const asked = isId(request) ? find(draft, request) : -1;
    // The call takes the line of its request.
    if (asked >= 0 && asked !== slot) patch(draft, asked, { kind: 'other' });
    if (done) advance(draft, slot, item['error'] ? 'failed' : 'done');
  }
}

/** `response.mcp_call.*` and `mcp_list_tools.*`: what becomes of a call, or of a list. */
export function stepMcp(draft: Draft, type: string, id: unknown): void {
  if (!isId(id)) return void malformed(draft);
  const slot = find(draft, id);
  const step = STEPS.get(type.slice(type.lastIndexOf('.') + 1));
  if (slot < 0 || !step) return;
  if (!type.startsWith('mcp_list')) advance(draft, slot, step);
  else if (step === 'failed') patch(draft, slot, { kind: 'call', step });
}

/**
 * Calls of tools that the Agents SDK (0.20) leaves without an answer, so that the caller would wait in silence: there is no such tool,
 * or the arguments are no JSON object.
 */
import type { TransportToolCallEvent } from '@openai/agents/realtime';
import type { RealtimeEvent } from '../calls/sideband.js';

/** Such a call as the SDK knows it, and what to tell the model; `undefined` for every other event. */
export function unanswerableCall(event: RealtimeEvent, tools: ReadonlySet<string>): { readonly call: TransportToolCallEvent; readonly problem: string } | undefined {
  if (event.type !== 'response.output_item.done') return undefined;
  const { type, status, id, call_id: callId, name, arguments: text } = (event['item'] ?? {}) as Readonly<Record<string, unknown>>;
  if (type !== 'function_call' || status !== 'completed' || typeof callId !== 'string' || typeof name !== 'string') return undefined;
  const problem = !tools.has(name) ? 'There is no such tool.' : isJsonObject(text) ? undefined : 'The arguments are no JSON object.';
  if (problem === undefined) return undefined;
  const call = { type: 'function_call' as const, id: typeof id === 'string' ? id : callId, callId, name, arguments: '{}', responseId: String(event['response_id']) };
  return { call, problem };
}

function isJsonObject(text: unknown): boolean {
  try {
    const value: unknown = JSON.parse(typeof text === 'string' ? text : '');
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

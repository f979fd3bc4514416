/**
 * Tool calls that the Agents SDK (0.20) leaves unanswered, so that the caller would wait in silence: the tool does not exist, or the
 * arguments are not a JSON object.
 */
import type { TransportToolCallEvent } from '@openai/agents/realtime';
import type { RealtimeEvent } from '../calls/sideband.js';

/** Returns such a call in the SDK's form with an error message for the model; `undefined` for every other event. */
export function unanswerableCall(
  event: RealtimeEvent,
  tools: ReadonlySet<string>,
): { readonly call: TransportToolCallEvent; readonly problem: string } | undefined {
  if (event.type !== 'response.output_item.done') return undefined;
  const { type, status, id, call_id: callId, name, arguments: text } = (event['item'] ?? {}) as Readonly<Record<string, unknown>>;
  if (type !== 'function_call' || status !== 'completed' || typeof callId !== 'string' || typeof name !== 'string') return undefined;
  const problem = !tools.has(name) ? 'The tool does not exist.' : isJsonObject(text) ? undefined : 'The arguments are not a JSON object.';
  if (problem === undefined) return undefined;
  const call = {
    type: 'function_call' as const,
    id: typeof id === 'string' ? id : callId,
    callId,
    name,
    arguments: '{}',
    responseId: String(event['response_id']),
  };
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

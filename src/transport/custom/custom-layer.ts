/** The interface of a page's own transport: the Agents SDK's `RealtimeTransportLayer`, validated when the page passes it in. */
import type { HistoryItem, FunctionCall, McpApprovalRequest, UserInput } from '../../contract/call.js';
import { VoiceAgentError } from '../../contract/errors.js';
import type { RealtimeEvent } from '../../contract/options.js';

/** `RealtimeTransportLayer` of agents-realtime 0.20, without its types. */
export interface CustomLayer {
  readonly status: 'connecting' | 'connected' | 'disconnecting' | 'disconnected';
  /** `null`: the layer has no microphone of its own and receives audio through `sendAudio()`. */
  readonly muted: boolean | null;
  readonly callId?: unknown;
  currentModel?: unknown;
  _tracingConfig?: unknown;
  connect(options: { apiKey: string; model?: string; url?: string; initialSessionConfig?: Record<string, unknown> }): Promise<void>;
  close(): unknown;
  sendEvent(event: RealtimeEvent): void;
  requestResponse?(response?: Readonly<Record<string, unknown>>): void;
  sendMessage(message: UserInput, otherEventData: Record<string, unknown>, options?: { triggerResponse?: boolean }): void;
  addImage(image: string, options?: { triggerResponse?: boolean }): void;
  sendAudio(audio: ArrayBuffer, options: { commit?: boolean }): void;
  updateSessionConfig(config: Readonly<Record<string, unknown>>): void;
  mute(muted: boolean): void;
  sendFunctionCallOutput(toolCall: FunctionCall, output: string, startResponse: boolean): void;
  interrupt(): void;
  resetHistory(oldHistory: readonly HistoryItem[], newHistory: readonly HistoryItem[]): void;
  sendMcpResponse(approvalRequest: McpApprovalRequest, approved: boolean, reason?: string): void;
  on(type: string, listener: (...args: never[]) => void): unknown;
  once(type: string, listener: (...args: never[]) => void): unknown;
  off(type: string, listener: (...args: never[]) => void): unknown;
  emit(type: string, ...args: never[]): unknown;
}

const METHODS = [
  'connect',
  'close',
  'sendEvent',
  'sendMessage',
  'addImage',
  'sendAudio',
  'updateSessionConfig',
  'mute',
  'interrupt',
  'sendFunctionCallOutput',
  'resetHistory',
  'sendMcpResponse',
  'on',
  'once',
  'off',
  'emit',
] as const satisfies readonly (keyof CustomLayer)[];

/** @throws VoiceAgentError `unsupported`, with the missing members in its message */
export function checkLayer(layer: unknown): CustomLayer {
  const given = Object(layer) as Record<string, unknown>;
  const missing: string[] = METHODS.filter((name) => typeof given[name] !== 'function').map((name) => `${name}()`);
  for (const name of ['status', 'muted']) if (!(name in given)) missing.push(name);
  if (missing.length === 0) return layer as CustomLayer;
  throw new VoiceAgentError('unsupported', { message: `The transport is not a RealtimeTransportLayer: missing ${missing.join(', ')}.` });
}

/** The protocol's session object in the SDK's form (`RealtimeSessionConfig`); fields without an SDK name go to `providerData`. */
export function sdkConfig(session: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { instructions, tools, tracing, tool_choice: toolChoice, output_modalities: outputModalities, audio, ...others } = session;
  const rest = Object.entries(others).filter(([name]) => name !== 'type');
  const { input, output } = (audio ?? {}) as { input?: Record<string, unknown>; output?: Record<string, unknown> };
  const { noise_reduction: noiseReduction, turn_detection: turnDetection, ...heard } = input ?? {};
  const sound = defined({
    input: input && defined({ ...heard, noiseReduction, turnDetection }),
    output,
  });
  return defined({
    instructions,
    tools,
    tracing,
    toolChoice,
    outputModalities,
    audio: Object.keys(sound).length > 0 ? sound : undefined,
    providerData: rest.length > 0 ? Object.fromEntries(rest) : undefined,
  });
}

const defined = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/**
 * Parses frames of the data channel, and adapts events to the SDK's strict schemas.
 *
 * Owns: which frames count as events. Does not own: their meaning (`conversation/`, `session/`).
 */
import type { RealtimeEvent } from '../../contract/options.js';

/** Maximum length of a parsed message in UTF-16 units; the protocol's largest events are far below. */
const MAX_FRAME = 262_144;

/** The event of a frame, or `undefined` for binary, oversized, non-JSON and untyped frames. Never throws. */
export function parseInboundFrame(data: unknown, limit = MAX_FRAME): RealtimeEvent | undefined {
  if (typeof data !== 'string' || data.length > limit) return undefined;
  try {
    const event: unknown = JSON.parse(data);
    if (typeof event === 'object' && event !== null && typeof (event as RealtimeEvent).type === 'string') {
      return event as RealtimeEvent;
    }
  } catch {
    // Not JSON: dropped like every other invalid frame.
  }
  return undefined;
}

/**
 * The event in the form of the SDK's schemas, or the same object if no change is needed. The SDK treats an event without
 * `event_id`, and a response with a custom voice (`{id}`), as unknown (agents-realtime 0.20).
 */
export function toSdkEvent(event: RealtimeEvent, id: () => string): RealtimeEvent {
  let fitted = event;
  // Declared by GA and sent by compatible servers, but unknown to the SDK.
  if (event.type === 'conversation.item.created') fitted = { ...fitted, type: 'conversation.item.added' };
  if (typeof event['event_id'] !== 'string') fitted = { ...fitted, event_id: id() };
  const response = event['response'] as { audio?: { output?: { voice?: unknown } } } | null | undefined;
  const output = response?.audio?.output;
  if (typeof output?.voice === 'object' && output.voice !== null) {
    const voice = (output.voice as { id?: unknown }).id;
    fitted = { ...fitted, response: { ...response, audio: { output: { ...output, voice } } } };
  }
  return fitted;
}

/** The model in a session event. */
export function modelOf({ type, session }: RealtimeEvent): string | undefined {
  if (type !== 'session.created' && type !== 'session.updated') return undefined;
  const { model } = (session ?? {}) as { model?: unknown };
  return typeof model === 'string' && model ? model : undefined;
}

/** Events that the SDK needs even without listeners: settings, and truncations. */
export const FOR_SDK: ReadonlySet<string> = new Set(['session.updated', 'conversation.item.truncated']);

/** An audio format of the session, such as `audio/pcmu`, that is not the PCM that pages send and play over a WebSocket. */
export function nonPcmFormat({ type, session }: RealtimeEvent): string | undefined {
  if (type !== 'session.updated') return undefined;
  const { input, output } =
    (session as { audio?: Record<string, { format?: { type?: unknown } | null } | null> | null } | null | undefined)?.audio ?? {};
  const types = [output?.format?.type, input?.format?.type];
  return types.find((one): one is string => typeof one === 'string' && one !== 'audio/pcm');
}

/** Whether the server stops an answer on its own when the visitor speaks. */
export function interruptsOnSpeech(event: RealtimeEvent): boolean {
  const session = event['session'] as { audio?: { input?: { turn_detection?: { interrupt_response?: unknown } | null } } } | null;
  const detection = session?.audio?.input?.turn_detection;
  return detection === undefined || (detection !== null && detection.interrupt_response !== false);
}

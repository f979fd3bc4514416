/**
 * The call that a voice uses: its own, or that of a `<voice-agent>` with its panel. Owns the difference between the two.
 */
import type { Call } from '../contract/call.js';
import type { VoiceAgentError } from '../contract/errors.js';
import type { VoiceAgentEvent, VoiceAgentEventDetails, VoiceAgentEventName } from '../contract/events.js';
import type { CallOptions, ClientTool, ConnectOptions, RealtimeEvent } from '../contract/options.js';
import type { CallState } from '../contract/states.js';

/** The part of a `<voice-agent>` that a voice uses. */
export interface VoiceElement extends EventTarget {
  readonly session: Call | undefined;
  tools: readonly ClientTool[] | undefined;
  connect(options?: ConnectOptions): Promise<void>;
  close(): Promise<void>;
}

/** The callbacks of a source. */
export interface CallSourceEvents {
  event(event: RealtimeEvent): void;
  state(state: CallState): void;
  error(error: VoiceAgentError): void;
}

/** Access to a call. */
export interface CallSource {
  readonly call: Call | undefined;
  connect(settings: CallOptions, options: ConnectOptions): Promise<void>;
  close(): Promise<void>;
}

/** A source with its own call. */
export function sessionSource(call: Call, events: CallSourceEvents): CallSource {
  let last: CallState = 'idle';
  call.on('server-event', (event) => events.event(event));
  call.on('error', (error) => events.error(error));
  call.on('status', ({ state }) => {
    if (state !== last) events.state((last = state));
  });
  return {
    call,
    connect(settings, options) {
      // A live call keeps its settings; `connect()` then only applies `reconnect`.
      if (call.status.state !== 'connected') call.configure(settings);
      return call.connect(options);
    },
    close: () => call.close(),
  };
}

/** A source that uses the call of an element: the element's other settings stay unchanged. */
export function elementSource(element: VoiceElement, events: CallSourceEvents): CallSource {
  let ours: readonly ClientTool[] = [];
  const follow = <K extends VoiceAgentEventName>(type: K, handle: (detail: VoiceAgentEventDetails[K]) => void): void =>
    element.addEventListener(type, (event) => handle((event as VoiceAgentEvent<K>).detail));
  follow('voice-agent-server-event', ({ event }) => events.event(event));
  follow('voice-agent-error', ({ error }) => events.error(error));
  follow('voice-agent-state-change', ({ state }) => events.state(state));
  return {
    get call() {
      return element.session;
    },
    connect({ tools = [], ...settings }, options) {
      if (element.session?.status.state !== 'connected') {
        const theirs = (element.tools ?? []).filter((tool) => !ours.includes(tool));
        ours = tools;
        Object.assign(element, settings, { tools: [...theirs, ...tools] });
      }
      return element.connect(options);
    },
    close: () => element.close(),
  };
}

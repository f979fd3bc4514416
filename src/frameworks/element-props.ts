/** Properties, attributes and events of `<voice-agent>`, generated from the manifest: `npm run docs` writes this file. */
import type { VoiceAgentEvent } from '../contract/events.js';
import type { ElementOptions } from '../element/element-options.js';

/** The properties that a page can set. */
export interface ElementProps {
  /** URL that returns an ephemeral key to a POST request, as `{value, expires_at}`. */
  tokenUrl?: ElementOptions['tokenUrl'] | undefined;
  /** A key, or an async function that returns one; property only. */
  token?: ElementOptions['token'] | undefined;
  /**
   * Brokered call: URL to POST the SDP offer to. The server places and monitors the call, and the page receives no key. Only with WebRTC and
   * the dialect `ga`. Takes precedence over `tokenUrl` and `token`.
   */
  callUrl?: ElementOptions['callUrl'] | undefined;
  /**
   * Identifies the visitor to `token-url` and `call-url`: a string, or an async function that returns one, called again for each key and
   * each call. Sent as `Authorization: Bearer …`; property only.
   */
  visitorToken?: ElementOptions['visitorToken'] | undefined;
  /** Realtime API root. */
  baseUrl?: ElementOptions['baseUrl'] | undefined;
  /** `webrtc` or `websocket`; the property also takes an object with the SDK's `RealtimeTransportLayer` interface. */
  transport?: ElementOptions['transport'] | undefined;
  /** Dialect of the server, by name; the property also takes a `Dialect`. */
  dialect?: ElementOptions['dialect'] | undefined;
  /**
   * URL of the package's `pcm-worklet.js`, which `transport="websocket"` needs; set it if your bundler does not copy the file.
   * Default: next to the code that loads it.
   */
  workletUrl?: ElementOptions['workletUrl'] | undefined;
  /** How the key is sent on a WebSocket: `subprotocol`, `query` or `none`. Default: set by the dialect. */
  keyCarrier?: ElementOptions['keyCarrier'] | undefined;
  /** `conversation`, or `transcription`: the visitor's speech is transcribed and not answered. */
  mode?: ElementOptions['mode'] | undefined;
  /** True reconnects automatically, with a new key, when an established call is lost. */
  reconnect?: ElementOptions['reconnect'] | undefined;
  /** A `RealtimeAgent`: its tools, handoffs and guardrails run in the page. */
  agent?: ElementOptions['agent'] | undefined;
  /** Guardrails and context of the `agent`'s session. */
  agentOptions?: ElementOptions['agentOptions'] | undefined;
  /** Model of the session, with `mode="transcription"` the transcriber; sent only when set. */
  model?: ElementOptions['model'] | undefined;
  /** Voice of the agent; sent only when set. */
  voice?: ElementOptions['voice'] | undefined;
  /** Instructions of the agent; sent only when set. Visible to visitors: keep secrets on the server. */
  instructions?: ElementOptions['instructions'] | undefined;
  /** Language of the visitor's speech (BCP 47), passed to the transcriber. */
  language?: ElementOptions['language'] | undefined;
  /** The agent's opening line. */
  greeting?: ElementOptions['greeting'] | undefined;
  /** `semantic_vad`, `server_vad` or `none`; the property also takes the protocol's full object. */
  turnDetection?: ElementOptions['turnDetection'] | undefined;
  /** Raw fields of the protocol's session object; they take precedence over the individual settings. */
  sessionConfig?: ElementOptions['sessionConfig'] | undefined;
  /** Tools that run in the page. */
  tools?: ElementOptions['tools'] | undefined;
  /** Milliseconds until a connection attempt fails. */
  timeout?: ElementOptions['timeout'] | undefined;
  /** A microphone stream supplied by the page; never stopped by the element. If set during a voice call, it is used immediately. */
  mediaStream?: ElementOptions['mediaStream'] | undefined;
  /** An audio element of the page that plays the agent's voice. */
  audioElement?: ElementOptions['audioElement'] | undefined;
  /** Id of a text field or contenteditable element in the page that `mode="transcription"` writes into. */
  for?: ElementOptions['for'] | undefined;
  /** Position of the widget: `inline`, `bottom-end`, `bottom-start`, `top-end`, `top-start`. */
  placement?: ElementOptions['placement'] | undefined;
  /** Name of the agent, shown and announced. */
  heading?: ElementOptions['heading'] | undefined;
  /** `auto`: the page's `color-scheme`; `light`, `dark`. */
  theme?: ElementOptions['theme'] | undefined;
  /** True while the panel is shown. */
  open?: ElementOptions['open'] | undefined;
  /** True while the microphone is muted. */
  muted?: ElementOptions['muted'] | undefined;
  /**
   * True makes screen readers announce each new turn. By default they announce turns only in text-only calls: in a voice call the
   * visitor hears them, and the microphone would pick up announcements. Visitors can change it in the panel.
   */
  announce?: ElementOptions['announce'] | undefined;
  /** True disables the launcher, so that no call can be started. */
  disabled?: ElementOptions['disabled'] | undefined;
}

/** The attributes whose name is not the name of a property. */
export interface ElementAttributes {
  /** `page` lets keyboard and editing events propagate to the page. By default they stay inside the widget, so that typing does not trigger the page's shortcuts */
  'key-events'?: 'page' | undefined;
  /** Milliseconds after the element is removed from the page until its call ends */
  'removal-delay'?: number | undefined;
  /** URL that returns an ephemeral key to a POST request, as `{value, expires_at}`. */
  'token-url'?: Extract<ElementOptions['tokenUrl'], string> | undefined;
  /**
   * Brokered call: URL to POST the SDP offer to. The server places and monitors the call, and the page receives no key. Only with WebRTC and
   * the dialect `ga`. Takes precedence over `tokenUrl` and `token`.
   */
  'call-url'?: Extract<ElementOptions['callUrl'], string> | undefined;
  /** Realtime API root. */
  'base-url'?: Extract<ElementOptions['baseUrl'], string> | undefined;
  /**
   * URL of the package's `pcm-worklet.js`, which `transport="websocket"` needs; set it if your bundler does not copy the file.
   * Default: next to the code that loads it.
   */
  'worklet-url'?: Extract<ElementOptions['workletUrl'], string> | undefined;
  /** How the key is sent on a WebSocket: `subprotocol`, `query` or `none`. Default: set by the dialect. */
  'key-carrier'?: Extract<ElementOptions['keyCarrier'], string> | undefined;
  /** `semantic_vad`, `server_vad` or `none`; the property also takes the protocol's full object. */
  'turn-detection'?: Extract<ElementOptions['turnDetection'], string> | undefined;
}

/** The events, each as a prop with its listener. */
export interface ElementEventProps {
  /** The panel was shown or hidden, by the visitor or by a script; not fired for the element's first render */
  onOpenChange?: ((event: VoiceAgentEvent<'voice-agent-open-change'>) => void) | undefined;
  /** The microphone was muted or unmuted, by the visitor or by a script; not fired for the element's first render */
  onMuteChange?: ((event: VoiceAgentEvent<'voice-agent-mute-change'>) => void) | undefined;
  /** Cancelable; fired before any request is made. `detail.config` may be changed; `detail.waitUntil(promise)` delays the call */
  onBeforeConnect?: ((event: VoiceAgentEvent<'voice-agent-before-connect'>) => void) | undefined;
  /** The call's state changed; for `disconnected`, `detail.reason` is why it ended */
  onStateChange?: ((event: VoiceAgentEvent<'voice-agent-state-change'>) => void) | undefined;
  /** The activity changed: `listening`, `user-speaking`, `thinking` or `speaking` */
  onActivityChange?: ((event: VoiceAgentEvent<'voice-agent-activity-change'>) => void) | undefined;
  /** Streaming text of a turn */
  onTranscript?: ((event: VoiceAgentEvent<'voice-agent-transcript'>) => void) | undefined;
  /** A finished turn */
  onMessage?: ((event: VoiceAgentEvent<'voice-agent-message'>) => void) | undefined;
  /** The text or status of a finished turn changed */
  onMessageRevised?: ((event: VoiceAgentEvent<'voice-agent-message-revised'>) => void) | undefined;
  /** A client tool started */
  onToolStart?: ((event: VoiceAgentEvent<'voice-agent-tool-start'>) => void) | undefined;
  /** A client tool finished */
  onToolEnd?: ((event: VoiceAgentEvent<'voice-agent-tool-end'>) => void) | undefined;
  /** A tool call needs approval; decide with `detail.approve()` or `detail.reject()`, or let the panel ask the visitor */
  onApprovalRequest?: ((event: VoiceAgentEvent<'voice-agent-approval-request'>) => void) | undefined;
  /** Each raw server event */
  onServerEvent?: ((event: VoiceAgentEvent<'voice-agent-server-event'>) => void) | undefined;
  /** The server of a brokered call announced the end of the call (`detail.ending.reason`: `duration`, `idle`, `budget`; `.seconds`), or withdrew the announcement (`detail.ending` is `null`) */
  onEnding?: ((event: VoiceAgentEvent<'voice-agent-ending'>) => void) | undefined;
  /** A call failed, or the server reported an error */
  onError?: ((event: VoiceAgentEvent<'voice-agent-error'>) => void) | undefined;
}

/** Property → its attribute; `undefined` if it has none. */
export const ATTRIBUTES: Readonly<Record<string, string | undefined>> = {
  tokenUrl: 'token-url',
  token: undefined,
  callUrl: 'call-url',
  visitorToken: undefined,
  baseUrl: 'base-url',
  transport: 'transport',
  dialect: 'dialect',
  workletUrl: 'worklet-url',
  keyCarrier: 'key-carrier',
  mode: 'mode',
  reconnect: 'reconnect',
  agent: undefined,
  agentOptions: undefined,
  model: 'model',
  voice: 'voice',
  instructions: 'instructions',
  language: 'language',
  greeting: 'greeting',
  turnDetection: 'turn-detection',
  sessionConfig: undefined,
  tools: undefined,
  timeout: 'timeout',
  mediaStream: undefined,
  audioElement: undefined,
  for: 'for',
  placement: 'placement',
  heading: 'heading',
  theme: 'theme',
  open: 'open',
  muted: 'muted',
  announce: 'announce',
  disabled: 'disabled',
};

/** Property → its initial value, of the properties that have one. */
export const INITIAL_VALUES: Readonly<Record<string, unknown>> = {
  placement: 'inline',
  theme: 'auto',
  open: false,
  muted: false,
  announce: false,
  disabled: false,
};

/** Prop of an event → the event. */
export const EVENTS: Readonly<Record<keyof ElementEventProps, string>> = {
  onOpenChange: 'voice-agent-open-change',
  onMuteChange: 'voice-agent-mute-change',
  onBeforeConnect: 'voice-agent-before-connect',
  onStateChange: 'voice-agent-state-change',
  onActivityChange: 'voice-agent-activity-change',
  onTranscript: 'voice-agent-transcript',
  onMessage: 'voice-agent-message',
  onMessageRevised: 'voice-agent-message-revised',
  onToolStart: 'voice-agent-tool-start',
  onToolEnd: 'voice-agent-tool-end',
  onApprovalRequest: 'voice-agent-approval-request',
  onServerEvent: 'voice-agent-server-event',
  onEnding: 'voice-agent-ending',
  onError: 'voice-agent-error',
};

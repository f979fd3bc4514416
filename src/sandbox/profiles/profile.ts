/**
 * A profile describes one kind of server that the sandbox can imitate. The session behind it always uses GA; a profile
 * defines how the server is reached and translates events on the wire. This file has the types and the rules that
 * profiles share; each profile is a file next to this one.
 *
 * Independent of the widget's `dialects/`, so that the sandbox can serve as an independent check of them.
 */
import type { ApiError } from '../protocol/api-error.js';
import type { WireEvent } from '../protocol/events.js';

/** The servers that the sandbox can imitate. */
export type ProfileName = 'ga' | 'beta' | 'localai' | 'speaches' | 'xai' | 'azure' | 'hf';

/** Where a WebSocket may carry its key; `none`: connections without a key are accepted. */
export type KeyPlace = 'header' | 'subprotocol' | 'query' | 'cookie' | 'none';

/** How WebSockets are opened. */
export interface SocketRules {
  /** Whether a subprotocol is selected. A browser that offered some fails the connection if the server selects none. */
  readonly selects: boolean;
  /** Where keys may be. */
  readonly keys: readonly KeyPlace[];
}

/** Reports an error to the client without rejecting its event. */
export type ReportError = (error: ApiError) => void;

/** Translates the events of one call; may be stateful. */
export interface CallWire {
  /** Translates a session event for this server: usually one event, none if the server does not send it. */
  outgoing(event: WireEvent): readonly WireEvent[];
  /** Translates a client event for the session: usually one event, none to ignore it. @throws ApiError if the server rejects it */
  incoming(event: WireEvent, reportError: ReportError): readonly Record<string, unknown>[];
}

/** One kind of server. */
export interface Profile {
  readonly name: ProfileName;
  readonly socket: SocketRules;
  /** The prefix of a key in its subprotocol. */
  readonly keyProtocol: string;
  /** Selects one of the offered subprotocols, if the rules require one. */
  readonly selects: (offered: ReadonlySet<string>) => string | undefined;
  /** Whether clients must request the beta interface with `OpenAI-Beta` or `openai-beta.realtime-v1`, must not, or may. */
  readonly beta: 'refused' | 'required' | 'ignored';
  /** How a WebSocket with an unusable key is rejected: with an event after the upgrade, or with this status before it. */
  readonly wrongKey: 'event' | 401 | 403;
  /** WebRTC calls: the path for offers below `/v1` and their format; `undefined` if not supported. */
  readonly calls: { readonly path: '/realtime/calls' | '/realtime'; readonly body: 'sdp' | 'json'; readonly hangUp: boolean } | undefined;
  /** Whether phone calls by SIP are supported. */
  readonly phone?: boolean;
  /** Where ephemeral keys are minted; `undefined` if not supported. */
  readonly keys: 'client_secrets' | 'sessions' | undefined;
  /** Whether errors contain the `event_id` of the client's event. */
  readonly namesEvent: boolean;
  /** Accepted models; default: the names of OpenAI's realtime models. */
  readonly acceptsModel?: (model: string) => boolean;
  /** The initial session of a call, in GA terms, derived from the request; default: as in GA. @throws ApiError */
  readonly opening?: (model: string | null, intent: string | null) => Record<string, unknown>;
  /** Splits one message into data channel messages; default: unchanged. */
  readonly frames?: (text: string, eventId: string) => readonly string[];
  /** Creates the translation for one call. */
  wire(kind: 'webrtc' | 'websocket'): CallWire;
}

/** Passes events through unchanged, as in GA. */
export const untranslated: CallWire = {
  outgoing: (event) => [event],
  incoming: (event) => [event],
};

/** The defaults of all profiles. */
export const gaRules = {
  socket: { selects: true, keys: ['header', 'subprotocol'] },
  keyProtocol: 'openai-insecure-api-key.',
  selects: (offered) => (offered.has('realtime') ? 'realtime' : undefined),
  beta: 'refused',
  wrongKey: 'event',
  calls: { path: '/realtime/calls', body: 'sdp', hangUp: true },
  keys: 'client_secrets',
  namesEvent: true,
  wire: () => untranslated,
} as const satisfies Omit<Profile, 'name'>;

/** Accepts any model, for servers whose model names are arbitrary. */
export const anyModel = (model: string): boolean => model !== '';

/**
 * What a profile is: one kind of server that the sandbox can play. The session behind it always speaks GA; a profile
 * says how a server is reached and translates at the wire. Types and the rules that every profile begins with; each
 * profile is a file of its own beside this one.
 *
 * Independent of the widget's `dialects/`: a witness must not borrow the words of the one it is a witness for.
 */
import type { ApiError } from '../api-error.js';

/** The servers that the sandbox can play. */
export type ProfileName = 'ga' | 'beta' | 'localai' | 'speaches' | 'xai' | 'azure' | 'hf';

/** An event on the wire. */
export type WireEvent = Record<string, unknown> & { type: string };

/** Where a WebSocket may bring its key; `none`: the server lets everybody in who brings none. */
export type KeyPlace = 'header' | 'subprotocol' | 'query' | 'cookie' | 'none';

/** How WebSockets are opened. */
export interface SocketRules {
  /** Whether a subprotocol is selected. Browsers that offered some give up when the server selects none. */
  readonly selects: boolean;
  /** Where keys are looked for. */
  readonly keys: readonly KeyPlace[];
}

/** Tells the client that it may not have something that it asked for, and goes on. */
export type Remark = (error: ApiError) => void;

/** Translates the events of one call; may remember. */
export interface CallWire {
  /** An event of the session as this server would send it: usually one, none where it sends none. */
  outgoing(event: WireEvent): readonly WireEvent[];
  /** An event of the client in the session's terms: usually one, none to ignore it. @throws ApiError when this server refuses it */
  incoming(event: WireEvent, remark: Remark): readonly Record<string, unknown>[];
}

/** One kind of server. */
export interface Profile {
  readonly name: ProfileName;
  readonly socket: SocketRules;
  /** What comes before a key in its subprotocol. */
  readonly keyProtocol: string;
  /** Picks one of the offered subprotocols, where the rules say that one is selected. */
  readonly selects: (offered: ReadonlySet<string>) => string | undefined;
  /** What a client has to say about the beta interface: nothing, or `OpenAI-Beta` / `openai-beta.realtime-v1`. */
  readonly beta: 'refused' | 'required' | 'ignored';
  /** How a WebSocket with an unusable key is refused: by an event after the upgrade, or by this status before it. */
  readonly wrongKey: 'event' | 401 | 403;
  /** Calls by WebRTC: where offers go below `/v1`, how they travel; `undefined`: there are none. */
  readonly calls: { readonly path: '/realtime/calls' | '/realtime'; readonly body: 'sdp' | 'json'; readonly hangUp: boolean } | undefined;
  /** Whether it takes phone calls by SIP. */
  readonly phone?: boolean;
  /** Where ephemeral keys are minted; `undefined`: nowhere. */
  readonly keys: 'client_secrets' | 'sessions' | undefined;
  /** Whether errors name the client's event. */
  readonly namesEvent: boolean;
  /** Which models can be called; left out: the names of OpenAI's realtime models. */
  readonly acceptsModel?: (model: string) => boolean;
  /** The session that a call begins with, in GA terms, from what its request names; left out: as with GA. @throws ApiError */
  readonly opening?: (model: string | null, intent: string | null) => Record<string, unknown>;
  /** What one message of the data channel becomes; left out: itself. */
  readonly frames?: (text: string, eventId: string) => readonly string[];
  /** Makes the translation of one call. */
  wire(kind: 'webrtc' | 'websocket'): CallWire;
}

/** Everything as it is: what GA speaks. */
export const untranslated: CallWire = {
  outgoing: (event) => [event],
  incoming: (event) => [event],
};

/** What profiles share unless they say otherwise. */
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

/** For servers that call whatever model they have. */
export const anyModel = (model: string): boolean => model !== '';

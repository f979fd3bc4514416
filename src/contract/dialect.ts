/**
 * Differences between servers that speak the Realtime protocol. The widget itself speaks GA, OpenAI's current interface;
 * a dialect defines the endpoints, how the key is sent, and translates events in both directions.
 * The built-in dialects live in `dialects/servers/`, one file each; a page can also supply its own.
 */
import type { RealtimeEvent, TransportName } from './realtime-event.js';

/** The built-in dialects. Each except `ga` is the export of this name in `dialects/servers/<name>.ts`. */
export const DIALECT_NAMES = ['ga', 'azure', 'beta', 'hf', 'localai', 'speaches', 'xai'] as const;

/** Name of a built-in dialect. */
export type DialectName = (typeof DIALECT_NAMES)[number];

/**
 * How the key is sent on a WebSocket, which cannot have custom headers in browsers: as a subprotocol, as a query parameter, or not at
 * all (the server authenticates by cookie or not at all). Servers that select no subprotocol must not be offered one.
 */
export type KeyCarrier = 'subprotocol' | 'query' | 'none';

/** Translates the events of one call. Created for each call, so it may keep state. */
export interface Translator {
  /** Translates a server event to GA events: usually one, or none to drop it. Must not throw on anything with a `type`. */
  inbound(event: RealtimeEvent): readonly RealtimeEvent[];
  /** Translates a GA client event to the server's: usually one, or none if the server has no equivalent. */
  outbound(event: RealtimeEvent): readonly RealtimeEvent[];
}

/** A dialect. Omitted fields default to GA. */
export interface Dialect {
  readonly name: string;
  /** Creates the translator for one call over this transport. If omitted, events are not translated. */
  translator?(over: TransportName): Translator;
  /** The WebSocket at `<base-url>/realtime`; `false` if the server does not support it from browsers. */
  readonly socket?:
    | {
        /** Default `subprotocol`. */
        readonly keyCarrier?: KeyCarrier;
        /** Prefix of the key in its subprotocol. Default `openai-insecure-api-key.`. */
        readonly keyProtocol?: string;
        /** The query parameter that carries the key. Default `api_key`. */
        readonly keyParameter?: string;
        /** Subprotocols before the key's. Default `['realtime']`. */
        readonly protocols?: readonly string[];
        /** Subprotocols after the key's. Default none. */
        readonly protocolsAfterKey?: readonly string[];
        /** True if the URL of a transcription session also has `model`, in addition to `intent=transcription`. Default false. */
        readonly modelWithIntent?: boolean;
      }
    | false;
  /** The SDP exchange; `false` if the server does not support WebRTC. */
  readonly offer?:
    | {
        /** Path relative to the base URL. Default `/realtime/calls`. */
        readonly path?: string;
        /** Format of the offer: `application/sdp`, or JSON `{sdp, model}` with a JSON answer `{sdp, session_id}`. Default `sdp`. */
        readonly body?: 'sdp' | 'json';
        /** Whether `POST <path>/<call id>/hangup` ends a call. Default: only at `/realtime/calls` with `body: 'sdp'`. */
        readonly hangUp?: boolean;
        /** Set if the server wraps data channel events in envelopes; see `EnvelopeReader`. */
        readonly envelope?: () => EnvelopeReader;
      }
    | false;
  /** False if the server never confirms settings with `session.updated`; the call then counts as configured once they are sent. */
  readonly confirmsSettings?: boolean;
  /**
   * False if the server does not send `output_audio_buffer.*` over WebRTC; playback is then detected by measuring the
   * track. If omitted, it is measured once the server has sent a voice response without such an event.
   */
  readonly reportsPlayback?: boolean;
  /** `type` names of GA client events that the server does not support; they are not sent. */
  readonly unsupported?: readonly string[];
}

/** Reassembles events that a server sends in pieces. Stateful; created for each call. */
export interface EnvelopeReader {
  /** Returns the JSON text of an event that this frame completes, or `undefined`. Must not throw. */
  read(frame: string): string | undefined;
}

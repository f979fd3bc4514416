/**
 * What differs between servers that speak the Realtime protocol. The widget itself speaks GA, OpenAI's current interface;
 * a dialect says where a server is reached, how the key travels, and translates events both ways. Data and two functions.
 * The dialects that come with the widget live in `dialects/`, one file each; a page may hand in one of its own.
 */
import type { RealtimeEvent, TransportName } from './options.js';

/** The dialects that come with the widget. */
export type DialectName = 'ga' | 'beta' | 'localai' | 'speaches' | 'xai' | 'azure' | 'hf';

/**
 * How a key travels on a WebSocket, which takes no headers in browsers: as a subprotocol, as a query parameter, or not at
 * all (the server knows the visitor by cookie, or asks nobody). Servers that select no subprotocol must be offered none.
 */
export type KeyCarrier = 'subprotocol' | 'query' | 'none';

/** Translates the events of one call; made anew for each call, so that it may remember. */
export interface Translator {
  /** An event of the server as GA events: usually one, none to drop it. Must not throw on anything with a `type`. */
  inbound(event: RealtimeEvent): readonly RealtimeEvent[];
  /** A GA event of ours as the server's: usually one, none where the server has nothing like it. */
  outbound(event: RealtimeEvent): readonly RealtimeEvent[];
}

/** One dialect. Everything that is left out is as in GA. */
export interface Dialect {
  readonly name: string;
  /** Makes the translation of one call that goes over this transport; left out: events are GA as they are. */
  translator?(over: TransportName): Translator;
  /** The WebSocket, reached at `<base-url>/realtime`; `false`: the server takes none from browsers. */
  readonly socket?:
    | {
        /** Default `subprotocol`. */
        readonly keyCarrier?: KeyCarrier;
        /** What comes before the key in its subprotocol. Default `openai-insecure-api-key.`. */
        readonly keyProtocol?: string;
        /** The query parameter that carries the key. Default `api_key`. */
        readonly keyParameter?: string;
        /** Subprotocols in front of the key's. Default `['realtime']`. */
        readonly protocols?: readonly string[];
        /** Subprotocols behind the key's. Default none. */
        readonly protocolsAfterKey?: readonly string[];
        /** True: the address of a transcription names its `model` too, beside `intent=transcription`. Default false. */
        readonly modelWithIntent?: boolean;
      }
    | false;
  /** The SDP exchange; `false`: the server has no WebRTC. */
  readonly offer?:
    | {
        /** Below the base URL. Default `/realtime/calls`. */
        readonly path?: string;
        /** How the offer travels: as `application/sdp`, or as JSON `{sdp, model}` whose answer is JSON `{sdp, session_id}`. Default `sdp`. */
        readonly body?: 'sdp' | 'json';
        /** Whether `POST <path>/<call id>/hangup` ends a call. Default: only at `/realtime/calls` with `body: 'sdp'`. */
        readonly hangUp?: boolean;
        /** Wraps events on the data channel in envelopes of its own; see `EnvelopeReader`. */
        readonly envelope?: () => EnvelopeReader;
      }
    | false;
  /** False: the server never confirms settings with `session.updated`; the call then counts as configured once they are sent. */
  readonly confirmsSettings?: boolean;
  /**
   * False: over WebRTC the server does not send `output_audio_buffer.*`; whether the agent is heard is then measured at the
   * track. If omitted, it is measured once the server has answered by voice and sent no such event.
   */
  readonly reportsPlayback?: boolean;
  /** `type` names of GA client events that the server does not take; they are not sent. */
  readonly unsupported?: readonly string[];
}

/** Puts together the events that a server sends in pieces. Remembers; made anew for each call. */
export interface EnvelopeReader {
  /** The JSON text of an event that is complete with this frame, or `undefined`. Must not throw. */
  read(frame: string): string | undefined;
}

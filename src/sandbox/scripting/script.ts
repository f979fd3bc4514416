/**
 * The script language of the sandbox: answers, transcripts, MCP servers and faults that a test can set. Everything
 * except the function forms is plain JSON, so that the control endpoint accepts the same scripts.
 */
import type { AgentTurn } from '../session/reply.js';

/** A sentence that the agent says; the audio is synthesised unless `pcm` or `tone` is given. */
export interface SaidText {
  /** The transcript. */
  say: string;
  /** Custom audio, 24 kHz mono. In JSON, an array of samples. */
  pcm?: Int16Array | number[];
  /** A sine tone instead of speech: frequency in Hz, duration in milliseconds, level in dBFS (default −12). */
  tone?: { hz: number; ms: number; dbfs?: number };
  /** The `phase` of the item, as sent by reasoning models. */
  phase?: 'commentary' | 'final_answer';
}

/** One output item of an answer, in order of generation. */
export type ReplyItem =
  /** A spoken message (text in a session with text output). Several sentences form one message. */
  | SaidText
  | { message: SaidText[] }
  /** A text message, also in a session with audio output. */
  | { text: string; phase?: SaidText['phase'] }
  /** A call of a client function. `arguments` may be text that is not valid JSON. */
  | { call: string; arguments?: Record<string, unknown> | string; callId?: string }
  /** A call of a hosted MCP tool that the server runs itself; `error` makes it fail. */
  | { mcpCall: string; server: string; arguments?: Record<string, unknown>; output?: string; error?: string; ms?: number }
  /** A request to approve an MCP call; once the client approves, the call runs and returns `output` or `error`. */
  | { mcpApproval: string; server: string; arguments?: Record<string, unknown>; output?: string; error?: string };

/** A complete answer. */
export interface ScriptedReply {
  /** The items in order; reasoning models put calls before, between or after messages. */
  items: ReplyItem[];
  /** Milliseconds between `response.created` and the first item; defaults to the sandbox's `thinkMs`. */
  thinkMs?: number;
  /** Ends the answer with a status other than `completed`; the items are generated as usual first. */
  end?:
    | { status: 'failed'; code?: string; message?: string; type?: string }
    | { status: 'incomplete'; reason: 'max_output_tokens' | 'content_filter' };
}

/** An answer: a full reply, a sentence to say, or `null` for the default agent. */
export type Reply = ScriptedReply | string | null;

/** The scripted transcript of a spoken turn. */
export type ScriptedTranscript =
  | string
  | { text: string; afterMs?: number; deltas?: string[] }
  | { fail: { code?: string; message?: string; type?: string }; afterMs?: number };

/** A hosted MCP server, as defined by the script. */
export interface ScriptedMcpServer {
  tools?: { name: string; description?: string; input_schema?: Record<string, unknown> }[];
  /** Makes listing the tools fail. */
  fail?: boolean;
  /** Milliseconds that listing the tools takes; default 0. */
  ms?: number;
}

/** How often a fault applies to the requests or events it matches. */
export interface FaultScope {
  /** How often the fault applies; unlimited by default. `1` is a one-shot. */
  times?: number;
  /** Number of matches to skip before the fault first applies; default 0. */
  skip?: number;
}

/** Endpoints that support HTTP faults. */
export type Endpoint = 'client_secrets' | 'calls' | 'hangup' | 'accept' | 'reject' | 'refer' | 'websocket';

/** Faults of the HTTP endpoints and of the WebSocket handshake. */
export type HttpFault = FaultScope & { at: Endpoint } & (
    | {
        /** Responds with a status, for example 429 with `headers: {'retry-after': '7'}`. */
        fault: 'status';
        status: number;
        /** A JSON value, or text to send unchanged; defaults to an error body for the status. */
        body?: unknown;
        headers?: Record<string, string>;
      }
    /** Handles the request normally after a delay. */
    | { fault: 'delay'; ms: number }
    /** Never responds. */
    | { fault: 'hang' }
    /** Responds with success and a body that is neither JSON nor SDP. */
    | { fault: 'garbage'; body?: string }
    /** Responds 200 with a web page. */
    | { fault: 'html'; body?: string }
    /** Responds with success and a valid beginning padded to `bytes` (default 1 MiB). */
    | { fault: 'oversize'; bytes?: number }
    /** Redirects to another URL; `status` defaults to 307. */
    | { fault: 'redirect'; to: string; status?: number }
    /** Closes the connection without a response. */
    | { fault: 'disconnect' }
    /** Omits `Location` from a call's response. Only for `calls`. */
    | { fault: 'no-location' }
  );

/** Faults of a call's media and data channel, applied when the call is answered. Only for `calls`. */
export type MediaFault = FaultScope & { at: 'media' } & (
    /** Makes the answer's addresses and ICE password unusable, so that ICE never connects. */
    | { fault: 'ice-never' }
    /** ICE and DTLS connect, but the data channel never opens. */
    | { fault: 'channel-never' }
    /** Answers are generated and reported, but only silence is sent. */
    | { fault: 'silence' }
    /** Drops this share of outgoing RTP packets, 0..1; 1 stops RTP completely. */
    | { fault: 'loss'; share: number }
  );

/** Faults of server events. `type` is an event type, a list of types, or a prefix ending in `*`; default: all events. */
export type EventFault = FaultScope & { at: 'event'; type?: string | string[] } & (
    | { fault: 'drop' }
    | { fault: 'duplicate' }
    | { fault: 'delay'; ms: number }
    /** Sends the event after the next one. */
    | { fault: 'reorder' }
    /** Sends something else instead. */
    | { fault: 'replace'; with: Record<string, unknown> | string }
    /** Pads the event to `bytes` with an unknown field (default 262,144). */
    | { fault: 'oversize'; bytes?: number }
    /** Sends text that is not valid JSON before the event. */
    | { fault: 'non-json' }
    /** Sends a binary message before the event. */
    | { fault: 'binary' }
  );

/** Faults of client events: an error instead of the effect, or no response. */
export type ClientEventFault = FaultScope & { at: 'client-event'; type?: string | string[] } & (
    | { fault: 'reject'; error?: { message?: string; type?: string; code?: string | null; param?: string | null } }
    | { fault: 'ignore' }
  );

/** When a call fault applies: after an event was sent (by default when the call opens), plus a delay. */
export interface Moment {
  event?: string;
  ms?: number;
}

/** Faults of an active call. */
export type CallFault = FaultScope & { at: 'call'; when?: Moment } & (
    /** Closes only the data channel (over WebSocket, the socket). */
    | { fault: 'close-channel' }
    /** Ends the call from the server side. */
    | { fault: 'hang-up' }
    /** Starts dropping outgoing RTP packets. */
    | { fault: 'loss'; share: number }
    /** Starts sending silence instead of answers. */
    | { fault: 'silence' }
    /** Sends an event unchanged (adds an `event_id` if missing). */
    | { fault: 'inject'; event: Record<string, unknown>; repeat?: number }
    /** Sends text unchanged. */
    | { fault: 'raw'; text: string }
    /** Sends transcript deltas at a given rate: `count` in total, `perSecond` of them. */
    | { fault: 'burst'; count: number; perSecond: number; delta?: string }
  );

/** Any fault. */
export type Fault = HttpFault | MediaFault | EventFault | ClientEventFault | CallFault;

/** A script. Every field is optional. */
export interface Script {
  /**
   * The answers of each call in order, followed by the default agent's. A function is called for every answer
   * (in-process only, not through the control endpoint).
   */
  replies?: Reply[] | ((turn: AgentTurn) => Reply | Promise<Reply>);
  /** The transcript of each spoken turn of a call, in order. */
  transcripts?: ScriptedTranscript[];
  /** MCP servers by `server_label`. */
  mcp?: Record<string, ScriptedMcpServer>;
  faults?: Fault[];
}

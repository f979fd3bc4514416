/**
 * The script language of the sandbox: what a test may choose about answers, transcripts, MCP servers and faults.
 * Everything except the function forms is plain JSON, so that the control endpoint takes the same scripts.
 */
import type { AgentTurn } from './agent-types.js';

/** A sentence that the agent says; audio comes from the speech synthesiser unless `pcm` or `tone` is given. */
export interface SaidText {
  /** Transcript of what is said. */
  say: string;
  /** Own audio, 24 kHz mono. In JSON an array of samples. */
  pcm?: Int16Array | number[];
  /** A sine tone in place of speech: frequency in Hz, length in milliseconds, level in dBFS (default −12). */
  tone?: { hz: number; ms: number; dbfs?: number };
}

/** One output item of an answer, in the order in which it is generated. */
export type ReplyItem =
  /** A spoken message (written, in a session with text output). Several sentences make one message. */
  | SaidText
  | { message: SaidText[] }
  /** A written message, also in a session with audio output. */
  | { text: string }
  /** A call of a client's function. `arguments` may be text that is no valid JSON. */
  | { call: string; arguments?: Record<string, unknown> | string; callId?: string }
  /** A call of a hosted MCP tool that the server runs by itself; `error` makes it fail. */
  | { mcpCall: string; server: string; arguments?: Record<string, unknown>; output?: string; error?: string; ms?: number }
  /** A request to approve an MCP call; when the client approves, the call runs and gives `output` or `error`. */
  | { mcpApproval: string; server: string; arguments?: Record<string, unknown>; output?: string; error?: string };

/** One whole answer. */
export interface ScriptedReply {
  /** The items, in order; reasoning models put calls before, between or after messages. */
  items: ReplyItem[];
  /** Milliseconds between `response.created` and the first item; default the sandbox's `thinkMs`. */
  thinkMs?: number;
  /** Ends the answer other than `completed`; items before are generated as usual. */
  end?:
    | { status: 'failed'; code?: string; message?: string; type?: string }
    | { status: 'incomplete'; reason: 'max_output_tokens' | 'content_filter' };
}

/** An answer: a full reply, a sentence to say, or `null` for the sandbox's own agent. */
export type Reply = ScriptedReply | string | null;

/** What the recogniser is made to say for a spoken turn. */
export type ScriptedTranscript =
  | string
  | { text: string; afterMs?: number; deltas?: string[] }
  | { fail: { code?: string; message?: string; type?: string }; afterMs?: number };

/** A hosted MCP server as the script imagines it. */
export interface ScriptedMcpServer {
  tools?: { name: string; description?: string; input_schema?: Record<string, unknown> }[];
  /** Makes listing the tools fail. */
  fail?: boolean;
  /** Milliseconds that listing takes; default 0. */
  ms?: number;
}

/** Which requests or events a fault applies to, and how often. */
export interface FaultScope {
  /** How often the fault strikes; default without limit. `1` is a one-shot. */
  times?: number;
  /** How many matches go by untouched before the first strike; default 0. */
  skip?: number;
}

/** Endpoints that HTTP faults can strike. */
export type Endpoint = 'client_secrets' | 'calls' | 'hangup' | 'accept' | 'reject' | 'refer' | 'websocket';

/** Faults of the HTTP endpoints and of the WebSocket handshake. */
export type HttpFault = FaultScope & { at: Endpoint } & (
    | {
        /** Answers with a status, for example 429 with `headers: {'retry-after': '7'}`. */
        fault: 'status';
        status: number;
        /** JSON value, or text as it is; default an error body that fits the status. */
        body?: unknown;
        headers?: Record<string, string>;
      }
    /** Handles the request normally after a delay. */
    | { fault: 'delay'; ms: number }
    /** Never answers. */
    | { fault: 'hang' }
    /** Answers with success and a body that is neither JSON nor SDP. */
    | { fault: 'garbage'; body?: string }
    /** Answers 200 with a web page. */
    | { fault: 'html'; body?: string }
    /** Answers with success and a valid beginning blown up to `bytes` (default 1 MiB). */
    | { fault: 'oversize'; bytes?: number }
    /** Redirects elsewhere; `status` default 307. */
    | { fault: 'redirect'; to: string; status?: number }
    /** Closes the connection without an answer. */
    | { fault: 'disconnect' }
    /** A call's answer comes without `Location`. Only at `calls`. */
    | { fault: 'no-location' }
  );

/** Faults of a call's media and channel, fixed when the call is answered. Only at `calls`. */
export type MediaFault = FaultScope & { at: 'media' } & (
    /** The answer's addresses and ICE password are useless, so that ICE never connects. */
    | { fault: 'ice-never' }
    /** ICE and DTLS connect, but the data channel never opens. */
    | { fault: 'channel-never' }
    /** Answers are generated and reported, but only silence is sent. */
    | { fault: 'silence' }
    /** Drops this share of outgoing RTP packets, 0..1; 1 stops RTP altogether. */
    | { fault: 'loss'; share: number }
  );

/** Faults of server events. `type` is an event type, a list of them, or a prefix that ends in `*`; default all. */
export type EventFault = FaultScope & { at: 'event'; type?: string | string[] } & (
    | { fault: 'drop' }
    | { fault: 'duplicate' }
    | { fault: 'delay'; ms: number }
    /** Sends the event after the one that follows it. */
    | { fault: 'reorder' }
    /** Sends something else in its place. */
    | { fault: 'replace'; with: Record<string, unknown> | string }
    /** Pads the event with an unknown field to `bytes` (default 300,000). */
    | { fault: 'oversize'; bytes?: number }
    /** Sends text that is no JSON in front of the event. */
    | { fault: 'non-json' }
    /** Sends a binary message in front of the event. */
    | { fault: 'binary' }
  );

/** Faults of what clients send: an error in place of the effect, or silence. */
export type ClientEventFault = FaultScope & { at: 'client-event'; type?: string | string[] } & (
    | { fault: 'reject'; error?: { message?: string; type?: string; code?: string | null; param?: string | null } }
    | { fault: 'ignore' }
  );

/** When something happens on a call: after an event was sent (default the first `session.created`), plus a delay. */
export interface Moment {
  event?: string;
  ms?: number;
}

/** Things done to a running call. */
export type CallFault = FaultScope & { at: 'call'; when?: Moment } & (
    /** Closes the data channel (the socket, over WebSocket) and leaves the rest. */
    | { fault: 'close-channel' }
    /** Ends the call from the server's side. */
    | { fault: 'hang-up' }
    /** Starts to drop outgoing RTP packets. */
    | { fault: 'loss'; share: number }
    /** Starts to send silence in place of answers. */
    | { fault: 'silence' }
    /** Sends an event as it is (an `event_id` is added when missing). */
    | { fault: 'inject'; event: Record<string, unknown>; repeat?: number }
    /** Sends text as it is. */
    | { fault: 'raw'; text: string }
    /** Sends transcript deltas as fast as asked: `count` in total, `perSecond` of them. */
    | { fault: 'burst'; count: number; perSecond: number; delta?: string }
  );

/** Any fault. */
export type Fault = HttpFault | MediaFault | EventFault | ClientEventFault | CallFault;

/** One script. Every part may be left out. */
export interface Script {
  /**
   * The answers of each call, first to last; then the default agent takes over. A function is asked for every answer
   * (only in process, not through the control endpoint).
   */
  replies?: Reply[] | ((turn: AgentTurn) => Reply | Promise<Reply>);
  /** What the recogniser hears in each spoken turn of a call, first to last. */
  transcripts?: ScriptedTranscript[];
  /** MCP servers by `server_label`. */
  mcp?: Record<string, ScriptedMcpServer>;
  faults?: Fault[];
}

/** The options of a sandbox and their defaults. */
import type { Clock } from '../clock.js';
import type { Synthesise } from '../session/write-item.js';
import type { KeyRule } from './keys.js';
import type { PeerFactory } from '../media/peer.js';
import type { ProfileName, SocketRules } from '../profiles/profile.js';
import type { Script } from '../scripting/script.js';
import type { Transcribe } from '../session/transcription.js';

/** Options of `createSandbox`. */
export interface SandboxOptions {
  /** TCP port; 0, the default, picks a free one. */
  port?: number;
  /** Address to listen on, default `127.0.0.1`: the API is reachable only from this machine. */
  host?: string;
  /**
   * IPv4 addresses for WebRTC media. Default: `host`; if that is loopback or a wildcard, `127.0.0.1` and every other
   * address of this machine, because Firefox does not connect over loopback. `['127.0.0.1']` keeps media on this
   * machine.
   */
  mediaHosts?: readonly string[];
  /** Valid API keys: a list or a predicate. Default: any key that starts with `sk-sandbox`. */
  apiKeys?: readonly string[] | KeyRule;
  /** Maximum call duration in minutes, default 60 as with the real API. Fractions are allowed. */
  capMinutes?: number;
  /** Milliseconds between the start of an answer and its first word, default 150. */
  thinkMs?: number;
  /** Seconds of audio generated per second, default 4; `Infinity` generates all audio at once. */
  speed?: number;
  /** A recogniser for spoken turns. Without one, transcripts read `[speech, 2.4 s]`. */
  transcribe?: Transcribe;
  /** The initial script. */
  script?: Script;
  /** Seconds of received audio and levels kept per call, default 300. */
  keepSeconds?: number;
  /** Number of calls kept after they ended, default 200. */
  keepCalls?: number;
  /** Which server to imitate, default `ga`; see README.md. */
  profile?: ProfileName;
  /** Overrides the profile's rules for opening WebSockets. */
  socket?: Partial<SocketRules>;
  /** Accepted models; default: the names of realtime models, or any name in profiles of other servers. */
  acceptsModel?: (model: string) => boolean;
  /** Replaces the speech synthesiser. */
  speak?: Synthesise;
  /** Replaces the WebRTC stack. */
  peers?: PeerFactory;
  /** Replaces the clock of keys, caps, timers and pacing. The media clock belongs to the WebRTC stack. */
  clock?: Clock;
}

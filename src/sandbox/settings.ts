/** What one may set when starting a sandbox, with the defaults. */
import type { Clock } from './clock.js';
import type { Synthesise } from './item-writer.js';
import type { KeyRule } from './keys.js';
import type { PeerFactory } from './peer.js';
import type { ProfileName, SocketRules } from './profiles/profile.js';
import type { Script } from './scenario-types.js';
import type { Transcribe } from './transcription.js';

/** Options of `createSandbox`. */
export interface SandboxOptions {
  /** TCP port; 0, the default, takes a free one. */
  port?: number;
  /** Address to listen at, default `127.0.0.1`: the API is reached from this machine alone. */
  host?: string;
  /**
   * IPv4 addresses for the media of calls over WebRTC. Default: `host`, and where that is loopback or a wildcard, `127.0.0.1` and
   * every other address of this machine, because Firefox calls nothing over loopback. `['127.0.0.1']` keeps media on this machine.
   */
  mediaHosts?: readonly string[];
  /** Valid API keys: a list, or a test. Default: everything that begins with `sk-sandbox`. */
  apiKeys?: readonly string[] | KeyRule;
  /** Longest call in minutes, default 60 as with the real API. Fractions are fine. */
  capMinutes?: number;
  /** Milliseconds between the beginning of an answer and its first word, default 150. */
  thinkMs?: number;
  /** How many seconds of audio are generated per second, default 4; `Infinity` generates at once. */
  speed?: number;
  /** A recogniser for spoken turns. Without one, transcripts say `[speech, 2.4 s]`. */
  transcribe?: Transcribe;
  /** The script to begin with. */
  script?: Script;
  /** Seconds of received audio and levels kept per call, default 300. */
  keepSeconds?: number;
  /** Calls that are remembered after their end, default 200. */
  keepCalls?: number;
  /** Which server to play, default `ga`; see README.md. */
  profile?: ProfileName;
  /** Opens WebSockets otherwise than the profile does. */
  socket?: Partial<SocketRules>;
  /** Models that can be called; default the names of realtime models, any name in profiles of other servers. */
  acceptsModel?: (model: string) => boolean;
  /** Replaces the speech synthesiser. */
  speak?: Synthesise;
  /** Replaces the WebRTC stack. */
  peers?: PeerFactory;
  /** Replaces the time of keys, caps, timers and pacing. The media clock is the WebRTC stack's own. */
  clock?: Clock;
}

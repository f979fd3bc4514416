/**
 * The sandbox: an imitation of the Realtime API for tests and demos, with scripts and faults. See README.md in this
 * directory.
 */
export { createSandbox } from './create-sandbox.js';
export type { Sandbox } from './create-sandbox.js';
export type { SandboxOptions } from './core/sandbox-options.js';
export type { EndReason, SandboxCall } from './call/sandbox-call.js';
export type { EventMatch, RecordedEvent, WaitOptions } from './call/event-log.js';
export type { FrameCounts, LevelSample } from './media/recording.js';
export type { KeyPlace, ProfileName, SocketRules } from './profiles/profile.js';
export type { RecordedRequest } from './core/request-log.js';
export type { MintedKey } from './core/keys.js';
export type { ArmedFault } from './scripting/armed-faults.js';
export type {
  AgentTurn,
  Reply,
  ReplyItem,
  SaidText,
  ScriptedMcpServer,
  ScriptedReply,
  ScriptedTranscript,
} from './session/session-script.js';
export type { Endpoint, FaultScope, Moment } from './scripting/define-fault.js';
export type { Fault } from './scripting/faults.js';
export type { CallFault } from './scripting/call-faults.js';
export type { ClientEventFault } from './scripting/client-event-faults.js';
export type { EventFault } from './scripting/event-faults.js';
export type { HttpFault } from './scripting/http-faults.js';
export type { MediaFault } from './scripting/media-faults.js';
export type { Script } from './scripting/script.js';
export type { Transcribe } from './session/transcription.js';
export type { Synthesise } from './session/write-item.js';
export type { Clock } from './clock.js';
export type { Phone } from './phone/phone-network.js';
export type * from './phone/phone-call.js';
export type { Peer, PeerEvents, PeerFactory } from './media/peer.js';
export { FRAME_MS, FRAME_SAMPLES, OfferError, SAMPLE_RATE } from './media/peer.js';
export { MissingPackageError } from './missing-package-error.js';
export { SandboxTimeout } from './clock.js';

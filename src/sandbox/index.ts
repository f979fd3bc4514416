/**
 * The sandbox: an imitation of the Realtime API for tests and demos, with scripts and faults. See README.md in this
 * directory.
 */
export { createSandbox } from './create-sandbox.js';
export type { Sandbox } from './create-sandbox.js';
export type { SandboxOptions } from './sandbox-options.js';
export type { EndReason, SandboxCall } from './call-types.js';
export type { EventMatch, RecordedEvent, WaitOptions } from './event-log.js';
export type { FrameCounts, LevelSample } from './recording.js';
export type { KeyPlace, ProfileName, SocketRules } from './profiles/profile.js';
export type { RecordedRequest } from './request-log.js';
export type { MintedKey } from './keys.js';
export type { ArmedFault } from './faults.js';
export type { AgentTurn } from './agent-types.js';
export type * from './scenario-types.js';
export type { Transcribe } from './transcription.js';
export type { Synthesise } from './item-writer.js';
export type { Clock } from './clock.js';
export type { Phone } from './phone.js';
export type * from './phone-types.js';
export type { Peer, PeerEvents, PeerFactory } from './peer.js';
export { FRAME_MS, FRAME_SAMPLES, OfferError, SAMPLE_RATE } from './peer.js';
export { MissingPackageError } from './optional-packages.js';
export { SandboxTimeout } from './timeout.js';

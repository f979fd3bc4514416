/**
 * Captures the agent's track of a WebRTC call as PCM, for listeners that need audio chunks. Owns the audio context for it. Does not
 * own the track or its playback.
 */
import type { CallTransport } from '../contract/call.js';
import type { OpenPcmAudio, PcmAudio } from '../contract/pcm-audio.js';

/** The part of a WebRTC transport that gives access to its audio. */
interface PeerTransport {
  readonly connectionState?: { readonly peerConnection?: Pick<RTCPeerConnection, 'getReceivers'> };
}

/** The agent's track of a call over WebRTC; `undefined` for others. */
export const agentTrack = (transport: CallTransport | undefined): MediaStreamTrack | undefined =>
  (transport as PeerTransport | undefined)?.connectionState?.peerConnection?.getReceivers()[0]?.track;

/** Captures the track of a voice's call, across its connections. */
export class TrackTap {
  readonly #open: OpenPcmAudio;
  readonly #hear: (pcm: ArrayBuffer) => void;
  #ear: Promise<PcmAudio> | undefined;
  #track: MediaStreamTrack | undefined;

  constructor(open: OpenPcmAudio, hear: (pcm: ArrayBuffer) => void) {
    this.#open = open;
    this.#hear = hear;
  }

  /** Captures this track. Never rejects: without audio worklets, there are no chunks. */
  async follow(track: MediaStreamTrack): Promise<void> {
    if (track === this.#track) return;
    this.#track = track;
    this.#ear ??= this.#open({ onCaptured: this.#hear, onStarted: () => undefined, onStopped: () => undefined });
    const ear = this.#ear;
    try {
      const audio = await ear;
      if (this.#ear === ear && this.#track === track) await audio.capture(track);
    } catch (reason) {
      if (this.#ear === ear) this.#ear = this.#track = undefined;
      console.warn('The agent’s voice is not available as chunks.', reason);
    }
  }

  release(): void {
    const ear = this.#ear;
    this.#ear = this.#track = undefined;
    ear?.then((audio) => audio.release()).catch(() => undefined);
  }
}

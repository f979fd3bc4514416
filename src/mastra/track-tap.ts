/**
 * Hears the agent's track of a WebRTC call as numbers, for listeners that want pieces of sound. Owns the audio thread that
 * does it. Does not own the track, and plays nothing: the call does.
 */
import type { CallTransport } from '../contract/call.js';
import type { OpenPcmAudio, PcmAudio } from '../contract/pcm-audio.js';

/** The part of a WebRTC transport that leads to its sound. */
interface PeerTransport {
  readonly connectionState?: { readonly peerConnection?: Pick<RTCPeerConnection, 'getReceivers'> };
}

/** The agent's track of a call over WebRTC; `undefined` for others. */
export const agentTrack = (transport: CallTransport | undefined): MediaStreamTrack | undefined =>
  (transport as PeerTransport | undefined)?.connectionState?.peerConnection?.getReceivers()[0]?.track;

/** One ear; follows the call from connection to connection. */
export class TrackTap {
  readonly #open: OpenPcmAudio;
  readonly #hear: (pcm: ArrayBuffer) => void;
  #ear: Promise<PcmAudio> | undefined;
  #track: MediaStreamTrack | undefined;

  constructor(open: OpenPcmAudio, hear: (pcm: ArrayBuffer) => void) {
    this.#open = open;
    this.#hear = hear;
  }

  /** Hears this track from now on. Never rejects: where the browser has no audio worklets, no pieces come. */
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
      console.warn('The agent’s voice cannot be had as pieces here.', reason);
    }
  }

  release(): void {
    const ear = this.#ear;
    this.#ear = this.#track = undefined;
    ear?.then((audio) => audio.release()).catch(() => undefined);
  }
}

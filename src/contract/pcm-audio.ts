/**
 * The interface between a WebSocket transport, which carries audio as samples, and `media/`, which owns microphones and
 * speakers. All chunks are PCM16, mono, 24 kHz, little endian.
 */

/** Settings and callbacks. No callback is called after `release()`. */
export interface PcmAudioSetup {
  /** URL of the audio worklet, if it is not next to the code that loads it. */
  readonly workletUrl?: string | undefined;
  /** A chunk of the visitor's voice, about every 80 ms while there is a microphone; silence while it is muted. */
  onCaptured(pcm: ArrayBuffer): void;
  /** The first sample of a response is played. */
  onStarted(responseId: string): void;
  /** The last sample of a response, marked complete by `finish()`, was played. */
  onStopped(responseId: string): void;
}

/** A chunk of a response, and the content part that it belongs to. */
export interface PcmPiece {
  readonly responseId: string;
  readonly itemId: string;
  readonly contentIndex: number;
  readonly pcm: ArrayBuffer;
}

/** How much of an item was actually heard. */
export interface Heard {
  readonly responseId: string;
  readonly itemId: string;
  readonly contentIndex: number;
  /** Milliseconds of the item's queued audio that were played. */
  readonly milliseconds: number;
}

/** The audio of one call over WebSocket. */
export interface PcmAudio {
  /** Track with the agent's voice. */
  readonly track: MediaStreamTrack;
  /** False while the browser suspends audio: nothing is captured, or nothing played. */
  readonly running: boolean;
  /** Captures this microphone from now on, or none with `null`. The caller keeps ownership of the track. */
  capture(track: MediaStreamTrack | null): Promise<void>;
  /** Queues a chunk. */
  play(piece: PcmPiece): void;
  /** Marks a response as complete: no more chunks will follow. */
  finish(responseId: string): void;
  /** Stops playback immediately and drops the queue. Returns how much was heard of the items that were not played to the end, in order. */
  cut(): readonly Heard[];
  /** Tries to resume audio that the browser blocks before a user gesture; call it inside one. */
  resume(): void;
  /** Frees the audio thread. */
  release(): Promise<void>;
}

/** Sets up the audio of a call and loads the worklet. Rejects if the browser does not support audio worklets. */
export type OpenPcmAudio = (setup: PcmAudioSetup) => Promise<PcmAudio>;

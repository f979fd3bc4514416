/**
 * The border between a WebSocket transport, which carries sound as numbers, and `media/`, which owns microphones and
 * loudspeakers. All pieces are PCM16, mono, 24 kHz, little endian.
 */

/** Whom the sound tells. Nothing is called after `release()`. */
export interface PcmAudioSetup {
  /** Address of the audio worklet, where it is not beside the code that loads it. */
  readonly workletUrl?: string | undefined;
  /** A piece of the visitor's voice, about every 80 ms while there is a microphone; silence while it is muted. */
  onCaptured(pcm: ArrayBuffer): void;
  /** The first sample of a response sounds. */
  onStarted(responseId: string): void;
  /** The last sample of a response, whose end was told by `finish()`, has sounded. */
  onStopped(responseId: string): void;
}

/** A piece of an answer, and which part of the conversation it is. */
export interface PcmPiece {
  readonly responseId: string;
  readonly itemId: string;
  readonly contentIndex: number;
  readonly pcm: ArrayBuffer;
}

/** How much of an item was really heard. */
export interface Heard {
  readonly responseId: string;
  readonly itemId: string;
  readonly contentIndex: number;
  /** Milliseconds of the item that sounded, of all that were queued. */
  readonly milliseconds: number;
}

/** The sound of one call over WebSocket. */
export interface PcmAudio {
  /** The agent's voice, for the speaker. */
  readonly track: MediaStreamTrack;
  /** False while the browser runs no sound: nothing is captured, or nothing played. */
  readonly running: boolean;
  /** Hands over this microphone from now on; `null` none. The track itself stays its owner's. */
  capture(track: MediaStreamTrack | null): Promise<void>;
  /** Queues a piece. */
  play(piece: PcmPiece): void;
  /** No more pieces of this response will come. */
  finish(responseId: string): void;
  /** Silence at once, the queue is dropped. Tells what was heard of the items that were not played to their end, in order. */
  cut(): readonly Heard[];
  /** Tries to run where the browser refused to before a gesture; call it inside one. */
  resume(): void;
  /** Frees the audio thread. */
  release(): Promise<void>;
}

/** Makes the sound of a call; loads its worklet. Rejects where the browser has none. */
export type OpenPcmAudio = (setup: PcmAudioSetup) => Promise<PcmAudio>;

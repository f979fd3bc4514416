/**
 * The audio of one call with the sandbox in a page: the visitor's track in, frames of PCM out, and the frames of the answer as a track.
 *
 * Owns: one audio context with its worklet, the answer's track, the pace of the frames. Does not own: the peer connection.
 */
import { FRAME_MS, FRAME_SAMPLES } from '../media/peer.js';

/** What a line calls back. */
export interface AudioLineEvents {
  /** Called every 20 ms with what the visitor said; returns the next frame of the answer, `undefined` for silence. */
  onFrame(heard: Int16Array): Int16Array | undefined;
}

/** The line of one call. */
export class AudioLine {
  readonly #context = new AudioContext({ latencyHint: 'interactive' });
  readonly #output = new MediaStreamAudioDestinationNode(this.#context, { channelCount: 1 });
  readonly #events: AudioLineEvents;
  /** Chromium decodes a received track only while an element plays it. Muted, because the visitor must not hear themselves. */
  readonly #puller = document.createElement('audio');
  #node: AudioWorkletNode | undefined;
  #track: MediaStreamTrack | undefined;
  #source: MediaStreamAudioSourceNode | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #answering = false;
  #closed: Promise<void> | undefined;
  readonly #wake = (): void => {
    if (this.#context.state !== 'suspended' || this.#closed !== undefined) return;
    this.#context.resume().catch(() => undefined);
  };

  constructor(events: AudioLineEvents) {
    this.#events = events;
    this.#puller.muted = true;
    this.#context.onstatechange = () => {
      this.#keepPace();
    };
    for (const type of ['click', 'keydown']) document.addEventListener(type, this.#wake, true);
  }

  /** The stream that carries the answer. */
  get stream(): MediaStream {
    return this.#output.stream;
  }

  /** Loads the worklet; frames flow from now on. @throws DOMException `AbortError` if its file does not load */
  async open(workletUrl: string): Promise<void> {
    await this.#context.audioWorklet.addModule(workletUrl);
    if (this.#closed !== undefined) return;
    const node = new AudioWorkletNode(this.#context, 'voice-agent-sandbox-line', {
      channelCount: 1,
      channelCountMode: 'explicit',
      outputChannelCount: [1],
    });
    this.#node = node;
    node.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      this.#advance(new Int16Array(data));
    };
    node.connect(this.#output);
    this.#listen();
    this.#wake();
    this.#keepPace();
  }

  /** Uses this track as the visitor's voice. */
  hear(track: MediaStreamTrack): void {
    this.#track = track;
    this.#listen();
  }

  /** Frees everything. Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  #listen(): void {
    if (this.#node === undefined || this.#track === undefined || this.#source !== undefined) return;
    const mediaStream = new MediaStream([this.#track]);
    this.#puller.srcObject = mediaStream;
    this.#source = new MediaStreamAudioSourceNode(this.#context, { mediaStream });
    this.#source.connect(this.#node);
  }

  #advance(heard: Int16Array): void {
    if (this.#closed !== undefined) return;
    const frame = this.#events.onFrame(heard);
    if (frame !== undefined) {
      const { buffer } = frame.slice();
      this.#node?.port.postMessage(buffer, [buffer]);
    } else if (this.#answering) this.#node?.port.postMessage('end');
    this.#answering = frame !== undefined;
  }

  /** Without a user gesture the context is suspended: a timer keeps the conversation going, without sound. */
  #keepPace(): void {
    const runs = this.#context.state === 'running';
    if ((runs || this.#closed !== undefined) && this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else if (!runs && this.#closed === undefined && this.#node !== undefined) {
      this.#timer ??= setInterval(() => {
        this.#advance(new Int16Array(FRAME_SAMPLES));
      }, FRAME_MS);
    }
  }

  async #release(): Promise<void> {
    for (const type of ['click', 'keydown']) document.removeEventListener(type, this.#wake, true);
    this.#context.onstatechange = null;
    clearInterval(this.#timer);
    this.#node?.port.postMessage('close');
    this.#source?.disconnect();
    this.#puller.srcObject = null;
    for (const track of this.stream.getTracks()) track.stop();
    await this.#context.close();
  }
}

/**
 * The audio of a call over WebSocket: captures the microphone as PCM, and plays PCM as the agent's voice.
 *
 * Owns: the audio contexts of one call and their nodes. Does not own: the microphone's track, the audio element (the output is a
 * track, which the call's `Speaker` plays like a WebRTC track, except where `playsContextTracks()` is false).
 */
import { VoiceAgentError } from '../contract/errors.js';
import type { PcmAudio, PcmAudioSetup, PcmPiece } from '../contract/pcm-audio.js';
import { PcmPlayer } from './pcm-player.js';
import { playsContextTracks } from './plays-context-tracks.js';
import workletAddress, { verify } from './pcm-worklet.js?worklet';

const RATE = 24_000;

/** Opens the audio of one call. @throws VoiceAgentError `unsupported` if the browser has no audio worklets, `load_failed` */
export async function openPcmAudio(setup: PcmAudioSetup): Promise<PcmAudio> {
  const context = newContext(RATE);
  const worklet = setup.workletUrl ?? workletAddress;
  try {
    // At the same time, so that the call does not wait for two requests: the worklet gets no sound before both are done.
    await Promise.all([context.audioWorklet.addModule(worklet), setup.workletUrl === undefined && verify().catch(refuse)]);
    return new CallAudio(context, setup);
  } catch (cause) {
    await context.close();
    // `AbortError`: the worklet file did not load.
    const lost = (cause as Error).name === 'AbortError';
    throw new VoiceAgentError(lost ? 'load_failed' : 'unsupported', {
      message: `The call's audio could not be opened${lost ? `: ${worklet} did not load` : ''}.`,
      cause,
    });
  }
}

/** A file with another hash is like a file that did not load. */
function refuse(cause: unknown): never {
  throw new DOMException(String(cause), 'AbortError');
}

/** A running context; at the device's own rate if the requested rate is not supported. */
function newContext(sampleRate?: number): AudioContext {
  let context: AudioContext;
  try {
    context = new AudioContext({ latencyHint: 'interactive', ...(sampleRate ? { sampleRate } : {}) });
  } catch {
    context = new AudioContext({ latencyHint: 'interactive' });
  }
  // Suspended before a user gesture, or by the system. While `interrupted` (iOS: a phone call) it must not be resumed; afterwards
  // it runs, or becomes `suspended`.
  context.onstatechange = () => wake(context);
  wake(context);
  return context;
}

function wake(context: AudioContext | undefined): void {
  if (context?.state === 'suspended') context.resume().catch(() => undefined);
}

class CallAudio implements PcmAudio {
  readonly track: MediaStreamTrack;
  readonly #context: AudioContext;
  readonly #setup: PcmAudioSetup;
  readonly #player: PcmPlayer;
  #ears: AudioContext | undefined;
  #earsReady: Promise<AudioContext> | undefined;
  #source: MediaStreamAudioSourceNode | undefined;
  readonly #captors = new Map<AudioContext, AudioWorkletNode>();
  #captures = 0;
  #released: Promise<void> | undefined;

  constructor(context: AudioContext, setup: PcmAudioSetup) {
    this.#context = context;
    this.#setup = setup;
    this.#player = new PcmPlayer(context, {
      onStarted: (id) => {
        if (!this.#released) setup.onStarted(id);
      },
      onStopped: (id) => {
        if (!this.#released) setup.onStopped(id);
      },
    });
    const output = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    this.#player.node.connect(output);
    // The speaker's element is muted then.
    if (!playsContextTracks(navigator)) this.#player.node.connect(context.destination);
    this.track = output.stream.getAudioTracks()[0] as MediaStreamTrack;
  }

  get running(): boolean {
    return [this.#context, this.#ears].every((context) => !context || context.state === 'running');
  }

  async capture(track: MediaStreamTrack | null): Promise<void> {
    const turn = ++this.#captures;
    this.#source?.disconnect();
    this.#source = undefined;
    if (!track || this.#released) return;
    const mediaStream = new MediaStream([track]);
    try {
      this.#source = new MediaStreamAudioSourceNode(this.#context, { mediaStream });
    } catch {
      // Firefox accepts microphones only in a context with their own sample rate; the worklet resamples.
      const ears = await (this.#earsReady ??= this.#openEars());
      if (turn !== this.#captures || this.#released) return;
      this.#source = new MediaStreamAudioSourceNode(ears, { mediaStream });
    }
    this.#source.connect(this.#captor(this.#source.context as AudioContext));
  }

  play(piece: PcmPiece): void {
    this.#player.play(piece);
  }

  finish(responseId: string): void {
    this.#player.finish(responseId);
  }

  cut() {
    return this.#player.cut();
  }

  resume(): void {
    wake(this.#context);
    wake(this.#ears);
  }

  release(): Promise<void> {
    this.#released ??= this.#close();
    return this.#released;
  }

  /** The capture node of this context: nodes of different contexts cannot be connected. */
  #captor(context: AudioContext): AudioWorkletNode {
    const captor = this.#captors.get(context) ?? this.#listen(context);
    this.#captors.set(context, captor);
    return captor;
  }

  #listen(context: AudioContext): AudioWorkletNode {
    const node = new AudioWorkletNode(context, 'voice-agent-capture', { channelCount: 1, channelCountMode: 'explicit' });
    node.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      if (!this.#released && this.#source) this.#setup.onCaptured(data);
    };
    // The node outputs silence; browsers do not run nodes without a destination.
    node.connect(context.destination);
    return node;
  }

  async #openEars(): Promise<AudioContext> {
    const ears = (this.#ears = newContext());
    await ears.audioWorklet.addModule(this.#setup.workletUrl ?? workletAddress);
    return ears;
  }

  async #close(): Promise<void> {
    this.#source?.disconnect();
    this.#player.cut();
    this.track.stop();
    await Promise.all([this.#context.close(), this.#ears?.close()]);
  }
}

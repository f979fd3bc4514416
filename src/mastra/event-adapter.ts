/**
 * Converts a call's events to Mastra's. Owns the streams of `speaker`, one per answer, and the assignment of audio chunks to
 * answers. Does not own listeners (`realtime-voice.ts`) or capturing the audio (`track-tap.ts`).
 *
 * Over a WebSocket, the server sends audio in events. Over WebRTC it is a track: its chunks are assigned to the answer that the
 * server reports as playing, and for a moment longer, because events overtake the audio in the browser's buffer.
 */
import type { RealtimeEvent } from '../contract/options.js';
import type { Environment } from '../session/index.js';

type Timers = Pick<Environment, 'setTimeout' | 'clearTimeout'>;

/** Milliseconds of audio that may still arrive after the server reported its end (WebRTC). */
const TAIL = 200;

/** The agent's voice in one answer: PCM16, mono, 24 kHz, little endian. */
export type SpeakerStream = ReadableStream<Uint8Array> & {
  /** The response's id. */
  readonly id: string;
};

/** A chunk of text; `'\n'` ends a turn. */
export interface Writing {
  readonly text: string;
  /** The id of the response, or of the visitor's item. */
  readonly response_id: string;
  readonly role: 'assistant' | 'user';
}

/** The events for listeners, besides `openAIRealtime:<type>` with each server event. */
export interface VoiceEvents {
  speaker: SpeakerStream;
  speaking: { readonly audio: Uint8Array; readonly response_id: string };
  'speaking.done': { readonly response_id: string };
  writing: Writing;
  'tool-call-start': { readonly toolCallId: string; readonly toolName: string; readonly toolDescription: string; readonly args: unknown };
  'tool-call-result': VoiceEvents['tool-call-start'] & { readonly result: unknown };
  /** A `VoiceAgentError`. */
  error: Error & { readonly code: string };
  open: undefined;
  close: undefined;
  'session.created': RealtimeEvent;
  'session.updated': RealtimeEvent;
  'response.created': RealtimeEvent;
  'response.done': RealtimeEvent;
  'input_audio_buffer.speech_started': RealtimeEvent;
  'input_audio_buffer.speech_stopped': RealtimeEvent;
  'conversation.item.input_audio_transcription.completed': RealtimeEvent;
}

const PASSED_ON: ReadonlySet<string> = new Set([
  'session.created',
  'session.updated',
  'response.created',
  'response.done',
  'input_audio_buffer.speech_started',
  'input_audio_buffer.speech_stopped',
  'conversation.item.input_audio_transcription.completed',
]);

/** The listeners of a voice. */
export interface Audience {
  emit(event: string, detail: unknown): void;
  /** Whether an event has listeners. */
  listens(event: string): boolean;
}

/** The events of one voice, across calls. */
export class EventAdapter {
  /** True if the agent's voice is a track, whose chunks are passed to `hear()`. */
  tapped = false;
  readonly #audience: Audience;
  readonly #timers: Timers;
  readonly #speakers = new Map<string, ReadableStreamDefaultController<Uint8Array>>();
  readonly #streamed = new Set<string>();
  /** The answer that is playing on the track. */
  #sounding: string | undefined;
  #tail: unknown;

  constructor(audience: Audience, timers: Timers) {
    this.#audience = audience;
    this.#timers = timers;
  }

  /** Processes one server event. */
  apply(event: RealtimeEvent): void {
    const { type } = event;
    this.#emit(`openAIRealtime:${type}`, event);
    if (PASSED_ON.has(type)) this.#emit(type, event);
    const {
      response_id: response,
      item_id: item,
      delta,
      transcript,
    } = event as RealtimeEvent & Readonly<Record<string, string | undefined>>;
    switch (type) {
      case 'response.created':
        return this.#open(idOf(event));
      case 'response.output_audio.delta':
        return this.#piece(response ?? '', bytesOf(delta ?? ''));
      case 'response.output_audio.done':
        // For a track, this marks the end of generation, not of playback.
        if (!this.tapped) this.#finish(response ?? '');
        return;
      case 'response.output_text.delta':
      case 'response.output_audio_transcript.delta':
        return this.#write(delta, response, 'assistant');
      case 'response.output_text.done':
      case 'response.output_audio_transcript.done':
        return this.#write('\n', response, 'assistant');
      case 'conversation.item.input_audio_transcription.delta':
        this.#streamed.add(item ?? '');
        return this.#write(delta, item, 'user');
      case 'conversation.item.input_audio_transcription.completed':
        if (!this.#streamed.delete(item ?? '')) this.#write(transcript, item, 'user');
        return this.#write('\n', item, 'user');
      case 'response.done':
        // Audio on a track ends with its playback.
        if (!this.tapped || (!willSound(event) && idOf(event) !== this.#sounding)) this.#close(idOf(event));
        return;
      case 'output_audio_buffer.started':
        this.#hush();
        if (this.tapped) this.#sounding = response;
        return;
      case 'output_audio_buffer.stopped':
      case 'output_audio_buffer.cleared':
        if (this.#sounding !== undefined) this.#tail ??= this.#timers.setTimeout(() => this.#hush(), TAIL);
    }
  }

  /** Handles an audio chunk of the agent's track. */
  hear(pcm: ArrayBuffer): void {
    if (this.#sounding !== undefined) this.#piece(this.#sounding, new Uint8Array(pcm));
  }

  /** Closes all streams at the end of the call. */
  end(): void {
    this.#hush();
    for (const id of [...this.#speakers.keys()]) this.#close(id);
    this.#streamed.clear();
  }

  #write(text: string | undefined, id: string | undefined, role: Writing['role']): void {
    if (text) this.#emit('writing', { text, response_id: id ?? '', role });
  }

  #emit(event: string, detail: unknown): void {
    this.#audience.emit(event, detail);
  }

  #open(id: string): void {
    // A stream without a reader would only fill up.
    if (!this.#audience.listens('speaker')) return;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => void this.#speakers.set(id, controller),
      cancel: () => void this.#speakers.delete(id),
    });
    this.#emit('speaker', Object.assign(stream, { id }));
  }

  #piece(id: string, audio: Uint8Array): void {
    this.#emit('speaking', { audio, response_id: id });
    this.#speakers.get(id)?.enqueue(audio);
  }

  #finish(id: string): void {
    this.#emit('speaking.done', { response_id: id });
    this.#close(id);
  }

  #close(id: string): void {
    this.#speakers.get(id)?.close();
    this.#speakers.delete(id);
  }

  #hush(): void {
    this.#timers.clearTimeout(this.#tail);
    this.#tail = undefined;
    const id = this.#sounding;
    this.#sounding = undefined;
    if (id !== undefined) this.#finish(id);
  }
}

const idOf = (event: RealtimeEvent): string => {
  const { id } = (event['response'] ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id : '';
};

/** Whether a finished response has audio that was not played yet. */
function willSound(event: RealtimeEvent): boolean {
  const { output = [], status } = (event['response'] ?? {}) as {
    output?: readonly { content?: readonly { type?: unknown }[] }[];
    status?: unknown;
  };
  return status === 'completed' && output.some(({ content = [] }) => content.some(({ type }) => type === 'output_audio'));
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/**
 * `RealtimeVoice`: a call of this package with the interface of Mastra's voices, to be passed to `CompositeVoice` as `realtime`, or
 * used on its own. `@mastra/core` does not check the class of a voice, so only types are imported from it.
 *
 * Owns: Mastra's methods and listeners, the options of the next call (tools, instructions, settings).
 * Does not own: the call (`call-source.ts`), the meaning of its events (`event-adapter.ts`).
 *
 * If Mastra's own provider (0.14) and its documentation differ, this follows the documentation: `connect({timeout, reconnect})`
 * works, `answer()` needs no argument, `realtimeConfig` is read. As there, a call that is not possible yet only logs a warning.
 */
import type { MastraVoice } from '@mastra/core/voice';
import type { AudioInput, Call } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { ConnectOptions } from '../contract/options.js';
import type { CallState } from '../contract/states.js';
import { browserEnvironment, VoiceSession, type Environment } from '../session/index.js';
import { mergeSettings } from '../session/session-settings.js';
import { clientTools, type MastraTools } from './mastra-tools.js';
import { agentTrack, TrackTap } from './track-tap.js';
import { base64Of, collectBytes, toAudioInput, type Pieces } from './audio-input.js';
import { elementSource, sessionSource, type CallSource } from './call-source.js';
import { EventAdapter, type VoiceEvents } from './event-adapter.js';
import { callSettings, gaSession, type RealtimeVoiceOptions } from './call-settings.js';

type Json = Readonly<Record<string, unknown>>;
type Listener = (detail: never) => void;

/** Voices of the Realtime API. */
const SPEAKERS = ['alloy', 'ash', 'ballad', 'cedar', 'coral', 'echo', 'marin', 'sage', 'shimmer', 'verse'];

/** See the head of the file. */
class Voice {
  readonly name = 'voice-agent-element';
  readonly #options: RealtimeVoiceOptions;
  readonly #environment: Environment;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #adapter: EventAdapter;
  readonly #tap: TrackTap;
  readonly #source: CallSource;
  readonly #warned = new Set<string>();
  #state: CallState = 'idle';
  #tools: MastraTools = {};
  #instructions: string | undefined;
  #config: Json = {};
  #raw: Json | undefined;

  /** @throws VoiceAgentError `token_malformed` for a standard API key */
  constructor(options: RealtimeVoiceOptions = {}, environment: Environment = browserEnvironment()) {
    this.#options = options;
    this.#environment = environment;
    // Throws for a standard API key before anything is created.
    const settings = this.#settings();
    const audience = {
      emit: (event: string, detail: unknown) => this.#emit(event, detail),
      listens: (event: string) => !!this.#listeners.get(event)?.size,
    };
    this.#adapter = new EventAdapter(audience, environment);
    this.#tap = new TrackTap(
      (setup) => environment.openAudio(setup),
      (pcm) => this.#adapter.hear(pcm),
    );
    const events = {
      event: (event: Parameters<EventAdapter['apply']>[0]) => this.#adapter.apply(event),
      state: (state: CallState) => this.#enter(state),
      error: (error: VoiceAgentError) => this.#emit('error', error),
    };
    this.#state = options.element?.session?.status.state ?? 'idle';
    this.#source = options.element
      ? elementSource(options.element, events)
      : sessionSource(new VoiceSession(settings, environment), events);
  }

  /** The call: transcript, mute, interrupt and everything else that Mastra's interface lacks. */
  get call(): Call | undefined {
    return this.#source.call;
  }

  /**
   * Starts the call. Resolves when the session is configured and the microphone is live, or at once if connected. `timeout` defaults
   * to 30000 ms and `reconnect` to false. If the browser does not support such a call, logs a warning and resolves.
   * @throws VoiceAgentError if the call could not be connected
   */
  async connect(options: ConnectOptions & { readonly requestContext?: unknown } = {}): Promise<void> {
    const { requestContext, ...asked } = options;
    const { transport = 'webrtc', microphone } = this.#options;
    const kind = typeof transport === 'object' ? 'custom' : transport;
    if (!this.#environment.supports(kind))
      return this.#warn('connect', 'speech-to-speech needs a browser with WebRTC, or with WebSocket and audio worklets');
    const tools = clientTools(this.#tools, (event, detail) => this.#emit(event, detail), requestContext);
    // If omitted, the call's own defaults apply: 30 s and no reconnecting, or the element's attributes.
    await this.#source.connect(
      { ...this.#settings(), ...(tools.length > 0 && { tools }) },
      { ...(microphone !== undefined && { microphone }), ...asked },
    );
  }

  /**
   * Sends audio: PCM16, mono, 24 kHz, at once or as a stream of chunks (a web or Node stream). Resolves when the last chunk is
   * sent. A string is sent as a typed turn. If not connected, logs a warning and resolves.
   */
  async send(input: string | AudioInput | Pieces): Promise<void> {
    const call = this.#live('send');
    if (!call) return;
    if (typeof input === 'string') return call.sendText(input);
    const audio = toAudioInput(input);
    if (!audio) return this.#emit('error', new VoiceAgentError('invalid_request', { message: 'Unsupported audio data format' }));
    await call.sendAudio(audio);
  }

  /** Requests an answer. `options` is the protocol's `response` object. If not connected, or in transcription mode: logs a warning. */
  async answer({ options }: { readonly options?: Json } = {}): Promise<void> {
    this.#talking('answer')?.answer(options && responseOf(options));
  }

  /** Makes the agent say a text. If not connected, or in transcription mode: logs a warning. @throws Error for an empty text */
  async speak(input: string | Pieces, { speaker }: { readonly speaker?: string } = {}): Promise<void> {
    const text = typeof input === 'string' ? input : new TextDecoder().decode(await collectBytes(toAudioInput(input) ?? new ArrayBuffer()));
    if (text.trim() === '') throw new Error('Input text is empty');
    const voice = speaker ? { audio: { output: { voice: speaker } } } : {};
    this.#talking('speak')?.answer({ instructions: `Repeat the following text: ${text}`, ...voice });
  }

  /**
   * Transcribes a recording: the text is emitted as `writing` with the role `assistant`, as by Mastra's own provider.
   * @throws VoiceAgentError `invalid_request` if the recording exceeds the connection's message size: some seconds over WebRTC,
   * minutes over WebSocket
   */
  async listen(audio: AudioInput | Pieces): Promise<void> {
    const call = this.#talking('listen');
    if (!call) return;
    const pieces = toAudioInput(audio);
    if (!pieces) return this.#emit('error', new VoiceAgentError('invalid_request', { message: 'Unsupported audio data format' }));
    const bytes = await collectBytes(pieces);
    const content = [{ type: 'input_audio', audio: base64Of(bytes) }];
    call.sendEvent({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    call.answer({ output_modalities: ['text'], instructions: 'ONLY repeat the input and DO NOT say anything else' });
  }

  /** Ends the call. Resolves when everything is released. */
  close(): Promise<void> {
    return this.#source.close();
  }

  /** Same as `close()`. */
  disconnect(): Promise<void> {
    return this.close();
  }

  /** Changes session settings, in flat or GA form, for the current call and later ones. */
  updateConfig(config: Json): void {
    const session = gaSession(config);
    this.#config = mergeSettings(this.#config, session);
    if (this.#state === 'connected') this.call?.updateSessionConfig(session);
  }

  /** Sets the instructions of the next call. */
  addInstructions(instructions?: string): void {
    this.#instructions = instructions;
  }

  /** Sets the tools of the next call, by name; replaces earlier ones. */
  addTools(tools: MastraTools = {}): void {
    this.#tools = tools;
  }

  getSpeakers(): Promise<{ voiceId: string }[]> {
    return Promise.resolve(SPEAKERS.map((voiceId) => ({ voiceId })));
  }

  getListener(): Promise<{ enabled: boolean }> {
    return Promise.resolve({ enabled: true });
  }

  on<E extends keyof VoiceEvents>(event: E, callback: (detail: VoiceEvents[E]) => void): void;
  on(event: string, callback: (detail: never) => void): void;
  on(event: string, callback: Listener): void {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(callback));
    this.#listen();
  }

  off<E extends keyof VoiceEvents>(event: E, callback: (detail: VoiceEvents[E]) => void): void;
  off(event: string, callback: (detail: never) => void): void;
  off(event: string, callback: Listener): void {
    this.#listeners.get(event)?.delete(callback);
  }

  /** For Mastra's traces; contains no key. */
  serializeForSpan(): { component: 'VOICE'; name: string; speaker?: string; realtimeModel?: string } {
    const { voice, model } = this.#settings();
    return { component: 'VOICE', name: this.name, ...(voice && { speaker: voice }), ...(model && { realtimeModel: model }) };
  }

  /** Called by Mastra; ignored, because this package only logs warnings to the console. */
  __setLogger(_logger: unknown): void {
    // No effect.
  }

  toRawConfig(): Json | undefined {
    return this.#raw;
  }

  __setRawConfig(config: Json): void {
    this.#raw = config;
  }

  #settings() {
    return callSettings(this.#options, { instructions: this.#instructions, config: this.#config });
  }

  #emit(event: string, detail: unknown): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        listener(detail as never);
      } catch (reason) {
        reportError(reason);
      }
    }
  }

  #enter(state: CallState): void {
    const before = this.#state;
    this.#state = state;
    if (state === 'connected' && before !== 'reconnecting') this.#emit('open', undefined);
    if (state === 'reconnecting' || state === 'disconnected' || state === 'failed') this.#adapter.end();
    if (state === 'connected') this.#listen();
    else if (state !== 'reconnecting') this.#tap.release();
    if ((state === 'disconnected' || state === 'failed') && before !== 'idle') this.#emit('close', undefined);
  }

  /** Taps the agent's track once there is a listener for its audio chunks. */
  #listen(): void {
    const track = this.#state === 'connected' ? agentTrack(this.call?.transport) : undefined;
    this.#adapter.tapped = track !== undefined || (this.#state !== 'connected' && this.#adapter.tapped);
    if (track && (this.#listeners.get('speaker')?.size || this.#listeners.get('speaking')?.size)) void this.#tap.follow(track);
  }

  #live(verb: string): Call | undefined {
    if (this.#state === 'connected') return this.call;
    this.#warn(verb, 'the voice is not connected: await connect() first');
    return undefined;
  }

  #talking(verb: string): Call | undefined {
    if (this.#options.mode !== 'transcription') return this.#live(verb);
    this.#warn(verb, 'transcription mode gives no answers');
    return undefined;
  }

  #warn(verb: string, why: string): void {
    if (this.#warned.has(verb)) return;
    this.#warned.add(verb);
    console.warn(`voice.${verb}() has no effect: ${why}.`);
  }
}

/** The protocol's `response` in GA form; older forms have `voice` and `modalities`. */
function responseOf({ voice, modalities, ...rest }: Json): Json {
  const names = Array.isArray(modalities) ? (modalities as unknown[]) : undefined;
  return {
    ...rest,
    ...(voice !== undefined && { audio: { output: { voice } } }),
    ...(names && { output_modalities: names.includes('audio') ? ['audio'] : names }),
  };
}

/** A call as a Mastra voice. */
export type RealtimeVoice = Voice & MastraVoice;
/** Typed as a `MastraVoice`, with all of its members, so that `CompositeVoice` accepts it. */
export const RealtimeVoice = Voice as unknown as new (options?: RealtimeVoiceOptions, environment?: Environment) => RealtimeVoice;

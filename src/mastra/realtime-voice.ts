/**
 * `RealtimeVoice`: a call of this package with the members of Mastra's voices, to be given to `CompositeVoice` as
 * `realtime`, or used by itself. `@mastra/core` never looks at the class of what it is given, so nothing of it is imported
 * here but types.
 *
 * Owns: Mastra's verbs and listeners, what waits for the next call (tools, instructions, settings).
 * Does not own: the call (`voice-line.ts`), what its events mean (`voice-news.ts`).
 *
 * Where Mastra's own provider (0.14) and its documentation differ, the documentation counts: `connect({timeout, reconnect})`
 * works, `answer()` needs no argument, `realtimeConfig` is read. As there, what cannot be done yet is a warning, no error.
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
import { base64Of, collectBytes, toAudio, type Pieces } from './voice-input.js';
import { elementLine, ownLine, type VoiceLine } from './voice-line.js';
import { VoiceNews, type VoiceEvents } from './voice-news.js';
import { callSettings, gaSession, type RealtimeVoiceOptions } from './voice-settings.js';

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
  readonly #news: VoiceNews;
  readonly #tap: TrackTap;
  readonly #line: VoiceLine;
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
    // Refuses what must not be here, before anything is made of it.
    const settings = this.#settings();
    const audience = { emit: (event: string, detail: unknown) => this.#emit(event, detail), listens: (event: string) => !!this.#listeners.get(event)?.size };
    this.#news = new VoiceNews(audience, environment);
    this.#tap = new TrackTap((setup) => environment.openAudio(setup), (pcm) => this.#news.hear(pcm));
    const news = {
      event: (event: Parameters<VoiceNews['apply']>[0]) => this.#news.apply(event),
      state: (state: CallState) => this.#enter(state),
      error: (error: VoiceAgentError) => this.#emit('error', error),
    };
    this.#state = options.element?.session?.status.state ?? 'idle';
    this.#line = options.element ? elementLine(options.element, news) : ownLine(new VoiceSession(settings, environment), news);
  }

  /** The call: transcript, mute, interrupt and everything else that Mastra has no word for. */
  get call(): Call | undefined {
    return this.#line.call;
  }

  /**
   * Starts the call. Resolves when the session is configured and the microphone live; while connected at once. `timeout` is
   * 30000 ms and `reconnect` false unless said otherwise. Where the browser has no way to make such a call: warns, resolves.
   * @throws VoiceAgentError why it failed
   */
  async connect(options: ConnectOptions & { readonly requestContext?: unknown } = {}): Promise<void> {
    const { requestContext, ...asked } = options;
    const { transport = 'webrtc', microphone } = this.#options;
    const kind = typeof transport === 'object' ? 'foreign' : transport;
    if (!this.#environment.supports(kind)) return this.#warn('connect', 'there is no speech to speech here: it needs a browser with WebRTC, or with WebSocket and audio worklets');
    const tools = clientTools(this.#tools, (event, detail) => this.#emit(event, detail), requestContext);
    // What nobody names is the call's own: 30 s and no redialling, or what the element's attributes say.
    await this.#line.connect({ ...this.#settings(), ...(tools.length > 0 && { tools }) }, { ...(microphone !== undefined && { microphone }), ...asked });
  }

  /**
   * Sends sound: PCM16, mono, 24 kHz, at once or as a stream of pieces (of the web's kind or Node's). Resolves when the last
   * piece is sent. A string is said as a typed turn. Not connected: warns, resolves.
   */
  async send(input: string | AudioInput | Pieces): Promise<void> {
    const call = this.#live('send');
    if (!call) return;
    if (typeof input === 'string') return call.sendText(input);
    const audio = toAudio(input);
    if (!audio) return this.#emit('error', new VoiceAgentError('invalid_request', { message: 'Unsupported audio data format' }));
    await call.sendAudio(audio);
  }

  /** Asks for an answer now. `options` is the protocol's `response` object. Not connected, or a transcription: warns, resolves. */
  async answer({ options }: { readonly options?: Json } = {}): Promise<void> {
    this.#talking('answer')?.answer(options && responseOf(options));
  }

  /** Makes the agent say a text. Not connected, or a transcription: warns, resolves. @throws Error for a text without words */
  async speak(input: string | Pieces, { speaker }: { readonly speaker?: string } = {}): Promise<void> {
    const text = typeof input === 'string' ? input : new TextDecoder().decode(await collectBytes(toAudio(input) ?? new ArrayBuffer()));
    if (text.trim() === '') throw new Error('Input text is empty');
    const voice = speaker ? { audio: { output: { voice: speaker } } } : {};
    this.#talking('speak')?.answer({ instructions: `Repeat the following text: ${text}`, ...voice });
  }

  /**
   * Has a recording written down: the text comes as `writing` with the role `assistant`, as with Mastra's own provider.
   * @throws VoiceAgentError `invalid_request` for a recording that the connection does not take at once: over WebRTC some
   * seconds, over WebSocket minutes
   */
  async listen(audio: AudioInput | Pieces): Promise<void> {
    const call = this.#talking('listen');
    if (!call) return;
    const pieces = toAudio(audio);
    if (!pieces) return this.#emit('error', new VoiceAgentError('invalid_request', { message: 'Unsupported audio data format' }));
    const bytes = await collectBytes(pieces);
    const content = [{ type: 'input_audio', audio: base64Of(bytes) }];
    call.sendEvent({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    call.answer({ output_modalities: ['text'], instructions: 'ONLY repeat the input and DO NOT say anything else' });
  }

  /** Ends the call. Resolves when everything is let go of. */
  close(): Promise<void> {
    return this.#line.close();
  }

  /** As `close()`. */
  disconnect(): Promise<void> {
    return this.close();
  }

  /** Changes settings of the session, flat or in today's form: of the running call, and of those to come. */
  updateConfig(config: Json): void {
    const session = gaSession(config);
    this.#config = mergeSettings(this.#config, session);
    if (this.#state === 'connected') this.call?.updateSessionConfig(session);
  }

  /** Instructions of the next call. */
  addInstructions(instructions?: string): void {
    this.#instructions = instructions;
  }

  /** Tools of the next call, by name; those given before are gone. */
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

  /** For Mastra's traces; holds no key. */
  serializeForSpan(): { component: 'VOICE'; name: string; speaker?: string; realtimeModel?: string } {
    const { voice, model } = this.#settings();
    return { component: 'VOICE', name: this.name, ...(voice && { speaker: voice }), ...(model && { realtimeModel: model }) };
  }

  /** Called by Mastra on what it is given; this package logs nothing but warnings to the console. */
  __setLogger(_logger: unknown): void {
    // Nothing to be told.
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
    if (state === 'reconnecting' || state === 'disconnected' || state === 'failed') this.#news.end();
    if (state === 'connected') this.#listen();
    else if (state !== 'reconnecting') this.#tap.release();
    if ((state === 'disconnected' || state === 'failed') && before !== 'idle') this.#emit('close', undefined);
  }

  /** Taps the agent's track once somebody wants it in pieces. */
  #listen(): void {
    const track = this.#state === 'connected' ? agentTrack(this.call?.transport) : undefined;
    this.#news.tapped = track !== undefined || (this.#state !== 'connected' && this.#news.tapped);
    if (track && (this.#listeners.get('speaker')?.size || this.#listeners.get('speaking')?.size)) void this.#tap.follow(track);
  }

  #live(verb: string): Call | undefined {
    if (this.#state === 'connected') return this.call;
    this.#warn(verb, 'the voice is not connected: await connect() first');
    return undefined;
  }

  #talking(verb: string): Call | undefined {
    if (this.#options.mode !== 'transcription') return this.#live(verb);
    this.#warn(verb, 'a transcription has no speech to speech');
    return undefined;
  }

  #warn(verb: string, why: string): void {
    if (this.#warned.has(verb)) return;
    this.#warned.add(verb);
    console.warn(`voice.${verb}() does nothing: ${why}.`);
  }
}

/** The protocol's `response` in today's form: older ones have `voice` and `modalities`. */
function responseOf({ voice, modalities, ...rest }: Json): Json {
  const names = Array.isArray(modalities) ? (modalities as unknown[]) : undefined;
  return {
    ...rest,
    ...(voice !== undefined && { audio: { output: { voice } } }),
    ...(names && { output_modalities: names.includes('audio') ? ['audio'] : names }),
  };
}

/** A call as a voice of Mastra; see the head of the file. */
export type RealtimeVoice = Voice & MastraVoice;
/** For TypeScript it is a `MastraVoice`, so that `CompositeVoice` takes it; it has all members of one. */
export const RealtimeVoice = Voice as unknown as new (options?: RealtimeVoiceOptions, environment?: Environment) => RealtimeVoice;

/**
 * The Agents SDK's WebSocket transport, extended for calls in a browser: microphone, playback, mute, and interruptions that
 * account for what was heard.
 *
 * The SDK tracks responses. The socket is opened here, in its `createWebSocket` hook, and the SDK gets a facade
 * (`sdk-socket-adapter.ts`): frames are parsed, translated and passed to the call before it sees them. No key enters the SDK.
 * Audio is played here, so the playback events of a WebRTC server (`output_audio_buffer.*`) are generated here, too.
 *
 * Owns: the socket, the deadlines of a connection attempt, which answers were cut. Does not own: the microphone track, the
 * audio thread (`media/pcm-audio.ts`), the meaning of events.
 *
 * While muted, silence is sent, as with WebRTC: without it, a server would wait for the end of a turn indefinitely.
 */
import { OpenAIRealtimeWebSocket as SdkWebSocket } from '@openai/agents/realtime';
import type { CallEnd } from '../../contract/call-bus.js';
import { VoiceAgentError } from '../../contract/errors.js';
import type { RealtimeEvent } from '../../contract/options.js';
import { toJson } from '../../contract/to-json.js';
import { AnswerSound } from './answer-sound.js';
import { audioChunks } from '../shared/audio-chunks.js';
import { toBase64 } from './base64.js';
import { FOR_SDK, toSdkEvent, nonPcmFormat, interruptsOnSpeech } from '../shared/inbound-frame.js';
import { Interpreter } from '../shared/interpreter.js';
import { SendBuffer } from './send-buffer.js';
import { callOverError, notConnectedError } from '../shared/call-errors.js';
import { ResponseRequests } from '../shared/response-requests.js';
import { sdkMixin } from '../shared/sdk-mixin.js';
import { SdkSocketAdapter } from './sdk-socket-adapter.js';
import { socketEnd } from './socket-end.js';
import { StepLimit } from '../shared/step-limit.js';
import type { Transport, TransportOptions } from '../transport.js';

/** Milliseconds for the socket to open. */
const OPEN_LIMIT = 15_000;
/** Milliseconds for `session.updated`, counted from the open socket. */
const SESSION_LIMIT = 4_900;
/** The `event_id` of the first `session.update`, to distinguish its rejection from other errors. */
const CONFIGURE_ID = 'voice_agent_configure';
/** Maximum length of a parsed message in UTF-16 units: messages contain audio, also of retrieved items. */
const MAX_FRAME = 24 * 1024 * 1024;
/** Buffered bytes above which no more of the page's audio is read. */
const QUEUE = 65_536;

type Stage = 'new' | 'opening' | 'configuring' | 'live' | 'ended';

/** See the head of the file. */
export class WebsocketTransport extends sdkMixin(SdkWebSocket) implements Transport {
  reached = false;
  readonly #setup: TransportOptions;
  readonly #interpreter: Interpreter;
  readonly #limit: StepLimit;
  readonly #requests: ResponseRequests;
  #stage: Stage = 'new';
  #connecting: Promise<void> | undefined;
  #confirmed: () => void = () => undefined;
  #refuse: (error: VoiceAgentError) => void = () => undefined;
  #socket: WebSocket | undefined;
  #adapter: SdkSocketAdapter | undefined;
  readonly #sound: AnswerSound;
  readonly #sendBuffer: SendBuffer;
  #interruptsOnSpeech = true;
  #refusal: RealtimeEvent | undefined;
  #greeted = false;
  #delivering = false;
  #madeIds = 0;
  #configured = false;

  constructor(setup: TransportOptions) {
    super({
      createWebSocket: () =>
        this.#openSocket() as unknown as ReturnType<NonNullable<ConstructorParameters<typeof SdkWebSocket>[0]>['createWebSocket'] & object>,
      useInsecureApiKey: true,
      url: 'wss://call.invalid',
      ...(setup.call.model ? { model: setup.call.model } : {}),
    });
    this.#setup = setup;
    this.#limit = new StepLimit(setup.timers, (error) => this.#end(error, true));
    this.#interpreter = new Interpreter(setup.dialect, 'websocket', MAX_FRAME);
    const { timers, bus, openAudio } = setup;
    this.#requests = new ResponseRequests({ timers, bus, send: (event) => this.#write(event), newId: () => `answer_${++this.#madeIds}` });
    this.#sound = new AnswerSound({
      openAudio,
      bus,
      isLive: () => this.live,
      onCaptured: (pcm) => this.#sendVoice(pcm),
      send: (event) => {
        // A closing socket accepts nothing: its end is reported shortly.
        if (this.#socket?.readyState === WebSocket.OPEN) this.sendEvent(event);
      },
      onDropped: () => void this.dropped++,
    });
    this.#sendBuffer = new SendBuffer({
      timers,
      waiting: () => this.#socket?.bufferedAmount ?? 0,
      bus,
      onLost: () => this.#end(new VoiceAgentError('connection_lost'), true),
    });
  }

  readonly callId = undefined;

  override get live(): boolean {
    return this.#stage === 'live';
  }

  // The SDK's own returns `null`, because it does not handle muting; this transport does.
  override get muted(): never {
    return this.#setup.isMuted() as never;
  }

  override connect(): Promise<void> {
    if (this.#stage === 'ended' && this.#connecting) return Promise.reject(callOverError());
    this.#connecting ??= this.#open();
    return this.#connecting;
  }

  async useMicrophone(track: MediaStreamTrack | null): Promise<void> {
    const audio = await this.#sound.open();
    if (this.#stage !== 'ended') await audio.capture(track);
  }

  /** @throws VoiceAgentError `invalid_request`: not connected, or not serializable. */
  override sendEvent(event: Parameters<SdkWebSocket['sendEvent']>[0] | RealtimeEvent): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) throw notConnectedError();
    // Servers do not support this event over WebSocket: the audio buffer is in this page.
    if (event.type === 'output_audio_buffer.clear') return this.#cutAnswer();
    if (event.type === 'response.create') this.#requests.add(event);
    else this.#write(event);
  }

  /** Bypasses the SDK, whose queue drops a refused response request. */
  #write(event: RealtimeEvent): void {
    try {
      this.#send(toJson(event));
      this.#setup.bus.emit('sent', event);
    } catch (reason) {
      throw VoiceAgentError.from(reason, 'invalid_request');
    }
  }

  override updateSessionConfig(config: Parameters<SdkWebSocket['updateSessionConfig']>[0]): void {
    // The first call comes from the SDK, with its defaults; `#opened` has already sent the settings.
    if (this.#configured || !this.reached) super.updateSessionConfig(config);
    else this.#configured = true;
  }

  release(): void {
    this.#end(new VoiceAgentError('aborted'), false);
  }

  /** @throws VoiceAgentError `invalid_request`: not connected (the SDK would ignore the audio silently) */
  override sendAudio(audio: ArrayBuffer, { commit = false }: { commit?: boolean } = {}): void {
    if (this.#stage !== 'live') throw notConnectedError();
    for (const piece of audioChunks(audio)) super.sendAudio(piece);
    if (commit) this.sendEvent({ type: 'input_audio_buffer.commit' });
  }

  /** Mutes through the call, so that microphone, element and transport stay in sync. */
  override mute(muted: boolean): never {
    if (this.#stage !== 'ended') this.#setup.bus.emit('mute', muted);
    // The SDK's own method throws, hence the type.
    return undefined as never;
  }

  /** Interrupts through the call, so that local playback is cut, too. @throws VoiceAgentError `invalid_request`: not connected */
  override interrupt(): void {
    // The SDK calls this on each start of speech and would cut by the clock; `#follow` has already cut by what was heard.
    if (this.#delivering) return;
    if (this.#stage !== 'live') throw notConnectedError();
    this.#setup.bus.emit('interrupt', undefined);
  }

  async drained(): Promise<void> {
    const { timers } = this.#setup;
    // A WebSocket has no event for a drained buffer.
    while (this.#socket?.readyState === WebSocket.OPEN && this.#socket.bufferedAmount > QUEUE) {
      await new Promise<void>((resolve) => timers.setTimeout(resolve, 20));
    }
  }

  get soundRuns(): boolean {
    return this.#sound.running;
  }

  resumeSound(): void {
    this.#sound.resume();
  }

  /** For pages that hold the live transport; notifies the call. */
  override close(): void {
    this.#end('page', true);
  }

  /** The SDK would enable tracing on its own. */
  protected override _updateTracingConfig(config: Parameters<SdkWebSocket['_updateTracingConfig']>[0]): void {
    if (this.#stage === 'live' && !this.#delivering) super._updateTracingConfig(config);
  }

  async #open(): Promise<void> {
    if (this.#stage === 'ended') throw new VoiceAgentError('aborted');
    const refused = new Promise<never>((_, refuse) => {
      this.#refuse = refuse;
    });
    const confirmed = new Promise<void>((confirm) => {
      this.#confirmed = confirm;
    });
    try {
      const sound = this.#sound.open();
      sound.catch(() => undefined);
      await Promise.race([Promise.all([super.connect({ apiKey: 'none' }), confirmed, sound]), refused]);
    } catch (reason) {
      const error = VoiceAgentError.from(reason, 'connection_lost');
      this.#end(error, false);
      throw error;
    }
  }

  async #openSocket(): Promise<SdkSocketAdapter> {
    const { url, protocols } = await this.#setup.socketAddress();
    if (this.#stage === 'ended') throw new VoiceAgentError('aborted');
    this.#advance('opening', OPEN_LIMIT, 'network');
    const socket = this.#connectSocket(url, protocols);
    this.#socket = socket;
    const face = new SdkSocketAdapter(socket, (text) => this.#send(text));
    this.#adapter = face;
    socket.addEventListener('open', () => this.#opened(face));
    socket.addEventListener('message', ({ data }) => this.#receive(data));
    socket.addEventListener('close', ({ code, reason }) => {
      if (this.#stage !== 'ended') this.#end(socketEnd(this.#stage, code, reason, this.#refusal), true);
    });
    return face;
  }

  #connectSocket(url: URL, protocols: readonly string[]): WebSocket {
    try {
      return new WebSocket(url, [...protocols]);
    } catch (reason) {
      // Such as an insecure URL on a secure page.
      if ((reason as { name?: unknown }).name !== 'SyntaxError') throw new VoiceAgentError('network', { cause: reason });
      // The browser's own message would contain the key.
      throw new VoiceAgentError('token_malformed', { message: 'The key is not valid in a subprotocol: set key-carrier="query".' });
    }
  }

  #opened(face: SdkSocketAdapter): void {
    if (this.#stage === 'ended') return;
    this.reached = true;
    this.#advance('configuring', SESSION_LIMIT, 'channel_timeout');
    face.dispatchEvent(new Event('open'));
    this.#setup.bus.emit('phase', 'configuring');
    this.#send(toJson({ type: 'session.update', event_id: CONFIGURE_ID, session: this.#setup.session }));
    if (!this.#interpreter.confirms) this.#settle();
  }

  #settle(): void {
    if (this.#stage !== 'configuring') return;
    this.#limit.clear();
    this.#stage = 'live';
    this.#confirmed();
  }

  /** Sends a text; everything sent goes through here. */
  #send(text: string): void {
    if (!this.#setup.dialect) this.#socket?.send(text);
    else for (const said of this.#interpreter.write(JSON.parse(text) as RealtimeEvent)) this.#socket?.send(toJson(said));
    this.#sendBuffer.sent();
  }

  #receive(data: unknown): void {
    if (this.#stage === 'ended') return;
    const events = this.#interpreter.read(data);
    if (!events) {
      this.dropped++;
      return;
    }
    for (const one of events) {
      if (this.#isEnded) return;
      this.#process(one);
    }
  }

  get #isEnded(): boolean {
    return this.#stage === 'ended';
  }

  #process(received: RealtimeEvent): void {
    const event = this.#requests.read(received);
    if (event.type === 'error' && this.#stage === 'configuring') this.#refusal = event;
    const format = nonPcmFormat(event);
    // Played as PCM, it would be loud noise.
    if (format)
      return this.#end(
        new VoiceAgentError('session_rejected', { message: `The session's audio format is ${format}; WebSocket calls need audio/pcm.` }),
        true,
      );
    if (this.#stage === 'configuring') this.#confirm(event);
    this.#follow(event);
    if (this.#isEnded) return;
    this.#setup.bus.emit('server-event', event);
    if (this.#isEnded) return;
    this.#requests.apply(event);
    if (!this.observed && !FOR_SDK.has(event.type)) return;
    this.#delivering = true;
    try {
      // Before the SDK processes it: the server reports the model in the session's settings.
      this.noteModel(event);
      this.#adapter?.deliver(toJson(toSdkEvent(event, () => `local_${++this.#madeIds}`)));
    } finally {
      this.#delivering = false;
    }
  }

  #confirm(event: RealtimeEvent): void {
    if (event.type === 'session.updated') this.#settle();
    else if (event.type === 'session.created') this.#greeted = true;
    else if (event.type === 'error') {
      const { event_id, message } = (event['error'] ?? {}) as { event_id?: unknown; message?: unknown };
      // Some servers do not send the id of the rejected event; before `session.created`, the error is about the key.
      if (event_id ? event_id !== CONFIGURE_ID : !this.#greeted) return;
      const details = typeof message === 'string' ? { message } : {};
      this.#end(new VoiceAgentError('session_rejected', { ...details, cause: event['error'] }), true);
    }
  }

  /** Applies an event to the audio. */
  #follow(event: RealtimeEvent): void {
    const { type } = event;
    if (type === 'session.created' || type === 'session.updated') this.#interruptsOnSpeech = interruptsOnSpeech(event);
    else if (type === 'input_audio_buffer.speech_started' && this.#interruptsOnSpeech) this.#cutAnswer();
    else this.#sound.apply(event);
  }

  #cutAnswer(): void {
    // For pages that play `audio` events themselves.
    if (this.#sound.cut() && this.observed) this.emit('audio_interrupted');
  }

  /** Sends a chunk of the visitor's voice. */
  #sendVoice(pcm: ArrayBuffer): void {
    if (this.#stage !== 'live' || !this.#socket) return;
    if (this.#sendBuffer.check()) return void this.dropped++;
    // Bypasses the SDK and emits no `sent`, because this is most of a page's work during a call.
    const audio = toBase64(this.#setup.isMuted() ? new Uint8Array(pcm.byteLength) : new Uint8Array(pcm));
    this.#send(`{"type":"input_audio_buffer.append","audio":"${audio}"}`);
  }

  #advance(stage: Stage, limit: number, code: 'network' | 'channel_timeout'): void {
    this.#stage = stage;
    this.#limit.set(limit, code);
  }

  /** Ends the connection; all ends go through here. `notify`: emit `disconnected` if the call was live. */
  #end(end: CallEnd, notify: boolean): void {
    if (this.#stage === 'ended') return;
    const live = this.#stage === 'live';
    this.#stage = 'ended';
    this.#limit.clear();
    this.#sendBuffer.stop();
    this.#requests.release();
    this.#refuse(typeof end === 'string' ? new VoiceAgentError('aborted') : end);
    this.#sound.release();
    try {
      super.close();
    } catch {
      // A page's listener threw while the SDK announced the end; the socket is closed anyway.
    }
    // Before it is open, the SDK has no socket to close.
    this.#socket?.close();
    if (live && notify) this.#setup.bus.emit('disconnected', end);
  }
}

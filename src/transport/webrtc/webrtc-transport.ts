/**
 * The Agents SDK's WebRTC transport, adapted for production use.
 *
 * The SDK creates the peer connection and the data channel, and tracks responses. Everything between is done here, inside its
 * `changePeerConnection` hook: offer, exchange, answer, deadlines. The hook never returns, so that the SDK's
 * own offer and POST never run: no key enters the SDK, the offer needs no key, and an attempt can be abandoned at any
 * point. The SDK's channel handlers stay in place; `#receive` handles frames before them.
 *
 * Owns: the peer connection, its data channel, the deadlines of a connection attempt.
 * Does not own: the microphone track, the audio element, the HTTP requests, the meaning of events.
 */
import { OpenAIRealtimeWebRTC as SdkWebRtc } from '@openai/agents/realtime';
import type { CallEnd } from '../../contract/call-bus.js';
import { VoiceAgentError, type ErrorCode } from '../../contract/errors.js';
import type { RealtimeEvent } from '../../contract/options.js';
import { toJson } from '../../contract/to-json.js';
import { audioChunks } from '../shared/audio-chunks.js';
import { FOR_SDK, toSdkEvent } from '../shared/inbound-frame.js';
import { HeardSound } from './heard-sound.js';
import { Interpreter } from '../shared/interpreter.js';
import { callOverError, notConnectedError } from '../shared/call-errors.js';
import { ResponseRequests } from '../shared/response-requests.js';
import { sdkMixin } from '../shared/sdk-mixin.js';
import { StepLimit } from '../shared/step-limit.js';
import type { Transport, TransportOptions } from '../transport.js';

/** Milliseconds for ICE, counted from the answer. */
const ICE_LIMIT = 15_000;
/** Milliseconds for DTLS and the data channel, counted from the network path. */
const CHANNEL_LIMIT = 10_000;
/** Milliseconds for `session.updated`, counted from the open channel; just before the SDK stops waiting and continues. */
const SESSION_LIMIT = 4_900;
/** The `event_id` of the first `session.update`, to distinguish its rejection from other errors. */
const CONFIGURE_ID = 'voice_agent_configure';
/** Maximum message size if the peer's answer states no limit (RFC 8841 §6). */
const DEFAULT_MESSAGE_SIZE = 65_536;

/** Buffered bytes above which a sender of bulk data should wait. */
const QUEUE = 131_072;

/** SCTP's cause code for a peer that closes the connection normally (RFC 9260 §3.3.10.12). */
const USER_ABORT = 12;

/** Error codes for a connection that fails before the call is live; afterwards it is `connection_lost`. */
const FAILED_IN: Partial<Record<Stage, ErrorCode>> = { answering: 'ice_failed', ice: 'ice_failed', channel: 'channel_timeout' };

type Stage = 'new' | 'answering' | 'ice' | 'channel' | 'configuring' | 'live' | 'ended';

/** See the head of the file. */
export class WebrtcTransport extends sdkMixin(SdkWebRtc) implements Transport {
  reached = false;
  readonly #setup: TransportOptions;
  readonly #interpreter: Interpreter;
  readonly #limit: StepLimit;
  readonly #requests: ResponseRequests;
  readonly #sound: HeardSound;
  #stage: Stage = 'new';
  #connecting: Promise<void> | undefined;
  #refuse: (error: VoiceAgentError) => void = () => undefined;
  #callId: string | undefined;
  #microphone: MediaStreamTrack | null = null;
  #sender: RTCRtpSender | undefined;
  #replayed: MessageEvent | undefined;
  #madeIds = 0;

  constructor(setup: TransportOptions) {
    const hooks = {
      // The SDK requires a track to send; the transceiver's own silent one costs nothing and is replaced at once.
      mediaStream: { getAudioTracks: () => [this.#placeholder()] } as unknown as MediaStream,
      // A dummy: the SDK only sets `autoplay` and a stream on it, and playback is handled by `Speaker`.
      audioElement: {} as HTMLAudioElement,
      changePeerConnection: (connection: RTCPeerConnection) => this.#negotiate(connection),
      useInsecureApiKey: true,
    };
    super({ ...hooks, ...(setup.call.model ? { model: setup.call.model } : {}) });
    this.#setup = setup;
    this.#limit = new StepLimit(setup.timers, (error) => this.#end(error, true));
    this.#interpreter = new Interpreter(setup.dialect, 'webrtc');
    const { timers, bus } = setup;
    this.#requests = new ResponseRequests({ timers, bus, send: (event) => this.#send(event), newId: () => `answer_${++this.#madeIds}` });
    this.#sound = new HeardSound({
      timers,
      reports: setup.dialect?.reportsPlayback,
      stats: async () => this.connectionState.peerConnection?.getReceivers()[0]?.getStats(),
      onEvent: (event) => this.#deliver(event),
    });
  }

  override get live(): boolean {
    return this.#stage === 'live';
  }

  override get muted(): boolean {
    return this.#setup.isMuted();
  }

  override get callId(): string | undefined {
    return this.#callId;
  }

  override connect(): Promise<void> {
    if (this.#stage === 'ended' && this.#connecting) return Promise.reject(callOverError());
    this.#connecting ??= this.#open();
    return this.#connecting;
  }

  async useMicrophone(track: MediaStreamTrack | null): Promise<void> {
    this.#microphone = track;
    // Not before the settings are confirmed: `#open` does it then.
    if (this.#stage === 'live') await this.#sender?.replaceTrack(track);
  }

  /** @throws VoiceAgentError `invalid_request`: not connected, too large for the server, or not serializable. */
  override sendEvent(event: Parameters<SdkWebRtc['sendEvent']>[0] | RealtimeEvent): void {
    if (event.type === 'response.create' && this.connectionState.dataChannel?.readyState === 'open') this.#requests.add(event);
    else this.#send(event);
    if (event.type === 'output_audio_buffer.clear') this.#sound.cut();
  }

  #send(event: RealtimeEvent): void {
    const { dataChannel, peerConnection } = this.connectionState;
    if (dataChannel?.readyState !== 'open') throw notConnectedError();
    const limit = peerConnection?.sctp?.maxMessageSize ?? DEFAULT_MESSAGE_SIZE;
    try {
      for (const said of this.#interpreter.write(event)) {
        const text = toJson(said);
        // A UTF-16 unit takes at most three bytes: count them only when it matters.
        const size = text.length * 3 > limit ? new TextEncoder().encode(text).length : 0;
        if (size > limit) {
          throw new VoiceAgentError('invalid_request', { message: `The event has ${size} bytes; the server accepts ${limit}.` });
        }
        // Bypasses the SDK, whose queue drops a refused response request.
        dataChannel.send(text);
      }
      this.#setup.bus.emit('sent', event);
    } catch (reason) {
      throw VoiceAgentError.from(reason, 'invalid_request');
    }
  }

  override updateSessionConfig(config: Parameters<SdkWebRtc['updateSessionConfig']>[0]): void {
    // The first call comes from the SDK's listener for the open channel.
    if (this.reached || this.connectionState.dataChannel?.readyState !== 'open') return super.updateSessionConfig(config);
    this.#opened();
    const { session } = this.#setup;
    this.sendEvent({ type: 'session.update', event_id: CONFIGURE_ID, session });
    if (!this.#interpreter.confirms) this.#deliver({ type: 'session.updated', session });
  }

  release(): void {
    this.#end(new VoiceAgentError('aborted'), false);
  }

  /** Sends the audio in chunks that every channel accepts. */
  override sendAudio(audio: ArrayBuffer, { commit = false }: { commit?: boolean } = {}): void {
    for (const piece of audioChunks(audio)) super.sendAudio(piece);
    if (commit) this.sendEvent({ type: 'input_audio_buffer.commit' });
  }

  /** Mutes through the call, so that microphone, element and transport stay in sync. */
  override mute(muted: boolean): void {
    if (this.#stage !== 'ended') this.#setup.bus.emit('mute', muted);
  }

  /** Interrupts through the call, so that local playback is cut, too. @throws VoiceAgentError `invalid_request`: not connected */
  override interrupt(): void {
    if (this.#stage !== 'live') throw notConnectedError();
    this.#setup.bus.emit('interrupt', undefined);
  }

  async drained(): Promise<void> {
    const { dataChannel } = this.connectionState;
    if (dataChannel?.readyState !== 'open' || dataChannel.bufferedAmount <= QUEUE) return;
    dataChannel.bufferedAmountLowThreshold = QUEUE / 2;
    await new Promise((resolve) => {
      for (const type of ['bufferedamountlow', 'close']) dataChannel.addEventListener(type, resolve, { once: true });
    });
  }

  /** For pages that hold the live transport; notifies the call. */
  override close(): void {
    // The SDK also calls this when the channel broke: `#watch` knows the cause and ends the call itself.
    if (this.#stage === 'live' && this.connectionState.dataChannel?.readyState !== 'open') return;
    this.#end('page', true);
  }

  /** The SDK would enable tracing on its own, and mistake that confirmation for the one of our settings. */
  protected override _updateTracingConfig(config: Parameters<SdkWebRtc['_updateTracingConfig']>[0]): void {
    // On a live call, the page called it.
    if (this.#stage === 'live') super._updateTracingConfig(config);
  }

  async #open(): Promise<void> {
    if (this.#stage === 'ended') throw new VoiceAgentError('aborted');
    const refused = new Promise<never>((_, refuse) => {
      this.#refuse = refuse;
    });
    try {
      await Promise.race([super.connect({ apiKey: 'none' }), refused]);
      if (this.#stage !== 'live') throw new VoiceAgentError('channel_timeout');
      // Earlier speech would be processed with the server's default settings, such as turn detection and language.
      await this.#sender?.replaceTrack(this.#microphone);
    } catch (reason) {
      const error = VoiceAgentError.from(reason, 'connection_lost');
      this.#end(error, false);
      throw error;
    }
  }

  #placeholder(): MediaStreamTrack {
    const { peerConnection } = this.connectionState;
    if (!peerConnection) throw new VoiceAgentError('aborted');
    return peerConnection.addTransceiver('audio').receiver.track;
  }

  async #negotiate(connection: RTCPeerConnection): Promise<never> {
    try {
      this.#stage = 'answering';
      this.#watch(connection);
      const [transceiver] = connection.getTransceivers();
      if (!transceiver) throw new VoiceAgentError('unsupported');
      if (this.#setup.receiveOnly) transceiver.direction = 'recvonly';
      this.#sender = transceiver.sender;
      // These steps run in parallel where possible, because each wait lasts until the page has rendered the panel that the same
      // click opened. The track is not part of the offer, and the offer is sent while it is applied locally.
      const [offer] = await Promise.all([connection.createOffer(), this.#sender.replaceTrack(null)]);
      const applied = connection.setLocalDescription(offer);
      const [answer] = await Promise.all([this.#setup.exchange(offer.sdp ?? ''), applied]);
      this.#callId = answer.callId;
      await connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp }).catch((cause: unknown) => {
        throw new VoiceAgentError('sdp_invalid', { cause });
      });
      if (this.#stage === 'answering') this.#advance('ice', ICE_LIMIT, 'ice_failed');
      this.#follow(connection);
    } catch (reason) {
      this.#end(VoiceAgentError.from(reason, 'connection_lost'), true);
    }
    return new Promise<never>(() => undefined);
  }

  #watch(connection: RTCPeerConnection): void {
    const { dataChannel } = this.connectionState;
    // The SDK closes a call after 5 s of `disconnected`, which may recover: only the final states count here.
    connection.onconnectionstatechange = () => this.#follow(connection);
    connection.oniceconnectionstatechange = () => this.#follow(connection);
    connection.ontrack = ({ track }) => {
      if (this.#stage !== 'ended') this.#setup.bus.emit('track', track);
    };
    // Added before the SDK's message listeners (which it adds when the channel opens), so that it is called first.
    dataChannel?.addEventListener('message', (message) => this.#receive(message));
    dataChannel?.addEventListener('error', (event) => {
      // Not every browser provides details.
      const { error } = event as { error?: RTCError };
      this.#broken(error?.sctpCauseCode === USER_ABORT);
    });
    dataChannel?.addEventListener('close', () => this.#broken(connection.sctp?.transport.state === 'closed'));
  }

  #broken(onPurpose: boolean): void {
    this.#end(onPurpose && this.#stage === 'live' ? 'server' : new VoiceAgentError('connection_lost'), true);
  }

  #follow({ connectionState: state, iceConnectionState: ice }: RTCPeerConnection): void {
    if (this.#stage === 'ended') return;
    if (state === 'failed' || state === 'closed') {
      this.#end(new VoiceAgentError(FAILED_IN[this.#stage] ?? 'connection_lost'), true);
    } else if (this.#stage === 'ice' && (ice === 'connected' || ice === 'completed')) {
      // The network path is established; the remaining steps (encryption, channel) depend on the server.
      this.#advance('channel', CHANNEL_LIMIT, 'channel_timeout');
    } else if (this.#stage === 'live' && (state === 'disconnected' || state === 'connected')) {
      this.#setup.bus.emit('stalled', state === 'disconnected');
    }
  }

  #opened(): void {
    if (this.#stage === 'ended') return;
    this.reached = true;
    this.#advance('configuring', SESSION_LIMIT, 'channel_timeout');
    this.#setup.bus.emit('phase', 'configuring');
  }

  #receive(message: MessageEvent<unknown>): void {
    if (message === this.#replayed || this.#stage === 'ended') return;
    const events = this.#interpreter.read(message.data);
    if (!events) {
      message.stopImmediatePropagation();
      this.dropped++;
      return;
    }
    // The SDK receives the original frame if it needs no translation.
    const [only] = events;
    if (this.#interpreter.literal && only && this.#toSdkEvent(only) === only) this.#process(only);
    else {
      message.stopImmediatePropagation();
      for (const event of events) this.#deliver(event);
    }
  }

  /** The event in the SDK's form; `undefined` if neither the SDK nor the page needs it. */
  #toSdkEvent(event: RealtimeEvent): RealtimeEvent | undefined {
    if (!this.observed && !FOR_SDK.has(event.type)) return undefined;
    return toSdkEvent(event, () => `local_${++this.#madeIds}`);
  }

  /** Processes a translated or generated event, and passes it to the SDK. */
  #deliver(event: RealtimeEvent): void {
    const { dataChannel } = this.connectionState;
    const fitted = this.#toSdkEvent(event);
    this.#process(event);
    if (!fitted || !dataChannel) return;
    this.#replayed = new MessageEvent('message', { data: toJson(fitted) });
    dataChannel.dispatchEvent(this.#replayed);
  }

  #process(event: RealtimeEvent): void {
    if (this.#stage === 'ended') return;
    if (this.#stage === 'configuring') this.#confirm(event);
    this.noteModel(event);
    const read = this.#requests.read(event);
    this.#setup.bus.emit('server-event', read);
    if (this.#isEnded) return;
    this.#requests.apply(read);
    this.#sound.apply(read);
  }

  get #isEnded(): boolean {
    return this.#stage === 'ended';
  }

  #confirm(event: RealtimeEvent): void {
    if (event.type === 'session.updated') {
      this.#limit.clear();
      this.#stage = 'live';
    } else if (event.type === 'error') {
      const { event_id, message } = (event['error'] ?? {}) as { event_id?: unknown; message?: unknown };
      if (event_id && event_id !== CONFIGURE_ID) return;
      const details = typeof message === 'string' ? { message } : {};
      this.#end(new VoiceAgentError('session_rejected', { ...details, cause: event['error'] }), true);
    }
  }

  #advance(stage: Stage, limit: number, code: 'ice_failed' | 'channel_timeout'): void {
    this.#stage = stage;
    this.#limit.set(limit, code);
  }

  /** Ends the connection; all ends go through here. `notify`: emit `disconnected` if the call was live. */
  #end(end: CallEnd, notify: boolean): void {
    if (this.#stage === 'ended') return;
    const live = this.#stage === 'live';
    this.#stage = 'ended';
    this.#limit.clear();
    this.#requests.release();
    this.#sound.release();
    this.#refuse(typeof end === 'string' ? new VoiceAgentError('aborted') : end);
    const { peerConnection } = this.connectionState;
    if (peerConnection) peerConnection.ontrack = peerConnection.oniceconnectionstatechange = null;
    try {
      super.close();
    } catch {
      // A page's listener threw while the SDK announced the end; the connection is closed anyway.
    }
    this.#microphone = null;
    this.#sender = undefined;
    if (live && notify) this.#setup.bus.emit('disconnected', end);
  }
}

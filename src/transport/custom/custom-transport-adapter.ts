/**
 * Adapts a page's own transport to a call: any object with the Agents SDK's `RealtimeTransportLayer` interface.
 *
 * Owns: its lifecycle during one call (connected once, closed once, all listeners removed), and what it lacks: playback of its
 * audio, the microphone if it has none, one answer at a time if it has no `requestResponse()`.
 * Does not own: the layer itself, which the page may reuse for the next call, the deadline (the attempt has one).
 */
import type { CallEnd } from '../../contract/call-bus.js';
import { VoiceAgentError } from '../../contract/errors.js';
import type { FunctionCall, HistoryItem, McpApprovalRequest, UserInput } from '../../contract/call.js';
import type { RealtimeEvent } from '../../contract/options.js';
import { audioChunks } from '../shared/audio-chunks.js';
import { listenToCustomEvents } from './custom-events.js';
import { checkLayer, sdkConfig, type CustomLayer } from './custom-layer.js';
import { CustomSound } from './custom-sound.js';
import { callOverError, notConnectedError } from '../shared/call-errors.js';
import { ResponseRequests } from '../shared/response-requests.js';
import type { Transport, TransportOptions } from '../transport.js';

type Response = Readonly<Record<string, unknown>>;

/** A plain response request. */
const ASK: RealtimeEvent = { type: 'response.create' };

/** See the head of the file. */
export class CustomTransportAdapter implements Transport {
  dropped = 0;
  /** Always true: there is no server call of ours to hang up. */
  readonly reached = true;
  readonly #setup: TransportOptions;
  readonly #layer: CustomLayer;
  readonly #sound: CustomSound;
  readonly #requests: ResponseRequests;
  /** True: the layer has a microphone of its own. */
  readonly #hasMicrophone: boolean;
  #stage: 'new' | 'connecting' | 'live' | 'ended' = 'new';
  #connecting: Promise<void> | undefined;
  #refuse: (error: VoiceAgentError) => void = () => undefined;
  #unlisten: (() => void) | undefined;
  #layerError: unknown;
  #sendFailed = false;
  #item = { itemId: '', contentIndex: 0 };

  constructor(setup: TransportOptions) {
    this.#setup = setup;
    this.#layer = checkLayer(setup.call.transport);
    this.#hasMicrophone = this.#layer.muted !== null;
    const { timers, bus, openAudio } = setup;
    this.#requests = new ResponseRequests({ timers, bus, send: (event) => this.#requestNow(event) });
    this.#sound = new CustomSound({
      openAudio,
      bus,
      onCaptured: (pcm) => this.#sendVoice(pcm),
      onError: (reason) => this.#report(reason),
    });
  }

  get status(): Transport['status'] {
    return this.#stage === 'ended' ? 'disconnected' : this.#layer.status;
  }

  get muted(): boolean | null {
    return this.#hasMicrophone ? this.#layer.muted : this.#setup.isMuted();
  }

  get callId(): string | undefined {
    const { callId } = this.#layer;
    return typeof callId === 'string' ? callId : undefined;
  }

  get currentModel(): string {
    const { currentModel } = this.#layer;
    return typeof currentModel === 'string' ? currentModel : (this.#setup.call.model ?? '');
  }

  set currentModel(model: string) {
    if ('currentModel' in this.#layer) this.#layer.currentModel = model;
  }

  set _tracingConfig(config: unknown) {
    if ('_tracingConfig' in this.#layer) this.#layer._tracingConfig = config;
  }

  connect(): Promise<void> {
    if (this.#stage === 'ended' && this.#connecting) return Promise.reject(callOverError());
    this.#connecting ??= this.#open();
    return this.#connecting;
  }

  close(): void {
    this.#end('page', true);
  }

  release(): void {
    this.#end('page', false);
  }

  async useMicrophone(track: MediaStreamTrack | null): Promise<void> {
    if (!this.#hasMicrophone && this.#stage !== 'ended') await this.#sound.capture(track);
  }

  mute(muted: boolean): void {
    if (this.#stage !== 'ended') this.#setup.bus.emit('mute', muted);
  }

  muteInput(muted: boolean): void {
    if (!this.#hasMicrophone || this.#stage === 'ended') return;
    try {
      this.#layer.mute(muted);
    } catch (reason) {
      this.#report(reason);
    }
  }

  interrupt(): void {
    this.#live();
    this.#setup.bus.emit('interrupt', undefined);
  }

  stopAnswer(): void {
    this.#sound.cut();
    this.#try((layer) => layer.interrupt());
  }

  get soundRuns(): boolean {
    return this.#sound.running;
  }

  resumeSound(): void {
    this.#sound.resume();
  }

  requestResponse(response?: Response): void {
    const event = { type: 'response.create', ...(response ? { response } : {}) };
    const beside = response?.['conversation'] === 'none';
    this.#try((layer) => {
      // A layer with `requestResponse()` schedules requests itself.
      if (!layer.requestResponse || beside) return this.#requests.add(event);
      layer.requestResponse(response);
      this.#requests.applySent(event);
    });
  }

  sendEvent(event: RealtimeEvent): void {
    this.#try((layer) => layer.sendEvent(event));
    if (event.type === 'response.create') this.#requests.applySent(event);
    this.#setup.bus.emit('sent', event);
  }

  sendMessage(message: UserInput, otherEventData: Record<string, unknown> = {}, options?: { triggerResponse?: boolean }): void {
    this.#try((layer) => layer.sendMessage(message, otherEventData, options));
    if (options?.triggerResponse !== false) this.#requests.applySent(ASK);
  }

  addImage(image: string, options?: { triggerResponse?: boolean }): void {
    this.#try((layer) => layer.addImage(image, options));
    if (options?.triggerResponse !== false) this.#requests.applySent(ASK);
  }

  sendAudio(audio: ArrayBuffer, options: { commit?: boolean } = {}): void {
    this.#try((layer) => layer.sendAudio(audio, options));
  }

  updateSessionConfig(config: Readonly<Record<string, unknown>>): void {
    this.#try((layer) => layer.updateSessionConfig(config));
  }

  sendFunctionCallOutput(toolCall: FunctionCall, output: string, startResponse = true): void {
    this.#try((layer) => layer.sendFunctionCallOutput(toolCall, output, startResponse));
    if (startResponse) this.#requests.applySent(ASK);
  }

  resetHistory(oldHistory: readonly HistoryItem[], newHistory: readonly HistoryItem[]): void {
    this.#try((layer) => layer.resetHistory(oldHistory, newHistory));
  }

  sendMcpResponse(approvalRequest: McpApprovalRequest, approved: boolean, reason?: string): void {
    this.#try((layer) => layer.sendMcpResponse(approvalRequest, approved, reason));
  }

  on(type: string, listener: (...args: never[]) => void): unknown {
    return this.#layer.on(type, listener);
  }

  once(type: string, listener: (...args: never[]) => void): unknown {
    return this.#layer.once(type, listener);
  }

  off(type: string, listener: (...args: never[]) => void): unknown {
    return this.#layer.off(type, listener);
  }

  emit(type: string, ...args: never[]): boolean {
    return this.#layer.emit(type, ...args) === true;
  }

  async #open(): Promise<void> {
    if (this.#stage === 'ended') throw new VoiceAgentError('aborted');
    this.#stage = 'connecting';
    const refused = new Promise<never>((_, refuse) => {
      this.#refuse = refuse;
    });
    try {
      await Promise.race([this.#connectLayer(), refused]);
    } catch (reason) {
      const error =
        reason instanceof VoiceAgentError ? reason : new VoiceAgentError('network', { message: wordsOf(reason), cause: reason });
      this.#end(error, false);
      throw error;
    }
    this.#stage = 'live';
  }

  async #connectLayer(): Promise<void> {
    const { call, session, url, key, isMuted, receiveOnly, bus } = this.#setup;
    const apiKey = await key();
    if (this.#over) throw new VoiceAgentError('aborted');
    this.#listen();
    // Set before and after: not every layer keeps it while connecting.
    this.muteInput(isMuted() || receiveOnly);
    await this.#layer.connect({
      apiKey,
      ...(call.model ? { model: call.model } : {}),
      ...(url ? { url } : {}),
      initialSessionConfig: sdkConfig(session),
    });
    // The attempt was aborted in the meantime, but the layer connected anyway.
    if (this.#over) return this.#shut();
    this.muteInput(isMuted() || receiveOnly);
    bus.emit('phase', 'configuring');
  }

  get #over(): boolean {
    return this.#stage === 'ended';
  }

  #listen(): void {
    const listeners: Record<string, (...args: never[]) => void> = {
      audio: ({ data, responseId = 'answer' }: { data: ArrayBuffer | ArrayBufferView; responseId?: string }) => {
        const { itemId, contentIndex } = this.#item;
        for (const pcm of audioChunks(data)) this.#sound.play({ responseId, itemId: itemId || responseId, contentIndex, pcm });
      },
      audio_interrupted: () => this.#sound.cut(),
      audio_done: () => this.#requests.busy || this.#sound.finish(),
      error: ({ error }: { error?: unknown } = {}) => this.#applyLayerError(error),
      disconnected: () => this.#applyDisconnect(),
      connection_change: (status: string) => void (status === 'disconnected' && this.#applyDisconnect()),
    };
    const unlisten = listenToCustomEvents(
      this.#layer,
      (event) => this.#receive(event),
      () => this.dropped++,
    );
    for (const [type, listener] of Object.entries(listeners)) this.#layer.on(type, listener);
    this.#unlisten = () => {
      unlisten();
      for (const [type, listener] of Object.entries(listeners)) this.#layer.off(type, listener);
    };
  }

  #receive(event: RealtimeEvent): void {
    this.#layerError = undefined;
    const { type, item_id: itemId, content_index: contentIndex } = event;
    if (type === 'response.output_audio.delta' && typeof itemId === 'string') {
      this.#item = { itemId, contentIndex: Number(contentIndex) || 0 };
    }
    const read = this.#requests.read(event);
    this.#setup.bus.emit('server-event', read);
    if (this.#over) return;
    if (type === 'response.done') {
      const { id } = (event['response'] ?? {}) as { id?: unknown };
      this.#sound.finish(typeof id === 'string' ? id : undefined);
    }
    this.#requests.apply(read);
  }

  #requestNow(event: RealtimeEvent): void {
    if (this.#layer.requestResponse) this.#layer.requestResponse(event['response'] as Response | undefined);
    else this.#layer.sendEvent(event);
  }

  /** Passes the microphone's audio to the layer; a failure is reported once, until it works again. */
  #sendVoice(pcm: ArrayBuffer): void {
    if (this.#stage !== 'live') return;
    try {
      this.#layer.sendAudio(pcm, {});
      this.#sendFailed = false;
    } catch (reason) {
      if (!this.#sendFailed) this.#report(reason);
      this.#sendFailed = true;
    }
  }

  /** Handles the layer's own errors; server errors were already received as raw events. */
  #applyLayerError(error: unknown): void {
    if ((error as { type?: unknown } | null | undefined)?.type === 'error') return;
    this.#layerError = error ?? true;
    this.#report(error);
  }

  #report(reason: unknown): void {
    if (this.#stage === 'live') this.#setup.bus.emit('local-event', { type: 'error', error: { message: wordsOf(reason) } });
  }

  /** Handles a lost connection. While connecting, the layer's `connect()` reports the reason. */
  #applyDisconnect(): void {
    if (this.#stage !== 'live') return;
    this.#end(this.#layerError === undefined ? 'server' : new VoiceAgentError('connection_lost', { cause: this.#layerError }), true);
  }

  #live(): CustomLayer {
    if (this.#stage !== 'live') throw notConnectedError();
    return this.#layer;
  }

  /** @throws VoiceAgentError `invalid_request`: not connected, or the layer threw an error */
  #try(work: (layer: CustomLayer) => void): void {
    const layer = this.#live();
    try {
      work(layer);
    } catch (reason) {
      throw reason instanceof VoiceAgentError
        ? reason
        : new VoiceAgentError('invalid_request', { message: wordsOf(reason), cause: reason });
    }
  }

  #end(end: CallEnd, notify: boolean): void {
    if (this.#stage === 'ended') return;
    const live = this.#stage === 'live';
    this.#stage = 'ended';
    this.#refuse(typeof end === 'string' ? new VoiceAgentError('aborted') : end);
    this.#sound.release();
    this.#requests.release();
    this.#shut();
    if (live && notify) this.#setup.bus.emit('disconnected', end);
  }

  #shut(): void {
    try {
      this.#unlisten?.();
      this.#unlisten = undefined;
      Promise.resolve(this.#layer.close()).catch(() => undefined);
    } catch {
      // It is the page's object: a failing `close()` does not matter, because the call has ended.
    }
  }
}

/** The layer's error message, without anything that looks like a key. */
function wordsOf(reason: unknown): string {
  const { message } = (reason ?? {}) as { message?: unknown };
  const said = typeof message === 'string' && message ? message : 'The transport failed.';
  return said.replace(/\b(ek|sk)[-_][\w*.-]+/g, '…').slice(0, 300);
}

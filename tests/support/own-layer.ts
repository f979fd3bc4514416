/**
 * A transport written from scratch: the `RealtimeTransportLayer` interface over a plain WebSocket, without the Agents
 * SDK. It has no microphone and no speaker (`muted` is `null`); the element provides them.
 */
type Listener = (...args: unknown[]) => void;
interface Json {
  readonly type: string;
  readonly [field: string]: unknown;
}

export class OwnLayer {
  readonly muted = null;
  /** Observed by the page. */
  interruptions = 0;
  readonly #listeners = new Map<string, Set<Listener>>();
  #socket: WebSocket | undefined;

  get status(): 'connecting' | 'connected' | 'disconnecting' | 'disconnected' {
    const states = ['connecting', 'connected', 'disconnecting', 'disconnected'] as const;
    return states[this.#socket?.readyState ?? 3] ?? 'disconnected';
  }

  connect({ apiKey, url = '', initialSessionConfig = {} }: { apiKey: string; url?: string; initialSessionConfig?: object }): Promise<void> {
    const socket = new WebSocket(url, ['realtime', `openai-insecure-api-key.${apiKey}`]);
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data)) as Json));
    socket.addEventListener('close', () => {
      this.emit('connection_change', 'disconnected');
      this.emit('disconnected');
    });
    return new Promise((resolve, reject) => {
      socket.addEventListener('error', () => reject(new Error('The socket could not be opened.')));
      socket.addEventListener('open', () => {
        const { instructions } = initialSessionConfig as { instructions?: string };
        if (instructions) this.updateSessionConfig({ instructions });
        resolve();
      });
    });
  }

  close(): void {
    this.#socket?.close();
  }

  sendEvent(event: object): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) throw new Error('The socket is closed.');
    this.#socket.send(JSON.stringify(event));
  }

  sendMessage(message: string | object, otherEventData: object, { triggerResponse = true } = {}): void {
    const content = typeof message === 'string' ? [{ type: 'input_text', text: message }] : (message as { content: unknown }).content;
    this.sendEvent({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content }, ...otherEventData });
    if (triggerResponse) this.sendEvent({ type: 'response.create' });
  }

  addImage(image: string, options?: { triggerResponse?: boolean }): void {
    this.sendMessage({ content: [{ type: 'input_image', image_url: image }] }, {}, options);
  }

  sendAudio(audio: ArrayBuffer, { commit = false } = {}): void {
    this.sendEvent({ type: 'input_audio_buffer.append', audio: btoa(String.fromCharCode(...new Uint8Array(audio))) });
    if (commit) this.sendEvent({ type: 'input_audio_buffer.commit' });
  }

  updateSessionConfig(config: object): void {
    this.sendEvent({ type: 'session.update', session: { type: 'realtime', ...config } });
  }

  mute(): void {
    throw new Error('This transport has nothing to mute.');
  }

  interrupt(): void {
    this.interruptions++;
    this.sendEvent({ type: 'response.cancel' });
    this.emit('audio_interrupted');
  }

  sendFunctionCallOutput({ callId }: { callId: string }, output: string, startResponse: boolean): void {
    this.sendEvent({ type: 'conversation.item.create', item: { type: 'function_call_output', call_id: callId, output } });
    if (startResponse) this.sendEvent({ type: 'response.create' });
  }

  resetHistory(): void {
    throw new Error('This transport keeps no history.');
  }

  sendMcpResponse({ itemId }: { itemId: string }, approve: boolean): void {
    this.sendEvent({ type: 'conversation.item.create', item: { type: 'mcp_approval_response', approval_request_id: itemId, approve } });
  }

  on(type: string, listener: Listener): this {
    this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(listener));
    return this;
  }

  once(type: string, listener: Listener): this {
    const once: Listener = (...args) => {
      this.off(type, once);
      listener(...args);
    };
    return this.on(type, once);
  }

  off(type: string, listener: Listener): this {
    this.#listeners.get(type)?.delete(listener);
    return this;
  }

  emit(type: string, ...args: unknown[]): boolean {
    const listeners = [...(this.#listeners.get(type) ?? [])];
    for (const listener of listeners) listener(...args);
    return listeners.length > 0;
  }

  /** Number of remaining listeners. */
  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  #receive(event: Json): void {
    this.emit('*', event);
    if (event.type === 'response.output_audio.delta') {
      const data = Uint8Array.from(atob(String(event['delta'])), (byte) => byte.charCodeAt(0)).buffer;
      this.emit('audio', { type: 'audio', data, responseId: event['response_id'] });
    }
    if (event.type === 'input_audio_buffer.speech_started') this.emit('audio_interrupted');
  }
}

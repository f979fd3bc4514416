/**
 * The page's input to one call: text, audio, images, a new history, requests for an answer.
 *
 * Owns: which items the server has, loading the code for audio and histories on first use.
 * Does not own: the connection, the transcript (`conversation/`), when a request for an answer is sent (`answering.ts`).
 */
import type { AudioInput, HistoryItem } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { RealtimeEvent } from '../contract/options.js';
import type { Answering } from './answering.js';
import type { AudioSender } from './audio-sender.js';
import type { CallContext } from './call-context.js';
import { loadCode } from './load-code.js';

/** A data URL; any other URL would make the server fetch an address of the page's choice. */
const IMAGE = /^data:image\/[\w.+-]+;base64,[A-Za-z0-9+/]+={0,2}$/;

/** See the head of the file; `Call` documents each member. Methods throw `invalid_request` while the call is not connected. */
export class PageInput {
  readonly #call: CallContext;
  readonly #answering: Answering;
  /** The server's items by id, with the role of messages. */
  readonly #roles = new Map<string, unknown>();
  #audio: AudioSender | undefined;

  constructor(call: CallContext, answering: Answering) {
    this.#call = call;
    this.#answering = answering;
  }

  /** Processes one server event. */
  apply({ type, item_id: id, item }: RealtimeEvent): void {
    if (type === 'conversation.item.deleted') this.#roles.delete(id as string);
    else if (/^conversation\.item\.(added|created|done)$/.test(type)) {
      const { id: added, role } = (item ?? {}) as { id?: unknown; role?: unknown };
      if (typeof added === 'string') this.#roles.set(added, role);
    }
  }

  /** @param id the item id, which must be new */
  sendText(text: string, id: string): void {
    const transport = this.#call.liveTransport();
    if (this.#ignores('send()')) return;
    this.#answering.interrupt();
    transport.sendEvent({
      type: 'conversation.item.create',
      event_id: id,
      item: { id, type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
    });
    this.#call.setup.conversation.addLocalUserText(id, text);
    this.#answering.request();
  }

  answer(response?: Readonly<Record<string, unknown>>): void {
    this.#call.liveTransport();
    if (!this.#ignores('answer()')) this.#answering.request(response);
  }

  async sendAudio(audio: AudioInput, options: { commit?: boolean } = {}): Promise<void> {
    const transport = this.#call.liveTransport();
    const { AudioSender } = await loadCode(import('./audio-sender.js'));
    this.#audio ??= new AudioSender(transport, this.#call.signal);
    await this.#audio.send(audio, options);
  }

  addImage(dataUrl: string, options?: { triggerResponse?: boolean }): void {
    const transport = this.#call.liveTransport();
    if (this.#ignores('addImage()')) return;
    checkImage(dataUrl);
    transport.addImage(dataUrl, { triggerResponse: false });
    if (options?.triggerResponse !== false) this.#answering.request();
  }

  async resetHistory(items: readonly HistoryItem[]): Promise<void> {
    this.#call.liveTransport();
    if (this.#ignores('resetHistory()')) return;
    const { historyDiff } = await loadCode(import('./history-diff.js'));
    const { before, after } = historyDiff(items, this.#roles, (id) => this.#call.setup.conversation.textOf(id));
    try {
      this.#call.liveTransport().resetHistory(before, after);
    } catch (reason) {
      throw VoiceAgentError.from(reason, 'invalid_request');
    }
  }

  /** True if the method has no effect, because a transcription has no answers; warns the page's developer then. */
  #ignores(method: string): boolean {
    const { transcribes } = this.#call;
    if (transcribes) console.warn(`<voice-agent mode="transcription">: ${method} has no effect in this mode.`);
    return transcribes;
  }
}

/** @throws VoiceAgentError `invalid_request` for anything but a `data:image/…;base64,` URL */
function checkImage(dataUrl: unknown): asserts dataUrl is string {
  if (typeof dataUrl === 'string' && IMAGE.test(dataUrl)) return;
  throw new VoiceAgentError('invalid_request', { message: 'Images must be data:image/…;base64 URLs.' });
}

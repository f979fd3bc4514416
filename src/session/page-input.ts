/**
 * The page's input to one call besides text: audio, images, a new history.
 *
 * Owns: which items the server has, loading the code for audio and histories on first use.
 * Does not own: the connection, the transcript (`conversation/`).
 */
import type { AudioInput, HistoryItem } from '../contract/call.js';
import { VoiceAgentError } from '../contract/errors.js';
import type { RealtimeEvent } from '../contract/options.js';
import type { ConversationStore } from '../conversation/index.js';
import type { Transport } from '../transport/transport.js';
import type { AudioSender } from './audio-sender.js';
import { checkImage } from './image-input.js';
import { loadCode } from './load-code.js';

/** Dependencies of `PageInput`. */
export interface PageInputSetup {
  readonly conversation: ConversationStore;
  /** Aborted when the call ends. */
  readonly signal: AbortSignal;
  /** The live transport. @throws VoiceAgentError `invalid_request` while not connected */
  live(): Transport;
  /** Requests an answer. */
  request(): void;
  /** True if the mode gives no answers (transcription); logs a warning then. */
  pointless(method: string): boolean;
}

/** See the head of the file; `Call` documents each member. */
export class PageInput {
  readonly #setup: PageInputSetup;
  /** The server's items by id, with the role of messages. */
  readonly #roles = new Map<string, unknown>();
  #audio: AudioSender | undefined;

  constructor(setup: PageInputSetup) {
    this.#setup = setup;
  }

  /** Processes one server event. */
  receive({ type, item_id: id, item }: RealtimeEvent): void {
    if (type === 'conversation.item.deleted') this.#roles.delete(id as string);
    else if (/^conversation\.item\.(added|created|done)$/.test(type)) {
      const { id: added, role } = (item ?? {}) as { id?: unknown; role?: unknown };
      if (typeof added === 'string') this.#roles.set(added, role);
    }
  }

  async sendAudio(audio: AudioInput, options: { commit?: boolean } = {}): Promise<void> {
    const { live, signal } = this.#setup;
    const transport = live();
    const { AudioSender } = await loadCode(import('./audio-sender.js'));
    this.#audio ??= new AudioSender(transport, signal);
    await this.#audio.send(audio, options);
  }

  addImage(dataUrl: string, options?: { triggerResponse?: boolean }): void {
    const { live, request, pointless } = this.#setup;
    const transport = live();
    if (pointless('addImage()')) return;
    checkImage(dataUrl);
    transport.addImage(dataUrl, { triggerResponse: false });
    if (options?.triggerResponse !== false) request();
  }

  async resetHistory(items: readonly HistoryItem[]): Promise<void> {
    const { live, conversation, pointless } = this.#setup;
    live();
    if (pointless('resetHistory()')) return;
    const { historyDiff } = await loadCode(import('./history-diff.js'));
    const { before, after } = historyDiff(items, this.#roles, (id) => conversation.textOf(id));
    try {
      live().resetHistory(before, after);
    } catch (reason) {
      throw VoiceAgentError.from(reason, 'invalid_request');
    }
  }
}

/** Warns the page's developer that a method has no effect in this mode. */
export function warnOf(method: string): void {
  console.warn(`<voice-agent mode="transcription">: ${method} has no effect in this mode.`);
}

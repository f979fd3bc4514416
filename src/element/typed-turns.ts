/**
 * What a visitor types: the draft in the text field, and the turns that wait for a call. Owns both, so that minimising the panel or a
 * failed attempt loses nothing. Does not own the call.
 */
import type { Message } from '../contract/messages.js';
import type { PanelHost } from './host.js';

/** The typed turns of one element. */
export class TypedTurns {
  /** Typed and not sent. */
  draft = '';
  #waiting: readonly string[] = [];
  #sending = false;
  readonly #host: PanelHost;

  constructor(host: PanelHost) {
    this.#host = host;
  }

  /** The turns that wait for the call, as the transcript shows them. */
  get waiting(): readonly Message[] {
    return this.#waiting.map((text, index) => ({ id: `waiting ${index}`, role: 'user', text, status: 'streaming', via: 'text' }));
  }

  /** Sends a turn in the call. Without a call, starts one without a microphone. If the call fails, the draft holds the text again. */
  async send(text: string): Promise<void> {
    const host = this.#host;
    this.draft = '';
    this.#waiting = [...this.#waiting, text];
    host.requestUpdate();
    // Turns are sent one after the other, by the run that is under way.
    if (this.#sending) return;
    this.#sending = true;
    try {
      if (host.state !== 'connected') await host.connect({ microphone: false });
      for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
        await host.send(next);
        this.#waiting = this.#waiting.slice(1);
      }
    } catch {
      // The panel shows the cause: the state is `failed`, or `voice-agent-error` was dispatched.
      this.draft = [...this.#waiting, this.draft].filter(Boolean).join('\n');
      this.#waiting = [];
    }
    this.#sending = false;
    host.requestUpdate();
  }
}

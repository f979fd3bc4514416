/**
 * Typed input: the draft in the text field, and the turns that wait for a call. Owns both, so that nothing is lost when the panel is
 * minimised or an attempt fails. Does not own the call.
 */
import type { Message } from '../contract/messages.js';
import type { PanelHost } from './host.js';

/** The typed turns of one element. */
export class TypedTurns {
  /** The unsent text. */
  draft = '';
  #waiting: readonly string[] = [];
  #sending = false;
  readonly #host: PanelHost;

  constructor(host: PanelHost) {
    this.#host = host;
  }

  /** The turns that wait for the call, in the form that the transcript shows. */
  get waiting(): readonly Message[] {
    return this.#waiting.map((text, index) => ({ id: `waiting ${index}`, role: 'user', text, status: 'streaming', via: 'text' }));
  }

  /** Sends a turn. Without a call, starts one without a microphone. If that fails, the text is restored to the draft. */
  async send(text: string): Promise<void> {
    const host = this.#host;
    this.draft = '';
    this.#waiting = [...this.#waiting, text];
    host.requestUpdate();
    // Turns are sent one after the other, by the `send()` in progress.
    if (this.#sending) return;
    this.#sending = true;
    try {
      if (host.state !== 'connected') await host.connect({ microphone: false });
      for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
        await host.send(next);
        this.#waiting = this.#waiting.slice(1);
      }
    } catch {
      // The panel shows the cause: the state is `failed`, or `voice-agent-error` was fired.
      this.draft = [...this.#waiting, this.draft].filter(Boolean).join('\n');
      this.#waiting = [];
    }
    this.#sending = false;
    host.requestUpdate();
  }
}

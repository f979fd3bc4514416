/**
 * Translates a call's dialect: server frames to GA events, and back. Without a dialect, events are unchanged.
 *
 * Owns: one call's translator and envelopes; isolating the call from errors of a dialect. Does not own: the connection.
 */
import type { Dialect, EnvelopeReader, Translator } from '../../contract/dialect.js';
import type { RealtimeEvent, TransportName } from '../../contract/options.js';
import { parseInboundFrame } from './inbound-frame.js';

/** See the head of the file. */
export class Interpreter {
  /** False: a server event may become a different event, or several. */
  readonly literal: boolean;
  /** False: the server does not confirm settings; they apply once they are sent. */
  readonly confirms: boolean;
  readonly #translator: Translator | undefined;
  readonly #envelope: EnvelopeReader | undefined;
  readonly #unsupported: ReadonlySet<string>;
  readonly #longest: number | undefined;

  /** @param longest maximum UTF-16 units of a frame; if omitted, the limit for data channels */
  constructor(dialect: Dialect | undefined, over: TransportName, longest?: number) {
    const { offer, confirmsSettings = true, unsupported } = dialect ?? {};
    this.#translator = dialect?.translator?.(over);
    // Only data channels use envelopes.
    this.#envelope = over === 'webrtc' && offer ? offer.envelope?.() : undefined;
    this.#unsupported = new Set(unsupported);
    this.#longest = longest;
    this.confirms = confirmsSettings;
    this.literal = !this.#translator && !this.#envelope;
  }

  /** The events of one frame: empty while an envelope is incomplete; `undefined` for an invalid frame. */
  read(data: unknown): readonly RealtimeEvent[] | undefined {
    let text = data;
    if (this.#envelope) {
      if (typeof data !== 'string' || !parseInboundFrame(data)) return undefined;
      text = quietly(() => this.#envelope?.read(data));
      if (text === undefined) return [];
    }
    const event = parseInboundFrame(text, this.#longest);
    if (!event || !this.#translator) return event && [event];
    return quietly(() => this.#translator?.inbound(event));
  }

  /** The events to send for a GA event. @throws the dialect's errors */
  write(event: RealtimeEvent): readonly RealtimeEvent[] {
    if (this.#unsupported.has(event.type)) return [];
    return this.#translator ? this.#translator.outbound(event) : [event];
  }
}

/** If a page's own dialect throws, only that event is lost. */
function quietly<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/**
 * Speaks a call's dialect: frames of the server in, GA events out, and back. Without a dialect events are as they are.
 *
 * Owns: one call's translator and envelopes; that nothing a dialect does breaks the call. Does not own: the wire.
 */
import type { Dialect, EnvelopeReader, Translator } from '../contract/dialect.js';
import type { RealtimeEvent, TransportName } from '../contract/options.js';
import { readFrame } from './inbound-frame.js';

/** See the head of the file. */
export class Interpreter {
  /** False: an event of the server may be another one, or several, on this side. */
  readonly literal: boolean;
  /** False: the server does not confirm settings; they count once they are sent. */
  readonly confirms: boolean;
  readonly #translator: Translator | undefined;
  readonly #envelope: EnvelopeReader | undefined;
  readonly #unsupported: ReadonlySet<string>;
  readonly #longest: number | undefined;

  /** `longest`: UTF-16 units of a frame that are read; left out: as much as a data channel carries. */
  constructor(dialect: Dialect | undefined, over: TransportName, longest?: number) {
    const { offer, confirmsSettings = true, unsupported } = dialect ?? {};
    this.#translator = dialect?.translator?.(over);
    // Envelopes are the data channel's.
    this.#envelope = over === 'webrtc' && offer ? offer.envelope?.() : undefined;
    this.#unsupported = new Set(unsupported);
    this.#longest = longest;
    this.confirms = confirmsSettings;
    this.literal = !this.#translator && !this.#envelope;
  }

  /** The events of one frame: none while the rest of an envelope is missing; `undefined` for a frame that is no event. */
  read(data: unknown): readonly RealtimeEvent[] | undefined {
    let text = data;
    if (this.#envelope) {
      if (typeof data !== 'string' || !readFrame(data)) return undefined;
      text = quietly(() => this.#envelope?.read(data));
      if (text === undefined) return [];
    }
    const event = readFrame(text, this.#longest);
    if (!event || !this.#translator) return event && [event];
    return quietly(() => this.#translator?.inbound(event));
  }

  /** What is sent for a GA event. @throws what the dialect throws */
  write(event: RealtimeEvent): readonly RealtimeEvent[] {
    if (this.#unsupported.has(event.type)) return [];
    return this.#translator ? this.#translator.outbound(event) : [event];
  }
}

/** A page's own dialect may throw at an event: that event is lost, the call is not. */
function quietly<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

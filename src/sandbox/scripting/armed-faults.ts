/**
 * The armed faults and how often each has applied. Owns only counting and matching; the effect of a fault is
 * implemented where it applies.
 */
import type { CallFault, ClientEventFault, Endpoint, EventFault, Fault, HttpFault, MediaFault } from './script.js';

/** A fault armed by a test. */
export interface ArmedFault {
  readonly fault: Fault;
  /** How often the fault has applied. */
  readonly hits: number;
  /** Disarms the fault. */
  remove(): void;
}

class Armed implements ArmedFault {
  readonly fault: Fault;
  readonly #faults: Set<Armed>;
  #seen = 0;
  #hits = 0;

  constructor(fault: Fault, faults: Set<Armed>) {
    this.fault = fault;
    this.#faults = faults;
  }

  get hits(): number {
    return this.#hits;
  }

  remove(): void {
    this.#faults.delete(this);
  }

  /** Counts a match; returns true if the fault applies. */
  strike(): boolean {
    const { skip = 0, times = Infinity } = this.fault;
    this.#seen++;
    if (this.#seen <= skip || this.#hits >= times) return false;
    this.#hits++;
    return true;
  }
}

/** The armed faults of one scenario. */
export class Faults {
  readonly #armed = new Set<Armed>();

  /** Arms a fault. */
  arm(fault: Fault): ArmedFault {
    const armed = new Armed(fault, this.#armed);
    this.#armed.add(armed);
    return armed;
  }

  /** The faults of an HTTP endpoint that apply to this request. */
  http(endpoint: Endpoint): HttpFault[] {
    return this.#strike((fault): fault is HttpFault => fault.at === endpoint);
  }

  /** The media faults that apply to this call. */
  media(): MediaFault[] {
    return this.#strike((fault): fault is MediaFault => fault.at === 'media');
  }

  /** The faults that apply to this server event. */
  event(type: string): EventFault[] {
    return this.#strike((fault): fault is EventFault => fault.at === 'event' && fits(fault.type, type));
  }

  /** The fault that applies to this client event, if any. */
  clientEvent(type: string): ClientEventFault | undefined {
    return this.#strike((fault): fault is ClientEventFault => fault.at === 'client-event' && fits(fault.type, type))[0];
  }

  /** The call faults triggered by the `event` that was just sent; opening a call counts as `open`. */
  call(event: string): CallFault[] {
    return this.#strike((fault): fault is CallFault => fault.at === 'call' && (fault.when?.event ?? 'open') === event);
  }

  #strike<Kind extends Fault>(fits: (fault: Fault) => fault is Kind): Kind[] {
    const struck: Kind[] = [];
    for (const armed of this.#armed) {
      if (fits(armed.fault) && armed.strike()) struck.push(armed.fault);
    }
    return struck;
  }
}

/** Whether a type matches a pattern: a type, a list of types, or a prefix ending in `*`. */
function fits(pattern: string | string[] | undefined, type: string): boolean {
  if (pattern === undefined) return true;
  return [pattern].flat().some((one) => (one.endsWith('*') ? type.startsWith(one.slice(0, -1)) : one === type));
}

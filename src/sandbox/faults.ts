/**
 * The faults that are armed, and how often each of them has struck. Owns counting and matching only; what a fault does
 * is done where it strikes.
 */
import type { CallFault, ClientEventFault, Endpoint, EventFault, Fault, HttpFault, MediaFault } from './scenario-types.js';

/** A fault that was armed by a test. */
export interface ArmedFault {
  readonly fault: Fault;
  /** How often it has struck. */
  readonly hits: number;
  /** Takes the fault away again. */
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

  /** Counts a match; true when the fault strikes. */
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

  /** All faults of an HTTP endpoint that strike this request. */
  http(endpoint: Endpoint): HttpFault[] {
    return this.#strike((fault): fault is HttpFault => fault.at === endpoint);
  }

  /** The faults of the media that strike this call. */
  media(): MediaFault[] {
    return this.#strike((fault): fault is MediaFault => fault.at === 'media');
  }

  /** The faults that strike this server event. */
  event(type: string): EventFault[] {
    return this.#strike((fault): fault is EventFault => fault.at === 'event' && fits(fault.type, type));
  }

  /** The fault that strikes this client event, if any. */
  clientEvent(type: string): ClientEventFault | undefined {
    return this.#strike((fault): fault is ClientEventFault => fault.at === 'client-event' && fits(fault.type, type))[0];
  }

  /** The things to be done to a call when `event` was just sent; the opening of a call counts as `open`. */
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

/** Whether a type is meant by a pattern: a type, a list of them, or a beginning with `*`. */
function fits(pattern: string | string[] | undefined, type: string): boolean {
  if (pattern === undefined) return true;
  return [pattern].flat().some((one) => (one.endsWith('*') ? type.startsWith(one.slice(0, -1)) : one === type));
}

/**
 * The armed faults of a scenario: which of them apply, how often each has applied, and the order in which their effects
 * run. The effects are in the definitions of the faults.
 */
import type {
  Context,
  Endpoint,
  FaultyCall,
  FaultyClientEvent,
  FaultyDelivery,
  FaultyMedia,
  FaultyRequest,
  FaultDefinition,
  Place,
  Result,
} from './define-fault.js';
import { definitionOf } from './faults.js';
import type { Fault } from './faults.js';

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
  readonly definition: FaultDefinition<Place, string, unknown> | undefined;
  readonly #faults: Set<Armed>;
  #matches = 0;
  #hits = 0;

  constructor(fault: Fault, faults: Set<Armed>) {
    this.fault = fault;
    this.definition = definitionOf(fault);
    this.#faults = faults;
  }

  get hits(): number {
    return this.#hits;
  }

  remove(): void {
    this.#faults.delete(this);
  }

  /** Counts a match; returns true if the fault applies. */
  match(): boolean {
    const { skip = 0, times = Infinity } = this.fault;
    this.#matches++;
    if (this.#matches <= skip || this.#hits >= times) return false;
    this.#hits++;
    return true;
  }
}

/** Faults of one place. */
type FaultAt<At extends Place> = Extract<Fault, { at: At }>;

/** A fault that applies now. */
interface Applying<At extends Place> {
  readonly fault: FaultAt<At>;
  run(context: Context<At>): Result<At>;
}

/** The armed faults of one scenario. */
export class ArmedFaults {
  readonly #armed = new Set<Armed>();

  /** Arms a fault. */
  arm(fault: Fault): ArmedFault {
    const armed = new Armed(fault, this.#armed);
    this.#armed.add(armed);
    return armed;
  }

  /** Responds to a request. The first fault decides whether the next ones, and finally the route, respond at all. */
  respond(request: FaultyRequest): Promise<Response> {
    const faults = this.#take<Endpoint>((fault) => fault.at === request.endpoint);
    return faults.reduceRight((next, fault): FaultyRequest => ({ ...request, respond: () => fault.run(next) }), request).respond();
  }

  /** Changes the media of a call that is being answered. */
  changeMedia(media: FaultyMedia): void {
    for (const fault of this.#take<'media'>(({ at }) => at === 'media')) fault.run(media);
  }

  /** Returns the function that sends a server event. */
  deliver(delivery: FaultyDelivery): () => void {
    const faults = this.#take<'event'>((fault) => fault.at === 'event' && matchesType(fault.type, delivery.event.type));
    return faults.reduce((previous, fault): FaultyDelivery => ({ ...delivery, send: fault.run(previous) }), delivery).send;
  }

  /** Handles a client event; only the first fault that applies has an effect. */
  handle(type: string, event: FaultyClientEvent): void {
    const [fault] = this.#take<'client-event'>((one) => one.at === 'client-event' && matchesType(one.type, type));
    if (fault === undefined) event.handle();
    else fault.run(event);
  }

  /** Runs the faults triggered by the `event` that a call has just sent; opening a call counts as `open`. */
  afterEvent(event: string, call: FaultyCall): void {
    for (const { fault, run } of this.#take<'call'>((one) => one.at === 'call' && (one.when?.event ?? 'open') === event)) {
      if (fault.when?.ms === undefined) run(call);
      else {
        call.timers.after(fault.when.ms, () => {
          run(call);
        });
      }
    }
  }

  /** Counts the faults that match, which are of one place; returns those that apply. */
  #take<At extends Place>(matches: (fault: Fault) => boolean): Applying<At>[] {
    const applying: Applying<At>[] = [];
    for (const armed of this.#armed) {
      const { fault, definition } = armed;
      if (definition === undefined || !matches(fault) || !armed.match()) continue;
      applying.push({ fault: fault as FaultAt<At>, run: (context) => definition.run(fault, context) });
    }
    return applying;
  }
}

/** Whether a type matches a pattern: a type, a list of types, or a prefix ending in `*`. */
function matchesType(pattern: string | string[] | undefined, type: string): boolean {
  if (pattern === undefined) return true;
  return [pattern].flat().some((one) => (one.endsWith('*') ? type.startsWith(one.slice(0, -1)) : one === type));
}

/**
 * The requests for answers in one call: one answer at a time in the conversation, and each request is answered or reported.
 * It replaces the queue of the Agents SDK, which drops a request that the server refuses.
 *
 * A request waits for the running response. Requests without settings of their own that wait together become one. A request
 * that the server refuses because another response runs is sent again when that response is done, unless a later response
 * began meanwhile: that one has read what the request was about. A second refusal is reported.
 *
 * Owns: which responses belong to the conversation, which are out of band, what waits. Does not own: the wire.
 */
import { refusesAnswer } from '../contract/refuses-answer.js';
import type { RealtimeEvent } from '../contract/options.js';
import { toJson } from '../contract/to-json.js';
import type { Timers } from './transport.js';

/** Milliseconds without any event of the response that is waited for, after which its end counts as lost. */
const END_LIMIT = 15_000;
/** The same for the beginning of a response that is in the way and not known yet. */
const BEGIN_LIMIT = 3_000;
/** Response ids that are remembered. */
const KEPT = 64;

/** What the requests need. */
export interface ResponseRequestsSetup {
  readonly timers: Timers;
  /** Sends a `response.create`. May throw. */
  send(event: RealtimeEvent): void;
  /** Makes the `event_id` of a request that has none. If omitted, such requests are sent without one. */
  newId?(): string;
  /** An answer was asked for (`true`), or will not come (`false`). */
  onAwaited(awaited: boolean): void;
  /** The server refused a request twice; it is not sent again. `cause`: the second refusal. */
  onRefused(cause: RealtimeEvent): void;
}

interface Request {
  readonly event: RealtimeEvent;
  refused?: true;
}

/** A refused request, and the response that is in its way; `undefined`: the next one that begins. */
interface Held {
  readonly request: Request;
  readonly blocker: string | undefined;
}

/** See the head of the file. */
export class ResponseRequests {
  readonly #setup: ResponseRequestsSetup;
  /** Responses of the conversation that have begun and are not done, and those that are. */
  readonly #open = new Set<string>();
  readonly #done = new Set<string>();
  readonly #waiting: Request[] = [];
  #running: string | undefined;
  /** The request that was sent last, and the `event_id` that it has on the wire. */
  #sent: Request | undefined;
  #sentId: unknown;
  /** It has not begun. */
  #pending = false;
  /** A response has ended since it was sent. */
  #ended = false;
  #held: Held | undefined;
  /** Out-of-band responses of our own that have not begun. */
  #beside = 0;
  /** The server answers by itself to what was said. */
  #due = false;
  /** The server names conversations: a response without one is out of band. */
  #names = false;
  #timer: unknown;
  /** There was an event of a response since the timer was set. */
  #alive = false;

  constructor(setup: ResponseRequestsSetup) {
    this.#setup = setup;
  }

  /** True while an answer of the conversation is made, or was asked for. */
  get busy(): boolean {
    return this.#pending || this.#running !== undefined;
  }

  /** Asks for an answer with a `response.create`. @throws what sending throws */
  add(event: RealtimeEvent): void {
    if ((event['response'] as { conversation?: unknown } | null | undefined)?.conversation === 'none') {
      this.#setup.send(event);
      this.#beside++;
      return;
    }
    const waits = (request: Request | undefined): boolean => request !== undefined && isPlain(request);
    if (isPlain({ event }) && (waits(this.#held?.request) || this.#waiting.some(waits))) return;
    this.#waiting.push({ event });
    this.#next();
  }

  /** Notes a request that a page's own transport sends itself. */
  note(event: RealtimeEvent): void {
    this.#sent = { event };
    this.#ended = false;
    this.#due = true;
  }

  /** The event in GA terms: `conversation_id` of a response that begins is `null` only if it is out of band. */
  read(event: RealtimeEvent): RealtimeEvent {
    if (event.type !== 'response.created' || typeof event['response'] !== 'object' || event['response'] === null) return event;
    const { conversation_id: conversation, ...response } = event['response'] as Record<string, unknown>;
    if (typeof conversation === 'string') {
      this.#names = true;
      return event;
    }
    const aside = (this.#beside > 0 && !this.#pending && !this.#due) || (conversation === null && this.#names);
    if (aside) return conversation === null ? event : { ...event, response: { ...response, conversation_id: null } };
    return conversation === null ? { ...event, response } : event;
  }

  /** Works in an event that `read()` returned, after everybody else has. */
  apply(event: RealtimeEvent): void {
    const { id, conversation_id: conversation } = (event['response'] ?? {}) as { id?: unknown; conversation_id?: unknown };
    switch (event.type) {
      case 'input_audio_buffer.speech_stopped':
      case 'input_audio_buffer.committed':
        this.#due = true;
        return;
      case 'response.created':
        if (conversation !== null) this.#begin(typeof id === 'string' ? id : '');
        else if (this.#beside > 0) this.#beside--;
        return;
      case 'response.done':
        return this.#end(typeof id === 'string' ? id : (this.#running ?? ''));
      case 'error':
        if (refusesAnswer(event)) this.#refuse(event);
        else this.#fail(event);
        return;
    }
    const { response_id: response } = event;
    if (typeof response !== 'string' || !this.#open.has(response)) return;
    // Of two that are open, the one that goes on is the one that runs: the end of the other may have been lost.
    this.#running = response;
    this.#alive = true;
  }

  release(): void {
    this.#waiting.length = 0;
    this.#held = undefined;
    this.#setup.timers.clearTimeout(this.#timer);
  }

  #begin(id: string): void {
    remember(this.#open, id);
    this.#running = id;
    this.#pending = this.#due = false;
    const { request, blocker = id } = this.#held ?? {};
    // Another one than the one in the way began after the request was refused: it has read what the request is about.
    this.#watch(request && blocker === id ? { request, blocker } : undefined);
  }

  #end(id: string): void {
    const known = this.#open.delete(id);
    remember(this.#done, id);
    this.#ended = true;
    if (id === this.#running) this.#running = undefined;
    // Its beginning was lost.
    else if (!known && this.#running === undefined) this.#pending = false;
    if (this.#held?.blocker === id) this.#retry();
    else this.#proceed();
  }

  #refuse(event: RealtimeEvent): void {
    const request = this.#sent ?? { event: { type: 'response.create' } };
    this.#sent = undefined;
    this.#pending = false;
    if (request.refused) {
      this.#setup.onAwaited(false);
      this.#setup.onRefused(event);
      return this.#proceed();
    }
    request.refused = true;
    // A page's own transport may have asked meanwhile: the refused request that waits already covers a plain one.
    if (this.#held) return void (isPlain(request) || this.#waiting.push(request));
    const words = toJson(event).split(/[^\w-]+/);
    const blocker = words.find((word) => this.#open.has(word) || this.#done.has(word) || word.startsWith('resp_')) ?? this.#running;
    const over = blocker === undefined ? this.#ended : this.#done.has(blocker);
    if (!over) return this.#watch({ request, blocker });
    // What runs now began after the response that was in the way, and answers.
    if (this.#running !== undefined) return;
    this.#waiting.unshift(request);
    this.#proceed();
  }

  #fail({ error }: RealtimeEvent): void {
    const { code, event_id: about } = (error ?? {}) as { code?: unknown; event_id?: unknown };
    if (code === 'response_cancel_not_active') this.#running = undefined;
    else if (about === undefined || about === null ? this.#running === undefined : about === this.#sentId) this.#pending = false;
    this.#proceed();
  }

  #retry(): void {
    if (this.#held) this.#waiting.unshift(this.#held.request);
    this.#held = undefined;
    this.#proceed();
  }

  #proceed(): void {
    try {
      this.#next();
    } catch {
      // The connection is closing: its end is reported in a moment.
    }
  }

  #next(): void {
    if (this.#running !== undefined || this.#pending || this.#held) return this.#watch(this.#held);
    const request = this.#waiting.shift();
    if (!request) return;
    const { event } = request;
    const id = event['event_id'] ?? this.#setup.newId?.();
    this.#setup.send(id === undefined ? event : { ...event, event_id: id });
    this.#sent = request;
    this.#sentId = id;
    this.#pending = true;
    this.#ended = false;
    this.#setup.onAwaited(true);
  }

  /** Sends what waits after a while even if the end of what it waits for is lost: if it was not, the server refuses. */
  #watch(held: Held | undefined): void {
    const { timers } = this.#setup;
    this.#held = held;
    timers.clearTimeout(this.#timer);
    if (!held && this.#waiting.length === 0) return;
    this.#alive = false;
    this.#timer = timers.setTimeout(() => {
      if (this.#alive) return this.#watch(this.#held);
      this.#running = undefined;
      this.#pending = false;
      this.#retry();
    }, held && this.#running === undefined && !this.#open.has(held.blocker ?? '') ? BEGIN_LIMIT : END_LIMIT);
  }
}

/** Only `type`: it cannot be distinguished from another such request. */
const isPlain = ({ event }: Request): boolean => event['response'] === undefined && event['event_id'] === undefined;

function remember(set: Set<string>, id: string): void {
  set.delete(id);
  set.add(id);
  if (set.size > KEPT) set.delete(set.values().next().value as string);
}

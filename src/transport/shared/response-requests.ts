/**
 * The response requests of one call: one response at a time in the conversation, and each request is answered or reported.
 * Replaces the queue of the Agents SDK, which drops a request that the server refuses.
 *
 * A request waits for the running response. Waiting plain requests are merged into one. A request that the server refuses because
 * another response is running is retried when that response is done, unless a later response has started in the meantime, because
 * that one has read the same input. A second refusal is reported.
 *
 * Owns: which responses belong to the conversation, which are out of band, waiting requests. Does not own: the connection.
 */
import type { CallBus } from '../../contract/call-bus.js';
import { refusesAnswer } from '../../contract/refuses-answer.js';
import type { RealtimeEvent } from '../../contract/options.js';
import { toJson } from '../../contract/to-json.js';
import type { Timers } from '../transport.js';

/** Milliseconds without any event of the awaited response, after which its end counts as lost. */
const END_LIMIT = 15_000;
/** The same for the start of a blocking response that is not known yet. */
const BEGIN_LIMIT = 3_000;
/** Maximum number of remembered response ids. */
const KEPT = 64;

/** Dependencies of `ResponseRequests`. */
export interface ResponseRequestsSetup {
  readonly timers: Timers;
  /** Sends a `response.create`. May throw. */
  send(event: RealtimeEvent): void;
  /** Makes the `event_id` of a request that has none. If omitted, such requests are sent without one. */
  newId?(): string;
  /** Receives `awaited` and `refused`. */
  readonly bus: Pick<CallBus, 'emit'>;
}

interface Request {
  readonly event: RealtimeEvent;
  refused?: true;
}

/** A refused request, and the response that blocks it; `undefined`: the next one that starts. */
interface Held {
  readonly request: Request;
  readonly blocker: string | undefined;
}

/** See the head of the file. */
export class ResponseRequests {
  readonly #setup: ResponseRequestsSetup;
  /** Responses of the conversation in progress, and those that are done. */
  readonly #open = new Set<string>();
  readonly #done = new Set<string>();
  readonly #waiting: Request[] = [];
  #running: string | undefined;
  /** The last request that was sent, and its `event_id` as sent. */
  #sent: Request | undefined;
  #sentId: unknown;
  /** The response to the last request has not started. */
  #pending = false;
  /** A response has ended since the last request was sent. */
  #ended = false;
  #held: Held | undefined;
  /** The number of requested out-of-band responses that have not started. */
  #beside = 0;
  /** The server will respond to speech on its own. */
  #due = false;
  /** The server sends conversation ids: a response without one is out of band. */
  #names = false;
  #timer: unknown;
  /** A response event has arrived since the timer was set. */
  #alive = false;

  constructor(setup: ResponseRequestsSetup) {
    this.#setup = setup;
  }

  /** True while a response of the conversation is in progress or requested. */
  get busy(): boolean {
    return this.#pending || this.#running !== undefined;
  }

  /** Requests a response with a `response.create`. @throws the error of `send()` */
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

  /** Notes a request that the page's own transport sent itself. */
  applySent(event: RealtimeEvent): void {
    this.#sent = { event };
    this.#ended = false;
    this.#due = true;
  }

  /** The event in GA terms: `conversation_id` of a created response is `null` only if it is out of band. */
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

  /** Processes an event that `read()` returned, after all other listeners. */
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
    // Of two open responses, the one with the latest event is running: the end of the other may have been lost.
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
    // A response other than the blocking one started after the refusal: it has read the same input as the request.
    this.#watch(request && blocker === id ? { request, blocker } : undefined);
  }

  #end(id: string): void {
    const known = this.#open.delete(id);
    remember(this.#done, id);
    this.#ended = true;
    if (id === this.#running) this.#running = undefined;
    // Its start was lost.
    else if (!known && this.#running === undefined) this.#pending = false;
    if (this.#held?.blocker === id) this.#retry();
    else this.#proceed();
  }

  #refuse(event: RealtimeEvent): void {
    const request = this.#sent ?? { event: { type: 'response.create' } };
    this.#sent = undefined;
    this.#pending = false;
    if (request.refused) {
      this.#setup.bus.emit('awaited', false);
      this.#setup.bus.emit('refused', event);
      return this.#proceed();
    }
    request.refused = true;
    // The page's own transport may have sent a request in the meantime: the held request already covers a plain one.
    if (this.#held) return void (isPlain(request) || this.#waiting.push(request));
    const words = toJson(event).split(/[^\w-]+/);
    const blocker = words.find((word) => this.#open.has(word) || this.#done.has(word) || word.startsWith('resp_')) ?? this.#running;
    const over = blocker === undefined ? this.#ended : this.#done.has(blocker);
    if (!over) return this.#watch({ request, blocker });
    // The running response started after the blocking one, and answers the request.
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
      // The connection is closing: its end is reported shortly.
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
    this.#setup.bus.emit('awaited', true);
  }

  /** Sends waiting requests after a time limit, in case an end was lost; if it was not, the server refuses them. */
  #watch(held: Held | undefined): void {
    const { timers } = this.#setup;
    this.#held = held;
    timers.clearTimeout(this.#timer);
    if (!held && this.#waiting.length === 0) return;
    this.#alive = false;
    this.#timer = timers.setTimeout(
      () => {
        if (this.#alive) return this.#watch(this.#held);
        this.#running = undefined;
        this.#pending = false;
        this.#retry();
      },
      held && this.#running === undefined && !this.#open.has(held.blocker ?? '') ? BEGIN_LIMIT : END_LIMIT,
    );
  }
}

/** Whether the request has only a `type`, so that it is equal to other such requests. */
const isPlain = ({ event }: Request): boolean => event['response'] === undefined && event['event_id'] === undefined;

function remember(set: Set<string>, id: string): void {
  set.delete(id);
  set.add(id);
  if (set.size > KEPT) set.delete(set.values().next().value as string);
}

/**
 * Detects items that a page created in place of the model, of the Realtime API or of this server: function calls, items of hosted MCP
 * servers, and results of this server's tools.
 *
 * Owns where each such item came from. The model's items are named by events of a response of the conversation, those of MCP servers
 * also by `mcp_list_tools.*` and `response.mcp_call.*`; a page cannot send these events. The API names an item before it adds it
 * (`response.output_item.added`, `conversation.item.added`, `conversation.item.done`, `response.output_item.done`). For servers that
 * add it first, an unnamed item waits until it is done or a response starts, and no response has read it by then.
 */
import type { ConversationResponses } from './conversation-responses.js';
import { fieldsOf } from './session-values.js';
import type { Fields } from './session-values.js';
import type { RealtimeEvent } from './sideband.js';

/** Dependencies of `ItemOrigins`. */
export interface ItemOriginsSetup {
  readonly responses: ConversationResponses;
  /** Names of the tools that run on this server. */
  readonly serverTools: ReadonlySet<string>;
  /** IDs of function calls that this server was answering when a previous watcher stopped. */
  readonly openCalls: readonly string[];
  /** Whether events before now were missed. */
  readonly missed: boolean;
  /** Whether the page has function tools of this name. */
  pageRuns(name: string): boolean;
  /** Whether the page has any function tools. */
  pageRunsAny(): boolean;
  /** Whether the session has a hosted MCP server with this label. */
  hasMcpServer(label: string): boolean;
}

/** Items that only the model or the API creates, except for calls of the page's own functions in a restored history. */
const GUARDED = new Set(['function_call', 'mcp_call', 'mcp_list_tools', 'mcp_approval_request']);
/** Of these, items that also exist outside of responses: a list of tools, and a call that was approved. */
const WITHOUT_RESPONSE = new Set(['mcp_call', 'mcp_list_tools']);

/** Maximum number of remembered items and calls. */
const MAX_KNOWN = 2_000;

/** A guarded item that the model or the API named. */
interface NamedItem {
  /** The types of the events that added it. */
  readonly added: Set<string>;
  complete: boolean;
}

/** A function call. */
interface KnownCall {
  readonly runsHere: boolean;
  /** The output that this server sent, with the ID of its item until the API has reported it. */
  sent?: { readonly id: string | undefined; readonly output: string };
}

/** See the head of the file. */
export class ItemOrigins {
  readonly #setup: ItemOriginsSetup;
  readonly #named = new Map<string, NamedItem>();
  /** Items of responses outside the conversation, which never become part of it. */
  readonly #outside = new Map<string, true>();
  /** Unnamed items that may still be named, by ID, with the types of the item and of the event that added it. */
  readonly #unnamed = new Map<string, { readonly type: string; readonly event: string }>();
  readonly #calls = new Map<string, KnownCall>();
  #missed: boolean;

  constructor(setup: ItemOriginsSetup) {
    this.#setup = setup;
    this.#missed = setup.missed;
    for (const id of setup.openCalls) this.#calls.set(id, { runsHere: true });
  }

  /** Reads an event; returns the name of the item that the page forged, or `undefined` if there is none. */
  handleEvent(event: RealtimeEvent): string | undefined {
    const { item, response } = event;
    switch (event.type) {
      case 'response.output_item.added':
      case 'response.output_item.done':
        return this.#name(fieldsOf(item), event['response_id'], event.type.endsWith('done'));
      case 'response.created':
        return this.#setup.responses.isOutOfBand(fieldsOf(response)['id']) ? undefined : this.#forgedUnnamed();
      case 'response.done':
        return this.#responseDone(fieldsOf(response));
      case 'conversation.item.added':
      case 'conversation.item.created':
        return this.#added(fieldsOf(item), event.type);
      case 'conversation.item.done':
        return this.#done(fieldsOf(item));
    }
    if (/^(mcp_list_tools|response\.mcp_call(_arguments)?)\./.test(event.type)) this.#nameById(event);
    return undefined;
  }

  /** This server sent the result of one of its tools. */
  outputSent(callId: string, id: string, output: string): void {
    remember(this.#calls, callId, { runsHere: true, sent: { id, output } });
  }

  /** Events were missed, for example while the sideband was detached. */
  eventsMissed(): void {
    this.#missed = true;
    this.#unnamed.clear();
  }

  #name(item: Fields, response: unknown, complete: boolean): string | undefined {
    const { id, type, name, call_id: callId } = item;
    if (typeof id !== 'string' || !GUARDED.has(String(type))) return undefined;
    if (this.#isOfUnknownServer(item)) return forgedItem(String(type));
    if (this.#setup.responses.isOutOfBand(response)) {
      remember(this.#outside, id, true);
      return undefined;
    }
    this.#nameItem(id, complete);
    if (type !== 'function_call' || typeof callId !== 'string') return undefined;
    const runsHere = this.#setup.serverTools.has(String(name));
    const known = this.#calls.get(callId);
    // The page created a call of its own with this ID before.
    if (known && !known.runsHere && runsHere) return forgedItem('function_call');
    if (!known) remember(this.#calls, callId, { runsHere });
    return undefined;
  }

  #nameById({ type, item_id: id, response_id: response }: RealtimeEvent): void {
    if (typeof id !== 'string' || this.#outside.has(id) || this.#setup.responses.isOutOfBand(response)) return;
    this.#nameItem(id, type.endsWith('completed') || type.endsWith('failed'));
  }

  #nameItem(id: string, complete: boolean): void {
    const before = this.#unnamed.get(id);
    this.#unnamed.delete(id);
    const named = this.#named.get(id) ?? { added: new Set(before && [before.event]), complete: false };
    named.complete ||= complete;
    remember(this.#named, id, named);
  }

  #responseDone({ id: response, output }: Fields): string | undefined {
    // Covers items whose own events were missed.
    for (const item of Array.isArray(output) ? output : []) {
      const forged = this.#name(fieldsOf(item), response, true);
      if (forged !== undefined) return forged;
    }
    return this.#setup.responses.mayBeActive ? undefined : this.#forgedUnnamed();
  }

  #added(item: Fields, event: string): string | undefined {
    const { id, type } = item;
    if (type === 'function_call_output') return this.#forgedOutput(item);
    if (typeof type !== 'string' || !GUARDED.has(type)) return undefined;
    if (this.#isOfUnknownServer(item)) return forgedItem(type);
    const named = this.#named.get(String(id));
    if (named) {
      // The API adds an item once. The page deleted it and created another one with the same ID.
      if (named.complete || named.added.has(event)) return forgedItem(type);
      named.added.add(event);
      return undefined;
    }
    if (type === 'function_call' && this.#isOfPage(item)) return undefined;
    if (this.#outside.has(String(id)) || hasResult(item)) return forgedItem(type);
    if (!WITHOUT_RESPONSE.has(type) && !this.#setup.responses.mayBeActive) return forgedItem(type);
    remember(this.#unnamed, String(id), { type, event });
    return undefined;
  }

  #done(item: Fields): string | undefined {
    const { responses } = this.#setup;
    const id = String(item['id']);
    const unnamed = this.#unnamed.get(id);
    if (!unnamed) return undefined;
    if (WITHOUT_RESPONSE.has(unnamed.type)) {
      if (!hasResult(item)) return forgedItem(unnamed.type);
      // It had no result at first, so that the API has added one. The event that named it was missed.
      this.#nameItem(id, true);
      return undefined;
    }
    // It may belong to a response whose start was missed.
    return responses.mayBeActive && !responses.active ? undefined : forgedItem(unnamed.type);
  }

  /** A page can also bring its own MCP server for a single response, which nothing else reports. */
  #isOfUnknownServer({ server_label: label }: Fields): boolean {
    return typeof label === 'string' && !this.#setup.hasMcpServer(label);
  }

  /** A call of one of the page's own functions, which the page may create to restore a history. */
  #isOfPage({ name, call_id: callId }: Fields): boolean {
    if (typeof name !== 'string' || typeof callId !== 'string') return false;
    if (this.#setup.serverTools.has(name) || !this.#setup.pageRuns(name) || this.#calls.get(callId)?.runsHere) return false;
    remember(this.#calls, callId, { runsHere: false });
    return true;
  }

  #forgedOutput({ id, call_id: callId, output }: Fields): string | undefined {
    const call = this.#calls.get(String(callId));
    // The call may be one of the page's functions that was reported while the sideband was detached.
    if (!call) return this.#missed && this.#setup.pageRunsAny() ? undefined : 'conversation.item.output';
    if (!call.runsHere) return undefined;
    const { sent } = call;
    // The ID is random, and the page knows it only after the API has reported the item. A server may change the text of an output.
    const first = sent?.id !== undefined && sent.id === id;
    if (first) call.sent = { id: undefined, output: String(output) };
    return first || (sent && sent.output === output) ? undefined : 'conversation.item.output';
  }

  #forgedUnnamed(): string | undefined {
    // Without a result, a list of tools or a call of an MCP server is harmless.
    return forgedItem([...this.#unnamed.values()].find(({ type }) => !WITHOUT_RESPONSE.has(type))?.type);
  }
}

const forgedItem = (type: string | undefined): string | undefined => (type === undefined ? undefined : `conversation.item.${type}`);

/** Whether an item of an MCP server has its result, which the API reports only after it has named the item. */
const hasResult = ({ output, error, tools }: Fields): boolean =>
  (typeof output === 'string' && output !== '') || (error !== undefined && error !== null) || (Array.isArray(tools) && tools.length > 0);

/** Adds an entry as the newest, and removes the oldest above the maximum. */
function remember<Value>(known: Map<string, Value>, id: string, value: Value): void {
  known.delete(id);
  known.set(id, value);
  if (known.size > MAX_KNOWN) known.delete(known.keys().next().value as string);
}

/**
 * Holds a call to the session that its owner set. The data channel of a page takes `session.update` like any other event, and the
 * API confirms what changed to everybody, so that the sideband sees it: this compares, field by field.
 *
 * Owns what counts as a change. The first session that is seen is compared with the profile, since a page can be faster than
 * the sideband; every later one with the one before it, so that what the API fills in by itself is no change. Does not see what
 * a page asks for a single answer (`response.create`), beyond the length that the answer tells.
 */
import type { Profile } from '../options.js';
import type { RealtimeEvent } from './sideband.js';

type Fields = Readonly<Record<string, unknown>>;

/** What a pinned session is made of. */
export interface PinnedSessionSetup {
  /** As the call was placed. */
  readonly session: Fields;
  readonly mayChange: Profile['clientMayChange'];
}

/** Fields that name this one session; nobody sets them. */
const NAMES = new Set(['id', 'object', 'expires_at', 'client_secret']);

/** What a session has where the API does not tell: these cannot appear later by themselves. Others may be filled in. */
const EMPTY: Fields = { instructions: '', tools: [], prompt: null, model: '' };

/** Tools are told with defaults filled in, in words of the API's own, and without their secrets: at first by name alone. */
const NAMES_OF_TOOLS = ['type', 'name', 'server_label', 'server_url'];
/** What tools do. */
const OF_TOOLS = [...NAMES_OF_TOOLS, 'description', 'parameters', 'allowed_tools', 'require_approval'];

/** See the head of the file. */
export class PinnedSession {
  readonly #setup: PinnedSessionSetup;
  #baseline: Fields | undefined;
  #first = true;

  constructor(setup: PinnedSessionSetup) {
    this.#setup = setup;
  }

  /** Reads an event; returns the name of what the client changed, `undefined` where that is nothing. */
  hear(event: RealtimeEvent): string | undefined {
    switch (event.type) {
      case 'session.created':
      case 'session.updated':
        return this.#follow(fields(event['session']));
      case 'conversation.item.added':
      case 'conversation.item.created':
        return foreignRole(fields(event['item']));
      case 'response.created':
        return this.#longerAnswer(fields(event['response']));
    }
    return undefined;
  }

  #follow(session: Fields): string | undefined {
    const known = this.#baseline;
    this.#first = known === undefined;
    this.#baseline = merged(known ?? EMPTY, session);
    return this.#changed(known ?? this.#asPlaced(session), session, '');
  }

  /** What was placed, in the words of the first session: only what was set, a model by its family. */
  #asPlaced(told: Fields): Fields {
    const { session } = this.#setup;
    const { model } = session;
    const dated = typeof model === 'string' && typeof told['model'] === 'string' && told['model'].startsWith(`${model}-`);
    return { tools: [], ...session, ...(dated && { model: told['model'] }) };
  }

  /** The path of the first field of `before` that `now` tells otherwise. */
  #changed(before: Fields, now: Fields, path: string): string | undefined {
    for (const [name, old] of Object.entries(before)) {
      const here = path === '' ? name : `${path}.${name}`;
      // Not told: not changed.
      if (!(name in now) || NAMES.has(here) || this.#mayChange(here)) continue;
      const told = now[name];
      if (here === 'tools') {
        if (!sameTools(old, told, this.#first ? NAMES_OF_TOOLS : OF_TOOLS)) return here;
      } else if (isFields(old) && isFields(told)) {
        const within = this.#changed(old, told, here);
        if (within !== undefined) return within;
      } else if (!same(old, told)) {
        return here;
      }
    }
    return undefined;
  }

  #mayChange(path: string): boolean {
    return this.#setup.mayChange.some((allowed) => path === allowed || path.startsWith(`${allowed}.`));
  }

  #longerAnswer(response: Fields): string | undefined {
    const pinned = this.#baseline?.['max_output_tokens'];
    const told = response['max_output_tokens'];
    if (typeof pinned !== 'number' || this.#mayChange('max_output_tokens')) return undefined;
    return told === 'inf' || (typeof told === 'number' && told > pinned) ? 'response.max_output_tokens' : undefined;
  }
}

/** Only the owner speaks to the model as anything but a visitor or the agent, and this server never does. */
function foreignRole({ type, role }: Fields): string | undefined {
  return type === 'message' && role !== 'user' && role !== 'assistant' ? 'conversation.item.role' : undefined;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const fields = (value: unknown): Fields => (isFields(value) ? value : {});

function sameTools(before: unknown, now: unknown, compared: readonly string[]): boolean {
  const [one, other] = [list(before), list(now)];
  return one.length === other.length && one.every((tool, index) => compared.every((name) => same(tool[name], other[index]?.[name])));
}

/** `over` wins; objects are merged, everything else is replaced. */
function merged(under: Fields, over: Fields): Fields {
  const both: Record<string, unknown> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const below = under[name];
    both[name] = isFields(below) && isFields(value) ? merged(below, value) : value;
  }
  return both;
}

const plain = (value: unknown): unknown => {
  if (typeof value === 'string') return value.trim();
  return isFields(value) && typeof value['id'] === 'string' && Object.keys(value).length === 1 ? value['id'] : value;
};

const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fields) : []);

/** The same JSON: fractions as a server with 32-bit floats tells them, names as `{id}`, text without the space around it. */
function same(given: unknown, told: unknown): boolean {
  const [one, other] = [plain(given), plain(told)];
  if (typeof one === 'number' && typeof other === 'number') return Math.abs(one - other) <= 1e-6 * Math.max(1, Math.abs(one));
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((entry, index) => same(entry, other[index]));
  if (isFields(one) && isFields(other)) {
    const names = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...names].every((name) => same(one[name], other[name]));
  }
  return one === other;
}

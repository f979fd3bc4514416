/**
 * Detects changes to the session that the owner configured. A page can send `session.update` on its data channel; the API reports
 * the change to all connections, so the sideband sees it. This compares the session field by field.
 *
 * Owns what counts as a change. The first session is compared with the profile, because a page can be faster than the sideband;
 * each later session is compared with the previous one, so defaults that the API fills in are not changes. Overrides for a single
 * response (`response.create`) are not visible here, except the token limit that the response reports.
 */
import type { Profile } from '../resolved-options.js';
import type { RealtimeEvent } from './sideband.js';

type Fields = Readonly<Record<string, unknown>>;

/** Options of a pinned session. */
export interface PinnedSessionSetup {
  /** The session with which the call was placed. */
  readonly session: Fields;
  readonly mutableFields: Profile['clientMutableFields'];
}

/** Fields that the API assigns to each session. */
const ASSIGNED_FIELDS = new Set(['id', 'object', 'expires_at', 'client_secret']);

/** Values of fields that the API omits: these cannot appear later without a change. The API may fill in others. */
const EMPTY: Fields = { instructions: '', tools: [], prompt: null, model: '' };

/** The API reports tools with defaults, normalized and without secrets, so the first comparison uses only these fields. */
const TOOL_IDENTITY_FIELDS = ['type', 'name', 'server_label', 'server_url'];
/** Fields compared afterwards: they define what a tool does. */
const TOOL_FIELDS = [...TOOL_IDENTITY_FIELDS, 'description', 'parameters', 'allowed_tools', 'require_approval'];

/** See the head of the file. */
export class PinnedSession {
  readonly #setup: PinnedSessionSetup;
  #baseline: Fields | undefined;
  #first = true;

  constructor(setup: PinnedSessionSetup) {
    this.#setup = setup;
  }

  /** Reads an event; returns the path of the field that the client changed, or `undefined` if there is none. */
  handleEvent(event: RealtimeEvent): string | undefined {
    switch (event.type) {
      case 'session.created':
      case 'session.updated':
        return this.#compare(fields(event['session']));
      case 'conversation.item.added':
      case 'conversation.item.created':
        return reservedRole(fields(event['item']));
      case 'response.created':
        return this.#raisedTokenLimit(fields(event['response']));
    }
    return undefined;
  }

  #compare(session: Fields): string | undefined {
    const known = this.#baseline;
    this.#first = known === undefined;
    this.#baseline = merged(known ?? EMPTY, session);
    return this.#changed(known ?? this.#comparable(session), session, '');
  }

  /** The placed session, comparable with the first reported one: only configured fields; a dated model counts as its family. */
  #comparable(reported: Fields): Fields {
    const { session } = this.#setup;
    const { model } = session;
    const dated = typeof model === 'string' && typeof reported['model'] === 'string' && reported['model'].startsWith(`${model}-`);
    return { tools: [], ...session, ...(dated && { model: reported['model'] }) };
  }

  /** Returns the path of the first field of `before` that has another value in `now`. */
  #changed(before: Fields, now: Fields, path: string): string | undefined {
    for (const [name, old] of Object.entries(before)) {
      const here = path === '' ? name : `${path}.${name}`;
      // A field that is not reported counts as unchanged.
      if (!(name in now) || ASSIGNED_FIELDS.has(here) || this.#isMutable(here)) continue;
      const reported = now[name];
      if (here === 'tools') {
        if (!sameTools(old, reported, this.#first ? TOOL_IDENTITY_FIELDS : TOOL_FIELDS)) return here;
      } else if (isFields(old) && isFields(reported)) {
        const within = this.#changed(old, reported, here);
        if (within !== undefined) return within;
      } else if (!same(old, reported)) {
        return here;
      }
    }
    return undefined;
  }

  #isMutable(path: string): boolean {
    return this.#setup.mutableFields.some((allowed) => path === allowed || path.startsWith(`${allowed}.`));
  }

  #raisedTokenLimit(response: Fields): string | undefined {
    const pinned = this.#baseline?.['max_output_tokens'];
    const reported = response['max_output_tokens'];
    if (typeof pinned !== 'number' || this.#isMutable('max_output_tokens')) return undefined;
    return reported === 'inf' || (typeof reported === 'number' && reported > pinned) ? 'response.max_output_tokens' : undefined;
  }
}

/** Messages in other roles than user and assistant are reserved for the owner, and this server never sends any. */
function reservedRole({ type, role }: Fields): string | undefined {
  return type === 'message' && role !== 'user' && role !== 'assistant' ? 'conversation.item.role' : undefined;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const fields = (value: unknown): Fields => (isFields(value) ? value : {});

function sameTools(before: unknown, now: unknown, compared: readonly string[]): boolean {
  const [one, other] = [list(before), list(now)];
  return one.length === other.length && one.every((tool, index) => compared.every((name) => same(tool[name], other[index]?.[name])));
}

/** `over` takes precedence; objects are merged, other values are replaced. */
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

/** Compares JSON values. Allows for 32-bit rounding of numbers, names as `{id}` and surrounding whitespace in strings. */
function same(given: unknown, reported: unknown): boolean {
  const [one, other] = [plain(given), plain(reported)];
  if (typeof one === 'number' && typeof other === 'number') return Math.abs(one - other) <= 1e-6 * Math.max(1, Math.abs(one));
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((entry, index) => same(entry, other[index]));
  if (isFields(one) && isFields(other)) {
    const names = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...names].every((name) => same(one[name], other[name]));
  }
  return one === other;
}

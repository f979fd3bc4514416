/**
 * Detects changes to the session that the owner configured. A page can send `session.update` on its data channel; the API reports
 * the change to all connections, so the sideband sees it. This compares the session field by field.
 *
 * Owns the baseline: the session as the API first reported it. It includes the fields that the owner did not set. If the page can be
 * faster than the sideband, the first session is also compared with the profile. Fields that the API reports later, or with another
 * value, are changes.
 */
import type { Profile } from '../resolved-options.js';
import { TOOL_IDENTITY_FIELDS, UNSET, sessionValues, toolList } from './session-values.js';
import type { Fields, SessionValues } from './session-values.js';

/** Options of a pinned session. */
export interface PinnedSessionSetup {
  /** The session with which the call was placed. */
  readonly session: Fields;
  readonly mutableFields: Profile['clientMutableFields'];
  /** The baseline of a previous watcher. */
  readonly baseline?: SessionValues | undefined;
}

/** The tools of a session by kind. */
export interface SessionTools {
  /** Names of functions. */
  readonly functions: ReadonlySet<string>;
  /** Labels of hosted MCP servers. */
  readonly mcpServers: ReadonlySet<string>;
}

/** See the head of the file. */
export class PinnedSession {
  readonly #setup: PinnedSessionSetup;
  #baseline: SessionValues | undefined;
  #tools: SessionTools | undefined;

  constructor(setup: PinnedSessionSetup) {
    this.#setup = setup;
    this.#baseline = setup.baseline;
  }

  /** The pinned values; `undefined` until the first session was reported. */
  get baseline(): SessionValues | undefined {
    return this.#baseline;
  }

  /** The tools that the session has now; `undefined` if the API does not report them. */
  get tools(): SessionTools | undefined {
    return this.#tools;
  }

  /** Compares a reported session; returns the path of the field that the client changed, or `undefined` if there is none. */
  changedField(session: Fields): string | undefined {
    if (Array.isArray(session['tools'])) this.#tools = sessionTools(session['tools']);
    const values = sessionValues(session);
    const changed = this.#baseline ? this.#changedSince(this.#baseline, values) : this.#changedAtFirst(session);
    this.#baseline ??= values;
    return changed;
  }

  /** Whether the client may change the field at this path. */
  isMutable(path: string): boolean {
    return this.#setup.mutableFields.some((allowed) => path === allowed || path.startsWith(`${allowed}.`));
  }

  #changedSince(before: SessionValues, now: SessionValues): string | undefined {
    // A field that is not reported counts as unchanged.
    return Object.keys(now).find(
      (path) => !this.isMutable(path) && (path in before ? before[path] !== now[path] : appears(path, before, now)),
    );
  }

  /** Compares only the fields that the owner set, because the API fills in the others. */
  #changedAtFirst(reported: Fields): string | undefined {
    const { session } = this.#setup;
    const { model } = session;
    // A dated model counts as its family.
    const dated = typeof model === 'string' && typeof reported['model'] === 'string' && reported['model'].startsWith(`${model}-`);
    const placed = sessionValues({ tools: [], ...session, ...(dated && { model: reported['model'] }) }, TOOL_IDENTITY_FIELDS);
    const values = sessionValues(reported, TOOL_IDENTITY_FIELDS);
    return Object.keys(placed).find((path) => !this.isMutable(path) && differs(path, placed, values));
  }
}

/** Whether a path that was not reported before has a value now, or replaces an object by an empty value. */
const appears = (path: string, before: SessionValues, now: SessionValues): boolean =>
  now[path] !== UNSET || Object.keys(before).some((known) => known.startsWith(`${path}.`));

/** Whether the API reports another value than the placed one; a value that it does not report counts as equal. */
function differs(path: string, placed: SessionValues, reported: SessionValues): boolean {
  if (path in reported && placed[path] !== reported[path]) return true;
  // A value instead of an object, and an object instead of no value.
  const parents = [...path.matchAll(/\./g)].map(({ index }) => path.slice(0, index));
  return (
    parents.some((parent) => parent in reported && !(parent in placed)) ||
    (placed[path] === UNSET && Object.keys(reported).some((deeper) => deeper.startsWith(`${path}.`) && reported[deeper] !== UNSET))
  );
}

function sessionTools(tools: unknown): SessionTools {
  const names = (kind: string, field: string): ReadonlySet<string> =>
    new Set(toolList(tools).flatMap((tool) => (tool['type'] === kind && typeof tool[field] === 'string' ? [tool[field]] : [])));
  return { functions: names('function', 'name'), mcpServers: names('mcp', 'server_label') };
}

/**
 * The values of a session by path (`audio.output.voice`), comparable across reports of the Realtime API: as canonical JSON, without
 * secrets and without fields that the API assigns to each session. Decides what counts as the same value, not what may change.
 */

/** JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** Canonical JSON by path. */
export type SessionValues = Readonly<Record<string, string>>;

/** The value of a field that is not set: `null`, an empty string, list or object. */
export const UNSET = 'null';

/** Fields that the API assigns to each session. */
const ASSIGNED_FIELDS = new Set(['id', 'object', 'expires_at', 'client_secret']);

/** Fields that identify a tool. The API reports the others with defaults and normalized. */
export const TOOL_IDENTITY_FIELDS = ['type', 'name', 'server_label', 'server_url'] as const;
/** Fields that define what a tool does. Headers and authorization are secret, and the API does not report them. */
export const TOOL_FIELDS = [...TOOL_IDENTITY_FIELDS, 'description', 'parameters', 'allowed_tools', 'require_approval'] as const;

/** Reads all values of a session; of its tools, only these fields. */
export function sessionValues(session: Fields, toolFields: readonly string[] = TOOL_FIELDS): SessionValues {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(session)) {
    if (ASSIGNED_FIELDS.has(name)) continue;
    if (name === 'tools') values[name] = canonicalValue(toolList(value).map((tool) => picked(tool, toolFields)));
    else addValues(values, name, value);
  }
  return values;
}

/** Canonical JSON of one value. Allows for 32-bit rounding of numbers, surrounding whitespace and the order of fields. */
export function canonicalValue(value: unknown): string {
  return JSON.stringify(normalized(value));
}

/** The session's tools. */
export const toolList = (tools: unknown): readonly Fields[] => (Array.isArray(tools) ? tools.map(fieldsOf) : []);

/** The value if it is an object, otherwise an empty one. */
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function addValues(values: Record<string, string>, path: string, value: unknown): void {
  if (!isFields(value) || Object.keys(value).length === 0) {
    values[path] = canonicalValue(value);
    return;
  }
  // A name may be reported as `{id}`: it has the same path as the name itself.
  for (const [name, inner] of Object.entries(value)) addValues(values, name === 'id' ? path : `${path}.${name}`, inner);
}

const picked = (tool: Fields, names: readonly string[]): Fields => Object.fromEntries(names.map((name) => [name, tool[name]]));

/** Significant digits of a number that is not whole. */
const DIGITS = 6;

/** A copy with sorted fields, without unset ones. */
function normalized(value: unknown): unknown {
  if (typeof value === 'string') return value.trim() || null;
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(normalized);
  if (!isFields(value)) return value ?? null;
  const entries = Object.entries(value)
    .map(([name, inner]) => [name, normalized(inner)] as const)
    .filter(([, inner]) => inner !== null)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

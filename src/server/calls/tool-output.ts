/**
 * Converts the result of a tool into text for the model: JSON of at most 16 KiB. No result, however unusual, can end a call or the
 * process.
 */

/** Maximum size of an output in bytes. */
const MAX_BYTES = 16_384;
const CUT = '…[cut]';

/** Converts a result. Strings are kept as they are; `undefined` becomes an empty output. Never throws. */
export function toolOutput(result: unknown): string {
  return atMost(typeof result === 'string' ? result : jsonOf(result));
}

/** The output for a failed tool. */
export function toolFailure(error: unknown): string {
  return atMost(JSON.stringify({ error: errorText(error) }));
}

/** Only errors with `expose: true` pass their message on; other messages could reveal internals. */
const errorText = (error: unknown): string =>
  error instanceof Error && (error as { expose?: unknown }).expose === true ? error.message : 'The tool failed.';

function jsonOf(result: unknown): string {
  const path: unknown[] = [];
  let room = MAX_BYTES;
  function replace(this: unknown, key: string, value: unknown): unknown {
    // `this` is the parent of the value: entries above it on the path are still open.
    while (path.length > 0 && path.at(-1) !== this) path.pop();
    room -= key.length + (typeof value === 'string' ? value.length : 1);
    if (room < 0) return undefined;
    if (typeof value === 'bigint') return value.toString().slice(0, MAX_BYTES);
    if (typeof value === 'string') return value.slice(0, MAX_BYTES);
    if (value instanceof Error) return { error: errorText(value) };
    if (value instanceof Map) return Object.fromEntries(value as Map<string, unknown>);
    if (value instanceof Set) return [...(value as Set<unknown>)];
    if (typeof value !== 'object' || value === null) return value;
    if (path.includes(value)) return '[circular]';
    const shown: unknown = Array.isArray(value) && value.length > room ? value.slice(0, room) : value;
    path.push(shown);
    return shown;
  }
  try {
    return JSON.stringify(result, replace) ?? '';
  } catch {
    // A getter, proxy or `toJSON` threw.
    return '"[unreadable]"';
  }
}

/** Truncates to whole characters and replaces lone surrogates, which UTF-8 cannot encode. */
function atMost(text: string): string {
  const well = text.slice(0, MAX_BYTES + 1).replace(/\p{Surrogate}/gu, '\uFFFD');
  const bytes = new Uint8Array(MAX_BYTES);
  if (new TextEncoder().encodeInto(well, bytes).read === text.length) return well;
  const room = bytes.subarray(0, MAX_BYTES - new TextEncoder().encode(CUT).length);
  return well.slice(0, new TextEncoder().encodeInto(well, room).read) + CUT;
}

/** Helpers to read unvalidated JSON. */

/** The fields of a JSON object. */
export type Fields = Record<string, unknown>;

/** Whether a value is a JSON object. */
export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of a JSON object; empty for anything else. */
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** The fields that have a value; `undefined` if none has. */
export function given(fields: Fields): Fields | undefined {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** The fields without those with these names. */
export const without = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

/** Helpers for reading unvalidated JSON. */

/** A JSON object, with fields of unknown types. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads a value as an object; anything else becomes an object without fields. */
export const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value ? (value as Fields) : {});

/**
 * JSON text that does not depend on the page. Old libraries (Prototype before 1.7, and what was built on it) give
 * `Array.prototype` a `toJSON` that returns text, so that `JSON.stringify([1])` becomes `"\"[1]\""`. The build also puts this
 * function in place of `JSON.stringify` in the Agents SDK.
 */

const prototypes: { readonly toJSON?: unknown }[] = [Array.prototype, Object.prototype];

/** Whether a value has a `toJSON` only because the page extended the prototype of all arrays or objects. */
export const inheritsToJson = (value: unknown): boolean => {
  const method = (value as { toJSON?: unknown } | null | undefined)?.toJSON;
  return !!method && prototypes.some(({ toJSON }) => toJSON === method);
};

/** `JSON.stringify` calls a replacer after `toJSON`; the original is still in the holder. */
function original(this: Readonly<Record<string, unknown>>, key: string, converted: unknown): unknown {
  return inheritsToJson(this[key]) ? this[key] : converted;
}

/** As `JSON.stringify(value)`, with `indent` spaces per level. Throws as it does (cycles, BigInt). */
export const toJson = (value: unknown, indent?: number): string => JSON.stringify(value, 'toJSON' in Array.prototype ? original : undefined, indent);

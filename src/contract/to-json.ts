/**
 * JSON serialization that does not depend on the page. Old libraries (Prototype before 1.7 and its derivatives) add a `toJSON` to
 * `Array.prototype` that returns text, so that `JSON.stringify([1])` becomes `"\"[1]\""`. The build also replaces
 * `JSON.stringify` in the Agents SDK with this function.
 */

const prototypes: { readonly toJSON?: unknown }[] = [Array.prototype, Object.prototype];

/** Whether a value has a `toJSON` only because the page extended the prototype of all arrays or objects. */
export const inheritsToJson = (value: unknown): boolean => {
  const method = (value as { toJSON?: unknown } | null | undefined)?.toJSON;
  return !!method && prototypes.some(({ toJSON }) => toJSON === method);
};

/** `JSON.stringify` calls a replacer after `toJSON`; the holder still has the original value. */
function original(this: Readonly<Record<string, unknown>>, key: string, converted: unknown): unknown {
  return inheritsToJson(this[key]) ? this[key] : converted;
}

/** Like `JSON.stringify(value)`, with `indent` spaces per level. Throws for the same values (cycles, BigInt). */
export const toJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, 'toJSON' in Array.prototype ? original : undefined, indent);

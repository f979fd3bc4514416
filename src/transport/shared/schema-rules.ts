/** A minimal schema library for JSON values: each rule returns the kept part of a valid value, and throws for an invalid one. */
export type SchemaRule = (value: unknown) => unknown;

const refuse = (): never => {
  throw new TypeError('Invalid value.');
};

const typed =
  (type: string): SchemaRule =>
  (value) =>
    typeof value === type ? value : refuse();

export const text = typed('string');
export const flag = typed('boolean');
/** A finite number; JSON's `1e999` is not one. */
export const number: SchemaRule = (value) => (Number.isFinite(value) ? value : refuse());
export const anything: SchemaRule = (value) => value;

/** The value or `undefined`; `null` counts as `undefined`. */
export const maybe =
  (rule: SchemaRule): SchemaRule =>
  (value) =>
    value === undefined || value === null ? undefined : rule(value);

/** The value, `null` or `undefined`. */
export const nullish =
  (rule: SchemaRule): SchemaRule =>
  (value) =>
    value === null ? null : maybe(rule)(value);

/** The value or `null`. */
export const nullable =
  (rule: SchemaRule): SchemaRule =>
  (value) =>
    value === null ? null : rule(value);

export const oneOf =
  (...values: readonly unknown[]): SchemaRule =>
  (value) =>
    values.includes(value) ? value : refuse();

export const list =
  (rule: SchemaRule): SchemaRule =>
  (value) =>
    Array.isArray(value) ? value.map(rule) : refuse();

/** An object with these fields; other fields are dropped, or kept if it is `open`. */
export const object =
  (fields: Readonly<Record<string, SchemaRule>>, open = false): SchemaRule =>
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse();
    const kept: Record<string, unknown> = open ? { ...value } : {};
    for (const [name, rule] of Object.entries(fields)) {
      kept[name] = rule((value as Record<string, unknown>)[name]);
      if (kept[name] === undefined) delete kept[name];
    }
    return kept;
  };

/** An object with any fields. */
export const record = object({}, true);

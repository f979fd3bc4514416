/** A minimal schema library for JSON values: each rule returns the kept part of a valid value, and throws for an invalid one. */
export type Rule = (value: unknown) => unknown;

const refuse = (): never => {
  throw new TypeError('Invalid value.');
};

const typed =
  (type: string): Rule =>
  (value) =>
    typeof value === type ? value : refuse();

export const text = typed('string');
export const flag = typed('boolean');
/** A finite number; JSON's `1e999` is not one. */
export const number: Rule = (value) => (Number.isFinite(value) ? value : refuse());
export const anything: Rule = (value) => value;

/** The value or `undefined`; `null` counts as `undefined`. */
export const maybe =
  (rule: Rule): Rule =>
  (value) =>
    value === undefined || value === null ? undefined : rule(value);

/** The value, `null` or `undefined`. */
export const nullish =
  (rule: Rule): Rule =>
  (value) =>
    value === null ? null : maybe(rule)(value);

/** The value or `null`. */
export const nullable =
  (rule: Rule): Rule =>
  (value) =>
    value === null ? null : rule(value);

export const oneOf =
  (...values: readonly unknown[]): Rule =>
  (value) =>
    values.includes(value) ? value : refuse();

export const list =
  (rule: Rule): Rule =>
  (value) =>
    Array.isArray(value) ? value.map(rule) : refuse();

/** An object with these fields; other fields are dropped, or kept if it is `open`. */
export const object =
  (fields: Readonly<Record<string, Rule>>, open = false): Rule =>
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

/** A few rules for JSON values: each gives back what is kept of a value that fits, and throws at one that does not. */
export type Rule = (value: unknown) => unknown;

const refuse = (): never => {
  throw new TypeError('The value does not fit.');
};

const typed =
  (type: string): Rule =>
  (value) =>
    typeof value === type ? value : refuse();

export const text = typed('string');
export const flag = typed('boolean');
/** Finite: JSON's `1e999` is none. */
export const number: Rule = (value) => (Number.isFinite(value) ? value : refuse());
export const anything: Rule = (value) => value;

/** The value or nothing; `null` counts as nothing. */
export const maybe =
  (rule: Rule): Rule =>
  (value) =>
    value === undefined || value === null ? undefined : rule(value);

/** The value, `null` or nothing. */
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

/** An object with these fields; others are left out, or kept when it is `open`. */
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

/** An object of any fields. */
export const record = object({}, true);

/**
 * Converts zod issues into errors with a path and a message. Defines how a path is written and which issues represent a
 * union; the messages come from the schemas. No message contains a secret value.
 */
import type { ZodType } from 'zod';

/** One error in a config or in options. */
export interface ValidationError {
  /** For example `profiles.support.limits.maxSeconds` or `allowedOrigins[1]`. */
  readonly path: string;
  /** A message without the path, for example `must be a whole number from 10 to 60.` */
  readonly problem: string;
}

type Place = readonly PropertyKey[];
type Issue = NonNullable<ReturnType<ZodType['safeParse']>['error']>['issues'][number];

/** All errors in the value, in the order of the schema. */
export function validationErrors(schema: ZodType, value: unknown): readonly ValidationError[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues.flatMap((issue) => errors(issue, []));
}

/** A path as text: names with dots, indexes and unusual names in brackets. `options` for the root. */
export function pathText(place: Place): string {
  const parts = place.map((step) =>
    typeof step === 'number'
      ? `[${String(step)}]`
      : /^[\w-]+$/.test(String(step))
        ? `.${String(step)}`
        : `[${JSON.stringify(String(step))}]`,
  );
  return parts.join('').replace(/^\./, '') || 'options';
}

/** True if there is an error at this path or below it. */
export function hasErrorAt(list: readonly ValidationError[], path: string): boolean {
  return list.some((error) => error.path === path || (error.path.startsWith(path) && /^[.[]/.test(error.path.slice(path.length))));
}

function errors(issue: Issue, above: Place): ValidationError[] {
  const place = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pathText([...place, key]), problem: issue.message }));
  }
  if (issue.code === 'invalid_union') {
    // The intended alternative is the one that accepts the value's type and rejects something inside it.
    const meant = issue.errors.find(
      (one) => one.length > 0 && one.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
    );
    if (meant) return meant.flatMap((inner) => errors(inner, place));
  }
  return [{ path: pathText(place), problem: issue.message }];
}

/**
 * Converts zod issues into mistakes with a path and a message. Defines how a path is written and which issues represent a
 * union; the messages come from the schemas. No message contains a secret value.
 */
import type { ZodType } from 'zod';

/** One mistake. */
export interface Mistake {
  /** For example `profiles.support.limits.maxSeconds` or `allowedOrigins[1]`. */
  readonly path: string;
  /** A message without the path, for example `must be a whole number from 10 to 60.` */
  readonly problem: string;
}

type Place = readonly PropertyKey[];
type Issue = NonNullable<ReturnType<ZodType['safeParse']>['error']>['issues'][number];

/** All mistakes in the value, in the order of the schema. */
export function mistakesOf(schema: ZodType, value: unknown): readonly Mistake[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues.flatMap((issue) => mistakes(issue, []));
}

/** A path as text: names with dots, indexes and unusual names in brackets. `options` for the root. */
export function pathText(place: Place): string {
  const parts = place.map((step) => (typeof step === 'number' ? `[${String(step)}]` : /^[\w-]+$/.test(String(step)) ? `.${String(step)}` : `[${JSON.stringify(String(step))}]`));
  return parts.join('').replace(/^\./, '') || 'options';
}

/** True if there is a mistake at this path or below it. */
export function hasMistake(list: readonly Mistake[], path: string): boolean {
  return list.some((mistake) => mistake.path === path || (mistake.path.startsWith(path) && /^[.[]/.test(mistake.path.slice(path.length))));
}

function mistakes(issue: Issue, above: Place): Mistake[] {
  const place = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pathText([...place, key]), problem: issue.message }));
  }
  if (issue.code === 'invalid_union') {
    // The intended alternative is the one that accepts the value's type and rejects something inside it.
    const meant = issue.errors.find((one) => one.length > 0 && one.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'));
    if (meant) return meant.flatMap((inner) => mistakes(inner, place));
  }
  return [{ path: pathText(place), problem: issue.message }];
}

/**
 * Mistakes in options as a list of places and sentences, read off a zod schema. Owns how a place is written and which of
 * zod's issues speak for a union; the sentences are the schemas'. None repeats a value: it could be a key.
 */
import type { ZodType } from 'zod';

/** One mistake. */
export interface Mistake {
  /** For example `profiles.support.limits.seconds` or `allowedOrigins[1]`. */
  readonly path: string;
  /** A sentence without the path, for example `has to be a whole number from 10 to 60.` */
  readonly problem: string;
}

type Place = readonly PropertyKey[];
type Issue = NonNullable<ReturnType<ZodType['safeParse']>['error']>['issues'][number];

/** Everything that the schema has against the value, in the order of the schema. */
export function mistakesOf(schema: ZodType, value: unknown): readonly Mistake[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues.flatMap((issue) => mistakes(issue, []));
}

/** A place as text: names with dots, numbers and odd names in brackets. `options` for the whole. */
export function pathText(place: Place): string {
  const parts = place.map((step) => (typeof step === 'number' ? `[${String(step)}]` : /^[\w-]+$/.test(String(step)) ? `.${String(step)}` : `[${JSON.stringify(String(step))}]`));
  return parts.join('').replace(/^\./, '') || 'options';
}

/** True where a mistake is at this place or inside of it. */
export function hasMistake(list: readonly Mistake[], path: string): boolean {
  return list.some((mistake) => mistake.path === path || (mistake.path.startsWith(path) && /^[.[]/.test(mistake.path.slice(path.length))));
}

function mistakes(issue: Issue, above: Place): Mistake[] {
  const place = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pathText([...place, key]), problem: issue.message }));
  }
  if (issue.code === 'invalid_union') {
    // The alternative that was meant is the one that took the value's kind and complains about something inside.
    const meant = issue.errors.find((one) => one.length > 0 && one.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'));
    if (meant) return meant.flatMap((inner) => mistakes(inner, place));
  }
  return [{ path: pathText(place), problem: issue.message }];
}

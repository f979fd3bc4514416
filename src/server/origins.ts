/**
 * The list of allowed origins, checked when the server starts. An origin is compared byte by byte with what browsers
 * send, so an entry that no browser would ever send (a path, a capital letter, a default port) is a mistake to report
 * and not something to repair in silence.
 */

/** One mistake in a list of origins. */
export interface OriginMistake {
  /** Which entry; `undefined`: the list itself. */
  readonly index: number | undefined;
  /** A sentence about it. */
  readonly problem: string;
}

/** All mistakes: the list has to be filled, and each entry written exactly as browsers write it. */
export function originMistakes(list: unknown): readonly OriginMistake[] {
  if (!Array.isArray(list) || list.length === 0) {
    return [{ index: undefined, problem: 'has to list at least one origin such as "https://www.example.com".' }];
  }
  return list.flatMap((entry: unknown, index) => {
    const problem = mistakeIn(entry);
    return problem === undefined ? [] : [{ index, problem }];
  });
}

/**
 * Returns the list when there is no mistake in it.
 *
 * @param fail makes the error for a path such as `allowedOrigins[2]` and a sentence about it
 * @throws what `fail` makes of the first mistake
 */
export function checkedOrigins(list: unknown, fail: (path: string, problem: string) => Error): readonly string[] {
  const [first] = originMistakes(list);
  if (first) throw fail(`allowedOrigins${first.index === undefined ? '' : `[${String(first.index)}]`}`, first.problem);
  return [...(list as string[])];
}

function mistakeIn(entry: unknown): string | undefined {
  if (typeof entry !== 'string') return `has to be text, not ${entry === null ? 'null' : typeof entry}.`;
  const shown = JSON.stringify(entry);
  if (entry.includes('*')) return `${shown} is a pattern. Name each origin; anybody could spend your money otherwise.`;
  if (entry === 'null') return '"null" is what sandboxed frames and files send, whoever made them; it cannot be allowed.';
  if (!URL.canParse(entry)) return `${shown} is not an origin. Write scheme and host, such as "https://www.example.com".`;
  const { origin, protocol } = new URL(entry);
  if (protocol !== 'https:' && protocol !== 'http:') return `${shown} has to begin with https:// or http://.`;
  if (origin !== entry) return `${shown} is not what browsers send. Write ${JSON.stringify(origin)}.`;
  return undefined;
}

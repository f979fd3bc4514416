/**
 * Validates the list of allowed origins at startup. Origins are compared byte by byte with what browsers send, so an entry
 * that no browser would send (a path, a capital letter, a default port) is reported and not silently corrected.
 */

/** One mistake in a list of origins. */
export interface OriginMistake {
  /** Index of the entry; `undefined` for the list itself. */
  readonly index: number | undefined;
  /** Description of the mistake. */
  readonly problem: string;
}

/** All mistakes. The list must not be empty, and each entry must be written exactly as browsers send it. */
export function originMistakes(list: unknown): readonly OriginMistake[] {
  if (!Array.isArray(list) || list.length === 0) {
    return [{ index: undefined, problem: 'must list at least one origin, such as "https://www.example.com".' }];
  }
  return list.flatMap((entry: unknown, index) => {
    const problem = mistakeIn(entry);
    return problem === undefined ? [] : [{ index, problem }];
  });
}

/**
 * Returns the list if it is valid.
 *
 * @param fail creates the error from a path such as `allowedOrigins[2]` and a description
 * @throws the error that `fail` creates for the first mistake
 */
export function checkedOrigins(list: unknown, fail: (path: string, problem: string) => Error): readonly string[] {
  const [first] = originMistakes(list);
  if (first) throw fail(`allowedOrigins${first.index === undefined ? '' : `[${String(first.index)}]`}`, first.problem);
  return [...(list as string[])];
}

function mistakeIn(entry: unknown): string | undefined {
  if (typeof entry !== 'string') return `must be a string, not ${entry === null ? 'null' : typeof entry}.`;
  const shown = JSON.stringify(entry);
  if (entry.includes('*')) return `${shown} is a pattern. List each origin exactly, or other sites could spend your money.`;
  if (entry === 'null') return '"null" cannot be allowed: any sandboxed frame or local file sends it.';
  if (!URL.canParse(entry)) return `${shown} is not an origin. Use a scheme and a host, such as "https://www.example.com".`;
  const { origin, protocol } = new URL(entry);
  if (protocol !== 'https:' && protocol !== 'http:') return `${shown} must begin with https:// or http://.`;
  if (origin !== entry) return `${shown} does not match what browsers send. Use ${JSON.stringify(origin)}.`;
  return undefined;
}

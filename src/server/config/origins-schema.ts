/**
 * Schema of the list of allowed origins; each error is reported at its entry. Origins are compared byte by byte with what browsers
 * send, so an entry that no browser would send (a path, a capital letter, a default port) is reported and not silently corrected.
 */
import * as z from 'zod';

/** `allowedOrigins`. */
export const originsSchema = z.unknown().superRefine((value, context) => {
  for (const { index, problem } of originErrors(value)) {
    context.addIssue({ code: 'custom', path: index === undefined ? [] : [index], message: problem });
  }
});

/** One error in a list of origins. */
interface OriginError {
  /** Index of the entry; `undefined` for the list itself. */
  readonly index: number | undefined;
  /** Description of the error. */
  readonly problem: string;
}

/** All errors. The list must not be empty, and each entry must be written exactly as browsers send it. */
function originErrors(list: unknown): readonly OriginError[] {
  if (!Array.isArray(list) || list.length === 0) {
    return [{ index: undefined, problem: 'must list at least one origin, such as "https://www.example.com".' }];
  }
  return list.flatMap((entry: unknown, index) => {
    const problem = errorIn(entry);
    return problem === undefined ? [] : [{ index, problem }];
  });
}

function errorIn(entry: unknown): string | undefined {
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
